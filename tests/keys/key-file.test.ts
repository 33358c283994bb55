import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newKeyDocument, printKeyDocument } from '../../src/keys/key-document.js';
import { createKeyFile, fileKeys } from '../../src/keys/key-file.js';
import { keyPurposes } from '../../src/keys/key.js';
import { LocalKeyService } from '../../src/keys/local-key-service.js';

const at = Date.UTC(2026, 0, 2);
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keys-'));
  path = join(folder, 'inner', 'keys.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const making = { isStrict: false, create: () => Promise.resolve(newKeyDocument(at)) };

describe('a key file', () => {
  it('is made once, readable by its owner only, however many ask for it at once', async () => {
    let told = 0;
    const sources = Array.from({ length: 20 }, () => fileKeys(path, { ...making, onCreated: () => told++ }));
    const documents = await Promise.all(sources.map((source) => source.read()));
    expect(new Set(documents.map(({ keys }) => keys[0]!.id)).size).toBe(1);
    expect(told).toBe(1);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'inner'))).toEqual(['keys.json']);
  });

  it('behind links stays one file for all: a change goes to it, and the links stay', async () => {
    await createKeyFile(path, newKeyDocument(at));
    const links = ['one.json', 'two.json'].map((name) => join(folder, name));
    for (const link of links) symlinkSync(path, link);
    const sources = links.map((link) => fileKeys(link, { isStrict: true }));
    await Promise.all(sources.map((source) => new LocalKeyService(source).rotate('pseudonym', at)));
    expect(links.map((link) => lstatSync(link).isSymbolicLink())).toEqual([true, true]);
    const [first, second] = await Promise.all(sources.map((source) => source.read()));
    expect(second).toEqual(first);
    expect(first!.keys.filter(({ purpose }) => purpose === 'pseudonym')).toHaveLength(3);
    expect(readdirSync(folder).sort()).toEqual(['inner', 'one.json', 'two.json']);
    expect(readdirSync(join(folder, 'inner'))).toEqual(['keys.json']);
  });

  it('that is a link to nothing is told as such', async () => {
    const link = join(folder, 'keys.json');
    symlinkSync(path, link);
    await expect(fileKeys(link, making).read()).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
      message: expect.stringContaining('is a link to a file that is not there') as string,
    });
  });

  it('must be there where none is made', async () => {
    await expect(fileKeys(path, { isStrict: true }).read()).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
      message: expect.stringContaining('bondx-mlops keys create') as string,
    });
    expect(existsSync(path)).toBe(false);
  });

  it('that others may read is refused when strict, and told once otherwise', async () => {
    await createKeyFile(path, newKeyDocument(at));
    chmodSync(path, 0o640);
    await expect(fileKeys(path, { isStrict: true }).read()).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
      message: expect.stringMatching(/mode 0640.*chmod 600/) as string,
    });
    const told: string[] = [];
    const lax = fileKeys(path, { isStrict: false, onReadable: (problem) => told.push(problem) });
    await lax.read();
    await new LocalKeyService(lax).rotate('pseudonym', at);
    await lax.read();
    expect(told).toHaveLength(1);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is not replaced by a new one', async () => {
    await createKeyFile(path, newKeyDocument(at));
    await expect(createKeyFile(path, newKeyDocument(at))).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  });

  it('keeps every key when several processes rotate at once, and each sees the rotations of the others', async () => {
    const services = [1, 2, 3].map(() => new LocalKeyService(fileKeys(path, making)));
    await services[0]!.list();
    await Promise.all(services.map((service) => service.rotate('artifact_encryption', at)));
    for (const service of services) {
      const keys = (await service.list()).filter(({ purpose }) => purpose === 'artifact_encryption');
      expect(keys.map(({ status }) => status).sort()).toEqual(['active', 'retired', 'retired', 'retired']);
    }
  });

  it('whose lock was left behind is not changed', async () => {
    await createKeyFile(path, newKeyDocument(at));
    writeFileSync(`${path}.lock`, '');
    const service = new LocalKeyService(fileKeys(path, { ...making, patienceMs: 50 }));
    await expect(service.rotate('pseudonym', at)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    expect(await service.list()).toHaveLength(keyPurposes.length);
  });

  it('that is damaged says so without repeating any of it', async () => {
    await createKeyFile(path, newKeyDocument(at));
    const whole = readFileSync(path, 'utf8');
    const secret = newKeyDocument(at).keys[0]!.secret!;
    const variants = [
      '',
      'null',
      '[]',
      '{}',
      whole.slice(0, -20),
      whole.replace('"version": 1', '"version": 2'),
      whole.replace('"active"', '"unheard"'),
      whole.replace(/"secret": "../, '"secret": "!!'),
      whole.replace(/"id": "./, '"id": "g'),
      whole.replace('"artifact_signing"', '"audit_checkpoint"'),
      whole.replace('"reason"', '"reason": 1, "secret"').replace('"created"', '"__proto__": {}, "created"'),
      printKeyDocument({ keys: [...newKeyDocument(at).keys, ...newKeyDocument(at).keys] }),
      `${secret}${whole}`,
      ' '.repeat(1024 * 1024 + 1),
    ];
    for (const text of variants) {
      writeFileSync(path, text);
      const error: unknown = await fileKeys(path, making)
        .read()
        .catch((caught: unknown) => caught);
      expect(error, text.slice(0, 200)).toMatchObject({ code: 'KEY_UNAVAILABLE' });
      const said = `${String(error)} ${JSON.stringify(error)}`;
      for (const [, value] of whole.matchAll(/"(?:secret|public)": "(.{12})/g)) expect(said).not.toContain(value);
      expect(said).not.toContain(secret.slice(0, 12));
    }
  });
});
