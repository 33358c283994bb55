import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { toStorageError } from '../../../src/adapters/filesystem/storage-errors.js';

const failing = (code: string, realm: typeof runInNewContext): unknown =>
  realm(`Object.assign(new Error('it said no'), { code: '${code}' })`);

it('says what to allow where node runs with --permission', () => {
  const error = Object.assign(new Error('Access to this API has been restricted'), { code: 'ERR_ACCESS_DENIED' });
  expect(toStorageError(error, '/data')).toMatchObject({
    code: 'STORAGE_READ_ONLY',
    message: expect.stringMatching(/^\/data: node runs with --permission .+--allow-fs-write/) as string,
  });
});

it('knows an error of the system by its code, whatever realm it is of', () => {
  expect(toStorageError(failing('ENOSPC', runInNewContext), '/data')).toMatchObject({ code: 'STORAGE_FULL' });
});
