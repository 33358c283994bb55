import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ArtifactStore, MemoryArtifactStore, openFilesystemArtifacts } from '@bondx/mlops';
import { artifactStoreConformance } from '@bondx/mlops/testing';
import { KeyRing } from '../../src/keys/key-ring.js';
import { ephemeralKeys } from '../../src/keys/key-sources.js';
import { LocalKeyService } from '../../src/keys/local-key-service.js';
import { findSealed } from '../../src/sealing/sealed-artifact.js';
import { readStored } from '../../src/runtime/bundle.js';
import { type Sealed, list, over, sealed, secret } from './sealed-fixture.js';

const opened = new WeakMap<ArtifactStore, { readonly world: Sealed; readonly folder: string }>();

describe('the conformance suite', () => {
  const cases = artifactStoreConformance({
    open: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'sealed-'));
      const world = sealed(await openFilesystemArtifacts(folder));
      opened.set(world.store, { world, folder });
      return world.store;
    },
    reopen: async (store) => {
      const { world, folder } = opened.get(store)!;
      const again = over({ ...world, inner: await openFilesystemArtifacts(folder) });
      opened.set(again, { world, folder });
      return again;
    },
    corrupt: async (store, digest) => {
      const { world, folder } = opened.get(store)!;
      const { digest: inside } = (await findSealed(world.storage, digest))!.value.sealed;
      const hex = inside.slice('sha256:'.length);
      const path = join(folder, 'sha256', hex.slice(0, 2), hex.slice(2));
      const bytes = readFileSync(path);
      bytes[bytes.length - 20]! ^= 1;
      writeFileSync(path, bytes);
    },
    has: ['deleteUnlessPutSince'],
    dispose: async (store) => rmSync(opened.get(store)!.folder, { recursive: true, force: true }),
  });
  for (const { name, run, skip } of cases) it.skipIf(skip !== undefined)(`${name}${skip ? ` (${skip})` : ''}`, run);
});

describe('encrypted artifacts', () => {
  it('hold nothing of the plain content, and no two look alike', async () => {
    const { inner, store } = sealed();
    const { digest } = await store.put(secret);
    const { digest: other } = await store.put(Buffer.concat([secret, Buffer.from('!')]));
    expect(await readStored(store, digest)).toEqual(secret);
    expect(await list(store)).toEqual([digest, other].sort());
    const [first, second] = await Promise.all((await list(inner)).map((inside) => readStored(inner, inside)));
    expect(first!.includes('coupon')).toBe(false);
    expect(first!.subarray(28, 60)).not.toEqual(second!.subarray(28, 60));
  });

  it('read content from before, and encrypt it when it is put again', async () => {
    const world = sealed();
    const { digest, size } = await world.inner.put(secret);
    expect(await readStored(world.store, digest)).toEqual(secret);
    expect(await world.store.stat(digest)).toEqual({ digest, size });
    expect(await list(world.store)).toEqual([digest]);
    await world.store.put(secret);
    expect(await list(world.inner)).not.toContain(digest);
    expect(await list(world.store)).toEqual([digest]);
    expect(await readStored(world.store, digest)).toEqual(secret);
  });

  it('are read where nothing new is encrypted', async () => {
    const world = sealed();
    const { digest } = await world.store.put(secret);
    expect(await readStored(over(world, false), digest)).toEqual(secret);
  });

  it('keep one encrypted copy of content that is put by several at once', async () => {
    const world = sealed();
    await Promise.all(Array.from({ length: 8 }, () => world.store.put(secret)));
    expect(await list(world.inner)).toHaveLength(1);
  });

  it('write nothing for content that is there already, which counts as put again', async () => {
    const inner = new MemoryArtifactStore();
    const written: number[] = [];
    const put = inner.put.bind(inner);
    inner.put = async (...given) => {
      const ref = await put(...given);
      written.push(ref.size);
      return ref;
    };
    const world = sealed(inner);
    const { digest } = await world.store.put(secret);
    const before = (await findSealed(world.storage, digest))!.value;
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(await world.store.put(Readable.from([secret.subarray(0, 7), secret.subarray(7)]))).toMatchObject({ digest });
    expect(written).toHaveLength(1);
    const after = (await findSealed(world.storage, digest))!.value;
    expect(after).toEqual({ ...before, putAt: after.putAt });
    expect(after.putAt).toBeGreaterThan(before.putAt);
    await inner.delete(before.sealed.digest);
    await world.store.put(secret);
    expect(written).toHaveLength(2);
    expect(await readStored(world.store, digest)).toEqual(secret);
  });

  it('keep what is longer than is read ahead', async () => {
    const { store } = sealed();
    const long = Buffer.alloc(3 * 1024 * 1024 + 5, 'spread');
    const chunks = Array.from({ length: 49 }, (_, i) => long.subarray(i * 65_536, (i + 1) * 65_536));
    const { digest } = await store.put(Readable.from(chunks));
    expect((await readStored(store, digest)).equals(long)).toBe(true);
  });

  it('go with their record, also over a store that cannot tell since when it has something', async () => {
    const world = sealed(Object.assign(new MemoryArtifactStore(), { deleteUnlessPutSince: undefined }));
    const { digest: before } = await world.inner.put(Buffer.from('not encrypted'));
    const { digest } = await world.store.put(secret);
    const { putAt, sealed: inside } = (await findSealed(world.storage, digest))!.value;
    const due = (since: number, dryRun: boolean) => world.store.deleteUnlessPutSince!(digest, since, { dryRun });
    expect([await due(putAt, true), await due(putAt, false), await due(putAt + 1, true)]).toEqual([false, false, true]);
    expect(await readStored(world.store, digest)).toEqual(secret);
    expect(await due(putAt + 1, false)).toBe(true);
    expect(await world.inner.stat(inside.digest)).toBeUndefined();
    expect(await world.store.stat(digest)).toBeUndefined();
    expect(await world.store.deleteUnlessPutSince!(before, putAt + 1)).toBe(false);
    expect(await list(world.store)).toEqual([before]);
  });

  it('are not read with other keys, nor as something else', async () => {
    const world = sealed();
    const a = await world.store.put(secret);
    const b = await world.store.put(Buffer.from('b'.repeat(secret.length)));
    const stranger = over({ ...world, ring: new KeyRing(new LocalKeyService(ephemeralKeys(0))) });
    await expect(readStored(stranger, a.digest)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    const record = (await world.storage.get('sealed_artifacts', b.digest))!;
    await world.storage.commit([
      { kind: 'put', collection: 'sealed_artifacts', id: a.digest, value: record.value, expect: 'any' },
    ]);
    await expect(readStored(world.store, a.digest)).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it('are not read once their key is revoked', async () => {
    const world = sealed();
    const { digest } = await world.store.put(secret);
    const { keyId } = (await findSealed(world.storage, digest))!.value;
    await world.ring.service.rotate!('artifact_encryption', 1);
    expect(await readStored(world.store, digest)).toEqual(secret);
    await world.ring.service.revoke!(keyId, 'stolen', 2);
    await expect(readStored(world.store, digest)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
  });

  it('leave nothing behind when the content is too large', async () => {
    const world = sealed();
    await expect(world.store.put(secret, { maxBytes: 5 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect(await list(world.inner)).toEqual([]);
  });
});
