import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MLOpsConfig, MemoryArtifactStore, MemoryStorage, openFilesystemStorage } from '@bondx/mlops';
import { newKeyDocument, printKeyDocument } from '../../src/keys/key-document.js';
import { createContext } from '../../src/runtime/context.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keys-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const readAll = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const read: Uint8Array[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return Buffer.concat(read);
};

const configOf = (policy: Parameters<typeof MLOpsConfig.fromObject>[0], environment = {}): MLOpsConfig =>
  MLOpsConfig.fromObject(policy, { baseDirectory: folder, environment });

describe('the keys of a store', () => {
  it('are in a file beside the records, which is made when it is first needed and told once', async () => {
    const told: string[] = [];
    const listen = (warning: Error): unknown => told.push(warning.message);
    process.on('warning', listen);
    const context = createContext(configOf({}));
    const other = createContext(configOf({}));
    expect(existsSync(join(folder, 'data', 'keys.json'))).toBe(false);
    const [ring, second] = await Promise.all([context.keys(), other.keys()]);
    expect(await ring.list()).toEqual(await second.list());
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(told.filter((text) => text.includes(join(folder, 'data', 'keys.json')))).toHaveLength(1);
    await context.stores.release();
    await other.stores.release();
  });

  it('are not made anew where others have encrypted what is there', async () => {
    const context = createContext(configOf({}));
    const path = join(folder, 'data', 'keys.json');
    const { digest } = await (await context.stores.artifacts()).put(Buffer.from('a model'));
    rmSync(path);
    const gone = { code: 'KEY_UNAVAILABLE', message: expect.stringContaining('is gone: restore it') as string };
    await expect((await context.keys()).list()).rejects.toMatchObject(gone);
    await context.stores.release();

    const next = createContext(configOf({}));
    const lost = { code: 'KEY_UNAVAILABLE', message: expect.stringContaining('keys create makes new keys') as string };
    await expect((await next.keys()).list()).rejects.toMatchObject(lost);
    await expect(readAll((await next.stores.artifacts()).get(digest))).rejects.toMatchObject(lost);
    expect(existsSync(path)).toBe(false);
    await next.stores.release();
  });

  it('are beside a store that was opened by the caller, too', async () => {
    const storage = await openFilesystemStorage(join(folder, 'mine'));
    const context = createContext(configOf({}), { storage, artifacts: new MemoryArtifactStore() });
    await (await context.keys()).list();
    expect(existsSync(join(folder, 'mine', 'keys.json'))).toBe(true);
    await storage.close();
  });

  it('must be there in production', async () => {
    const context = createContext(configOf({ environment: 'production', security: { requireAuthorization: false } }));
    await expect(context.keys().then((ring) => ring.list())).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    await context.stores.release();
  });

  it('live in memory for a store in memory, one ring for everybody who uses it', async () => {
    const storage = new MemoryStorage();
    const given = { storage, artifacts: new MemoryArtifactStore() };
    const [first, second] = [createContext(configOf({}), given), createContext(configOf({}), given)];
    expect(await first.keys()).toBe(await second.keys());
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  it('are where the policy says', async () => {
    const document = newKeyDocument(0);
    const text = printKeyDocument(document);
    const inVariable = createContext(
      configOf({ keys: { variable: 'KEYS' }, storage: { kind: 'memory' } }, { KEYS: text }),
    );
    expect((await (await inVariable.keys()).list())[0]!.id).toBe(document.keys[0]!.id);
    const inFile = createContext(configOf({ keys: { path: './elsewhere/k.json' }, storage: { kind: 'memory' } }));
    await (await inFile.keys()).list();
    expect(existsSync(join(folder, 'elsewhere', 'k.json'))).toBe(true);
    expect(() => configOf({ keys: { path: 'a', variable: 'B' } })).toThrow(/keys.variable: keys.path is given as well/);
  });

  it('are told apart from those of a policy that shows them: no digest, no text of a policy holds a key', () => {
    const document = newKeyDocument(0);
    const text = printKeyDocument(document);
    const config = configOf({ keys: { variable: 'KEYS' } }, { KEYS: text });
    expect(config.toYaml()).not.toContain(document.keys[0]!.secret!);
  });
});
