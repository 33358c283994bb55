import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type S3ArtifactsOptions, openS3Artifacts } from '@bondx/mlops/s3';
import type { ArtifactStore } from '../../../src/storage/artifact-store.js';
import { artifactStoreConformance } from '../../../src/testing/index.js';
import { type Digest, digestBytes } from '../../../src/util/digest.js';
import { runConformance } from '../run-conformance.js';
import { S3Server, whyNoS3Server } from './s3-server.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const absent = whyNoS3Server();
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of buffers in use. */
function arrayBuffers(): number {
  collectGarbage();
  collectGarbage(); // the first leaves it to the second to release what it found
  return process.memoryUsage().arrayBuffers;
}

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const hello = Buffer.from('hello');

describe.skipIf(absent !== undefined)(`S3 server${absent === undefined ? '' : ` (${absent})`}`, () => {
  let server: S3Server;
  const urls = new WeakMap<ArtifactStore, string>();

  beforeAll(async () => {
    server = await S3Server.start();
  });
  afterAll(() => server.close());

  async function openAt(url: string, options: S3ArtifactsOptions = { credentials }): Promise<ArtifactStore> {
    const store = await openS3Artifacts(url, options);
    urls.set(store, url);
    return store;
  }

  const objectOf = (url: string, digest: Digest) => {
    const { host, pathname } = new URL(url);
    const hex = digest.slice('sha256:'.length);
    return { Bucket: host, Key: `${pathname.slice(1)}/sha256/${hex.slice(0, 2)}/${hex.slice(2)}` };
  };

  /** Puts other bytes of the same length in the place of an artifact's. */
  async function corrupt(store: ArtifactStore, digest: Digest): Promise<void> {
    const { size } = (await store.stat(digest))!;
    const object = objectOf(urls.get(store)!, digest);
    await server.client.send(new PutObjectCommand({ ...object, Body: Buffer.alloc(size, 1) }));
  }

  runConformance(
    'S3Artifacts',
    artifactStoreConformance({
      open: async () => openAt(await server.newBucket()),
      reopen: (store) => openAt(urls.get(store)!),
      corrupt,
    }),
  );

  const keysIn = async (url: string): Promise<string[]> => {
    const { Contents = [] } = await server.client.send(new ListObjectsV2Command({ Bucket: new URL(url).host }));
    return Contents.map(({ Key }) => Key!);
  };
  const uploadsIn = async (url: string): Promise<number> => {
    const { Uploads = [] } = await server.client.send(new ListMultipartUploadsCommand({ Bucket: new URL(url).host }));
    return Uploads.length;
  };

  /** Distinct chunks, each of a mebibyte. */
  async function* mebibytes(count: number): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < count; i++) yield Buffer.alloc(1024 * 1024, `${i} `);
  }

  it('keeps an artifact below the prefix, under its digest', async () => {
    const url = await server.newBucket();
    const store = await openAt(url);
    const { digest } = await store.put(hello);
    expect(await keysIn(url)).toEqual([objectOf(url, digest).Key]);
    expect((await keysIn(url))[0]).toMatch(/^some\/prefix\/sha256\/2c\/[0-9a-f]{62}$/);
  });

  it('uploads above 8 MiB in parts, keeps no upload open and no temporary file, and needs little memory', async () => {
    const url = await server.newBucket();
    const temporary = async () => (await readdir(tmpdir())).filter((name) => /^bondx-mlops-[0-9a-f]{8}-/.test(name));
    const thereBefore = await temporary();
    const before = arrayBuffers();
    let most = 0;
    let seen = 0;
    const sample = (): void => void (most = Math.max(most, arrayBuffers() - before));
    const store = await openAt(
      url,
      through((name, input) => name === 'UploadPartCommand' && input['PartNumber'] === 7 && sample()),
    );
    const watched = (async function* () {
      for await (const chunk of mebibytes(65)) {
        if (++seen % 30 === 0) sample();
        yield chunk;
      }
    })();
    const { digest, size } = await store.put(watched);
    expect(size).toBe(65 * 1024 * 1024);
    expect(most).toBeLessThan(40 * 1024 * 1024);
    expect(await uploadsIn(url)).toBe(0);
    let read = 0;
    for await (const chunk of store.get(digest)) read += chunk.byteLength;
    expect(read).toBe(size);
    expect(await temporary()).toEqual(thereBefore);
  });

  it('uploads what is there already only when it was altered, parts and all', async () => {
    const url = await server.newBucket();
    const uploads: string[] = [];
    const store = await openAt(
      url,
      through((name) => /^(Put|Create)/.test(name) && uploads.push(name)),
    );
    const { digest } = await store.put(mebibytes(9));
    await store.put(mebibytes(9));
    expect(uploads).toEqual(['CreateMultipartUploadCommand']);
    await corrupt(store, digest);
    await store.put(mebibytes(9));
    for await (const _chunk of store.get(digest));
    expect(uploads).toHaveLength(2);
  });

  /** A client that lets somebody change what is asked of the server. */
  function through(change: (name: string, input: Record<string, unknown>) => void): S3ArtifactsOptions {
    const send = (command: { input: Record<string, unknown> }, options: never): Promise<unknown> => {
      change(command.constructor.name, command.input);
      return server.client.send(command as never, options);
    };
    return { client: { send, destroy: () => undefined } };
  }

  const withoutChecksums = (_name: string, input: Record<string, unknown>): void => {
    delete input['ChecksumAlgorithm'];
    delete input['ChecksumSHA256'];
  };

  it('sends checksums, and finds content that was altered on its way where the server looks at none', async () => {
    const url = await server.newBucket();
    const seen: unknown[] = [];
    const look = await openAt(
      url,
      through((name, input) => name === 'PutObjectCommand' && seen.push(input['ChecksumSHA256'])),
    );
    const { digest } = await look.put(hello);
    expect(seen).toEqual([Buffer.from(digest.slice(7), 'hex').toString('base64')]);

    const careless = await openAt(await server.newBucket(), through(withoutChecksums));
    await careless.put(hello);
    const altering = through((name, input) => {
      withoutChecksums(name, input);
      if (name === 'PutObjectCommand') input['Body'] = Buffer.from('jello');
    });
    const store = await openAt(await server.newBucket(), altering);
    await expect(store.put(hello)).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it('aborts an upload in parts that fails half way, and one whose caller gives up', async () => {
    const url = await server.newBucket();
    const failing = through((name, input) => {
      if (name === 'UploadPartCommand' && input['PartNumber'] === 2) throw new Error('the cable was cut');
    });
    const store = await openAt(url, failing);
    await expect(store.put(mebibytes(20))).rejects.toThrow('the cable was cut');
    expect([await uploadsIn(url), await keysIn(url)]).toEqual([0, []]);

    const controller = new AbortController();
    const stopping = await openAt(
      url,
      through((name) => name === 'UploadPartCommand' && controller.abort()),
    );
    await expect(stopping.put(mebibytes(20), { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    expect([await uploadsIn(url), await keysIn(url)]).toEqual([0, []]);
  });

  it('gives up uploads that were left over for a day when it is opened; the server dates all of them to 2010', async () => {
    const url = await server.newBucket();
    const object = objectOf(url, digestBytes(hello));
    await server.client.send(new CreateMultipartUploadCommand(object));
    await server.client.send(new CreateMultipartUploadCommand({ ...object, Key: 'elsewhere' }));
    await openAt(url);
    expect(await uploadsIn(url)).toBe(1); // what is not below the prefix is somebody else's
  });

  it('shares one bucket between prefixes', async () => {
    const bucket = new URL(await server.newBucket()).host;
    const [a, b] = [await openAt(server.urlOf(`${bucket}/a`)), await openAt(server.urlOf(bucket))];
    const { digest } = await a.put(hello);
    expect(await b.stat(digest)).toBeUndefined();
    await b.put(hello);
    expect(await b.delete(digest)).toBe(true);
    expect(await a.stat(digest)).toEqual({ digest, size: 5 });
  });

  it('lists more than a page', async () => {
    const url = await server.newBucket();
    const store = await openAt(
      url,
      through((name, input) => name === 'ListObjectsV2Command' && (input['MaxKeys'] = 2)),
    );
    for (let i = 0; i < 5; i++) await store.put(Buffer.from([i]));
    let count = 0;
    for await (const { size } of store.list()) count += size;
    expect(count).toBe(5);
  });

  it('says that there is no such bucket', async () => {
    await expect(openAt(server.urlOf('nowhere'))).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringMatching(
        /^s3:\/\/nowhere\/: there is no such bucket; create it, or correct its name/,
      ) as string,
    });
  });

  it('takes credentials from the environment', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'from-the-environment');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    try {
      const store = await openAt(await server.newBucket(), {});
      expect(await store.put(hello)).toMatchObject({ size: 5 });
      await store.close();
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
