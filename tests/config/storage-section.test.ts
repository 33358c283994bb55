import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { MLOpsConfig } from '@bondx/mlops';
import { failure } from '../helpers.js';
import { fromText, onlyIssue } from './policy-fixture.js';

const postgres = (url: string, more = ''): string => `storage:\n  kind: postgres\n  url: ${url}\n${more}`;

describe('the storage section', () => {
  it.each([
    [postgres('postgres://bondx:hush@db/x'), 'storage.url', 'holds a password'],
    [postgres('postgres://bondx@db/x?password=hush'), 'storage.url', 'holds a password'],
    [postgres('postgres://bondx:hush${REST}@db/x'), 'storage.url', 'holds a password'],
    [postgres('http://hush@db/x'), 'storage.url', 'expected a URL such as postgres://'],
    [postgres('"postgres://u:p#hush@db"'), 'storage.url', 'expected a URL such as postgres://'],
    [postgres('[hush]'), 'storage.url', 'expected the URL of a database'],
    ['storage: {kind: postgres}', 'storage.kind', 'takes the URL of a database'],
    ['storage: {url: "postgres://db/hush"}', 'storage.url', 'belongs to kind: postgres'],
    ['storage: {schema: x}', 'storage.schema', 'belongs to kind: postgres'],
    ['storage: {kind: memory, path: x}', 'storage.path', 'belongs to kind: filesystem'],
    ['storage: {artifacts_url: "s3://b/hush", artifacts_path: x}', 'storage.artifacts_url', 'keep one of the two'],
    ['storage: {artifacts_url: "https://hush"}', 'storage.artifacts_url', 'expected a URL such as s3://'],
    ['storage: {artifacts_url: "s3://id:hush@b"}', 'storage.artifacts_url', 'AWS_SECRET_ACCESS_KEY is read by itself'],
    [postgres('postgres://db/x', '  schema: "Bad Name"\n'), 'storage.schema', 'a name of lowercase letters'],
  ])('refuses %j, and repeats no URL', (text, path, message) => {
    const issue = onlyIssue(text);
    expect(issue.path).toBe(path);
    expect(issue.message).toContain(message);
    expect(issue.message).not.toContain('hush');
  });

  it('refers to secrets in the environment, which get into no digest, no text and no inspection of the policy', () => {
    const read = (password: string): MLOpsConfig =>
      fromText(postgres('postgres://bondx:${DB_PASSWORD}@${DB_HOST}/x'), { DB_PASSWORD: password, DB_HOST: 'db:1' });
    const config = read('hu/sh@1');
    expect(config.storageUrls()).toEqual({ records: 'postgres://bondx:hu%2Fsh%401@db:1/x', files: undefined });
    expect(config.digest).toBe(read('another').digest);
    expect(config.toYaml()).toContain('url: postgres://bondx:${DB_PASSWORD}@${DB_HOST}/x');
    expect(inspect(config, { depth: 9, showHidden: true }) + JSON.stringify(config)).not.toContain('hu/sh');
  });

  it('takes URLs from variables, without copying them', () => {
    const variables = {
      BONDX_STORAGE__KIND: 'postgres',
      BONDX_STORAGE__URL: 'postgres://bondx:hush@db/x',
      BONDX_STORAGE__ARTIFACTS_URL: 's3://bucket/prefix',
    };
    const config = MLOpsConfig.default({ environment: variables });
    expect(config.storageUrls()).toEqual({ records: 'postgres://bondx:hush@db/x', files: 's3://bucket/prefix' });
    expect(config.policy.storage).toMatchObject({ url: '${BONDX_STORAGE__URL}' });
    expect(config.toYaml()).not.toContain('hush');
    const again = { environment: { ...variables, BONDX_STORAGE__ARTIFACTS_URL: 'null' } };
    expect(MLOpsConfig.default(again).policy.storage.artifactsUrl).toBeNull();
  });

  it('says which variable is missing, when the store is opened', async () => {
    const config = fromText(postgres('postgres://bondx:${DB_PASSWORD}@db/x'));
    expect(await failure(Promise.resolve().then(() => config.storageUrls()))).toMatchObject({
      code: 'INVALID_INPUT',
      message: 'storage.url refers to the environment variable DB_PASSWORD, which is not set',
    });
  });
});
