import { once } from 'node:events';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MLOpsError } from '@bondx/mlops';
import { openS3Artifacts } from '@bondx/mlops/s3';
import { openClient } from '../../../src/adapters/s3/open-client.js';
import { S3Bucket } from '../../../src/adapters/s3/s3-bucket.js';
import { isAbsent } from '../../../src/adapters/s3/s3-errors.js';
import { parseS3Url } from '../../../src/adapters/s3/s3-location.js';

const secrets = { accessKeyId: 'AKIAHUSH', secretAccessKey: 'hush-hush', sessionToken: 'hush-session' };
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  vi.unstubAllEnvs();
});

/** The URL of an object store that refuses requests: with a status and a code, or undefined to let one through. */
async function storeThat(
  answer: (request: IncomingMessage) => readonly [status: number, code: string] | undefined,
): Promise<string> {
  const server = createServer((request, response) => {
    const [status, code] = answer(request) ?? [200, ''];
    const echo = JSON.stringify(request.headers).replace(/[<&]/g, '');
    const error = `<Error><Code>${code}</Code><Message>no</Message><Echo>${echo}</Echo></Error>`;
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(status === 200 ? '<ListBucketResult></ListBucketResult>' : error);
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return `s3://bucket/?region=eu-central-1&endpoint=http://127.0.0.1:${port}`;
}

async function failureOf(attempt: Promise<unknown>): Promise<MLOpsError> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MLOpsError);
  return error as MLOpsError;
}

async function read(url: string): Promise<void> {
  const store = await openS3Artifacts(url, { credentials: secrets });
  for await (const _chunk of store.get(`sha256:${'0'.repeat(64)}`));
}

describe('what an object store refuses is told with what to do about it', () => {
  for (const [status, code, expected, advice] of [
    [403, 'AccessDenied', 'STORAGE_UNAVAILABLE', 's3:ListBucket'],
    [403, 'InvalidAccessKeyId', 'STORAGE_UNAVAILABLE', 'does not accept these credentials'],
    [403, 'SignatureDoesNotMatch', 'STORAGE_UNAVAILABLE', 'does not accept these credentials'],
    [400, 'ExpiredToken', 'STORAGE_UNAVAILABLE', 'renew them'],
    [403, 'RequestTimeTooSkewed', 'STORAGE_UNAVAILABLE', 'clock'],
    [404, 'NoSuchBucket', 'STORAGE_UNAVAILABLE', 'there is no such bucket'],
    [301, 'PermanentRedirect', 'STORAGE_UNAVAILABLE', 'another region'],
    [507, 'XMinioStorageFull', 'STORAGE_FULL', 'full'],
    [503, 'SlowDown', 'STORAGE_UNAVAILABLE', 'retry later'],
    [429, 'TooManyRequests', 'STORAGE_UNAVAILABLE', 'retry later'],
    [400, 'InvalidRequest', 'STORAGE_UNAVAILABLE', 'refused the request'],
    [405, 'MethodNotAllowed', 'STORAGE_UNAVAILABLE', 'refused the request'],
  ] as const) {
    it(code, async () => {
      vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
      const error = await failureOf(read(await storeThat(() => [status, code])));
      expect(error.code).toBe(expected);
      expect(error.message).toContain(advice);
      expect(error.message).toContain('s3://bucket/');
      expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/hush|AKIA|Signature=/i);
    });
  }

  it('a write that is not permitted is a read-only store', async () => {
    const url = await storeThat(({ method }) =>
      method === 'PUT' ? [403, 'AccessDenied'] : method === 'HEAD' ? [404, ''] : undefined,
    );
    const store = await openS3Artifacts(url, { credentials: secrets });
    const error = await failureOf(store.put(Buffer.from('x')));
    expect(error.code).toBe('STORAGE_READ_ONLY');
    expect(error.message).toContain('s3:PutObject');
  });

  it('an object that is not there is NOT_FOUND', async () => {
    const url = await storeThat(({ url = '' }) => (url.includes('sha256') ? [404, 'NoSuchKey'] : undefined));
    expect(await failureOf(read(url))).toMatchObject({ code: 'NOT_FOUND' });
    expect(isAbsent(new Error('x'))).toBe(false);
  });

  it('nothing that answers, no host, no region, no credentials', async () => {
    vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_PROFILE']) vi.stubEnv(name, '');
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    const open = (query: string, options = {}) => failureOf(openS3Artifacts(`s3://bucket/p?${query}`, options));
    for (const endpoint of ['http://127.0.0.1:9', 'http://nowhere.invalid']) {
      const error = await open(`region=x&endpoint=${endpoint}`, { credentials: secrets });
      expect(error).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
      expect(error.message).toMatch(/cannot be reached; check the endpoint/);
    }
    expect(await open('', { credentials: secrets })).toMatchObject({ code: 'INVALID_INPUT' });
    expect((await open('region=x&endpoint=http://127.0.0.1:9')).message).toContain('there are no credentials');
  });
});

describe('the URL of an artifact store', () => {
  it('names bucket, prefix, region, endpoint and style', () => {
    expect(parseS3Url('s3://models')).toEqual({ bucket: 'models', prefix: '' });
    expect(parseS3Url('s3://models/a//b/')).toEqual({ bucket: 'models', prefix: 'a/b/' });
    expect(parseS3Url('s3://m.x-1/a%20b?region=eu-central-1&endpoint=http://h:9000&path_style=false')).toEqual({
      bucket: 'm.x-1',
      prefix: 'a b/',
      region: 'eu-central-1',
      endpoint: 'http://h:9000/',
      pathStyle: false,
    });
  });

  it('is refused when it is none, holds credentials or asks for what is unknown, without being repeated', async () => {
    for (const url of [
      'http://secret/x',
      's3://',
      's3://UPPER_secret',
      's3://id:secret@bucket/p',
      's3://bucket?secret=1',
      's3://bucket?path_style=secret',
      's3://bucket?endpoint=secret',
      's3://bucket?endpoint=http://u:secret@h',
      's3://bucket/%zz-secret',
      's3://bucket/%00secret',
      7,
      undefined,
    ]) {
      const error = await failureOf(openS3Artifacts(url as string));
      expect(error.code, String(url)).toBe('INVALID_INPUT');
      expect(error.message.replace(/AWS_SECRET_ACCESS_KEY|"secret"/, ''), String(url)).not.toContain('secret');
    }
    await expect(openS3Artifacts('s3://bucket', { Region: 'x' } as never)).rejects.toMatchObject({
      message: expect.stringContaining('no option Region') as string,
    });
  });
});

it('a server that says nothing is given up', async () => {
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
  const server = createServer(() => undefined);
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const location = parseS3Url(`s3://bucket/?region=eu-central-1&endpoint=http://127.0.0.1:${port}`);
  const { sdk, client } = await openClient(location, { credentials: secrets }, 50);
  const error = await failureOf(new S3Bucket(sdk, client, location).check());
  expect(error).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  expect(error.message).toContain('cannot be reached');
  server.closeAllConnections();
});
