import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newKeyDocument, printKeyDocument } from '../../src/keys/key-document.js';
import { createKeyFile, fileKeys } from '../../src/keys/key-file.js';
import { LocalKeyService } from '../../src/keys/local-key-service.js';
import { failure } from '../helpers.js';

const document = newKeyDocument(0);
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keys-'));
  path = join(folder, 'keys.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a call fails with: the message tells what the system said. */
async function fault(call: Promise<unknown>): Promise<string> {
  const error = await failure(call);
  expect(error).toMatchObject({ code: 'KEY_UNAVAILABLE' });
  return error.message;
}

describe('a key file that is read', () => {
  it('is the same object until it changes, whoever may see it', async () => {
    await createKeyFile(path, document);
    const told: string[] = [];
    const keys = fileKeys(path, { isStrict: true, onReadable: (problem) => told.push(problem) });
    const before = await keys.read();
    expect(before).toEqual(document);
    expect(await keys.read()).toBe(before);
    utimesSync(path, 1, 1);
    expect(await keys.read()).toEqual(before);
    expect(told).toEqual([]);
  });

  it('is spoken of once when others may read it, also after it changed, and is read where nobody listens', async () => {
    await createKeyFile(path, document);
    const told: string[] = [];
    const keys = fileKeys(path, { isStrict: false, onReadable: (problem) => told.push(problem) });
    for (const mode of [0o644, 0o640, 0o600, 0o604]) {
      chmodSync(path, mode);
      expect(await keys.read()).toEqual(document);
    }
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('has mode 0644');
    expect(await fileKeys(path, { isStrict: false }).read()).toEqual(document);
    expect(await fault(fileKeys(path, { isStrict: true }).read())).toContain('has mode 0604');
  });

  it.skipIf(process.getuid?.() !== 0)('says whose it is to read when it is not this user', async () => {
    await createKeyFile(path, document);
    process.seteuid!(65534);
    try {
      expect(await fault(fileKeys(path, { isStrict: true }).read())).toContain(
        'name a copy of your own with BONDX_KEYS',
      );
    } finally {
      process.seteuid!(0);
    }
  });

  it('is told apart from one that is missing when it cannot be reached', async () => {
    symlinkSync(path, path);
    expect(await fault(fileKeys(path, { isStrict: true }).read())).toContain('cannot be read (ELOOP)');
    const inside = join(folder, 'inside');
    mkdirSync(inside, { mode: 0o700 });
    expect(await fault(fileKeys(inside, { isStrict: true }).read())).toContain('cannot be read (EISDIR)');
    writeFileSync(join(folder, 'file'), '');
    const below = join(folder, 'file', 'keys.json');
    expect(await fault(fileKeys(below, { isStrict: true }).read())).toContain('there is no key file at');
  });
});

describe('a key file that is written', () => {
  it('says what the system said when it cannot be, and leaves nothing', async () => {
    writeFileSync(join(folder, 'file'), '');
    for (const below of [join(folder, 'file', 'keys.json'), join(folder, 'file', 'inner', 'keys.json')]) {
      expect(await fault(createKeyFile(below, document))).toMatch(/cannot be written \((ENOTDIR|EEXIST)\)/);
      const making = fileKeys(below, { isStrict: true, create: () => Promise.resolve(document) });
      expect(await fault(making.read())).toMatch(/cannot be written \((ENOTDIR|EEXIST)\)/);
    }
    const long = join(folder, 'k'.repeat(250)); // what is written beside it is called longer than names can be
    const error = await failure(createKeyFile(long, document));
    expect(error.message).toContain('cannot be written (ENAMETOOLONG)');
    expect(error).toMatchObject({ code: 'KEY_UNAVAILABLE', cause: { code: 'ENAMETOOLONG' } });
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('is not changed, nor waited for, where no lock can be', async () => {
    const long = join(folder, 'k'.repeat(252));
    writeFileSync(long, printKeyDocument(document), { mode: 0o600 }); // no file can be beside one with a name so long
    const keys = fileKeys(long, { isStrict: true });
    expect(await keys.read()).toEqual(document);
    expect(await fault(new LocalKeyService(keys).rotate('pseudonym', 1))).toContain('cannot be written (ENAMETOOLONG)');
  });

  it('is given up as soon as its lock is older than one has patience for', async () => {
    await createKeyFile(path, document);
    writeFileSync(`${path}.lock`, '');
    const service = new LocalKeyService(fileKeys(path, { isStrict: true, patienceMs: 40 }));
    const settled = new AbortController();
    const refused = fault(service.rotate('pseudonym', 1).finally(() => settled.abort()));
    for (let i = 0; i < 100 && !settled.signal.aborted; i++) await sleep(20);
    rmSync(`${path}.lock`); // in time for whoever waited longer
    expect(await refused).toContain('remove the file');
  });

  it('is changed also when its lock is removed by hand meanwhile, and has none afterwards', async () => {
    await createKeyFile(path, document);
    const keys = fileKeys(path, { isStrict: true });
    await keys.update((before) => {
      rmSync(`${path}.lock`);
      return { keys: before.keys.slice(1) };
    });
    expect(await keys.read()).toEqual({ keys: document.keys.slice(1) });
    const refusing = keys.update(() => {
      throw new Error('no');
    });
    expect((await failure(refusing)).message).toBe('no');
    expect(existsSync(`${path}.lock`)).toBe(false);
  });
});
