import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditLog, ExperimentTracker } from '../../src/index.js';
import { createFile, onFile } from '../../src/util/on-file.js';
import { createWorld, failure } from '../helpers.js';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'on-file-'));
  file = join(folder, 'a.txt');
  writeFileSync(file, 'not JSON');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Places that no file can be written to, and what is said of them. */
const places = (): [string, string, string][] => [
  ['STORAGE_UNAVAILABLE', folder, 'name a file'],
  ['STORAGE_UNAVAILABLE', join(file, 'below'), 'names a file as if it were a folder'],
  ['STORAGE_UNAVAILABLE', join(folder, 'x'.repeat(300)), 'choose a shorter one'],
  ['INVALID_INPUT', 'a\0b', ''],
  ['INVALID_INPUT', '', 'must not be empty'],
  ['INVALID_INPUT', 7 as never, 'path of a file must be a string, got 7'],
];

describe('a file that the caller named and that cannot be', () => {
  it('downloaded to is refused with what to do', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    await tracker.logArtifact(runId, { name: 'a', content: 'x' });
    for (const [code, path, text] of places()) {
      const error = await failure(tracker.downloadArtifact(runId, 'a', path));
      expect(error, path).toMatchObject({ code, message: expect.stringContaining(text) as string });
    }
  });

  it('exported to, anchored in or verified is refused with what to do', async () => {
    const { config, options } = createWorld();
    const audit = new AuditLog(config, options);
    await new ExperimentTracker(config, options).startRun({ experimentName: 'e' });
    for (const [code, path, text] of places()) {
      expect(await failure(audit.anchor(path)), path).toMatchObject({ code });
      expect(await failure(audit.verify({ anchors: path })), path).toMatchObject({ code });
      expect(await failure(audit.verifyExport(path)), path).toMatchObject({ code });
      if (path === folder) continue;
      const error = await failure(audit.export(path));
      expect(error, path).toMatchObject({ code, message: expect.stringContaining(text) as string });
    }
    expect(await failure(audit.export(folder))).toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await failure(audit.verifyExport(join(folder, 'none')))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await failure(audit.export(join(folder, 'no', 'such')))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it.runIf(process.getuid?.() !== 0)('opened by this user says so', async () => {
    chmodSync(file, 0o000);
    const audit = new AuditLog(createWorld().config, createWorld().options);
    expect(await failure(audit.verifyExport(file))).toMatchObject({ code: 'STORAGE_READ_ONLY' });
    chmodSync(file, 0o600);
  });

  it('ends in the error that it is where nobody knows better', async () => {
    const bug = new TypeError('a bug');
    expect(await failure(onFile('x', () => Promise.reject(bug)))).toBe(bug);
  });
});

describe('a new file', () => {
  it('has its name once all of it is written: half an audit trail verifies like a short one', async () => {
    const path = join(folder, 'new.txt');
    const written = await createFile(path, (partial) => {
      writeFileSync(partial, 'half');
      expect(existsSync(path)).toBe(false);
      writeFileSync(partial, 'whole');
      return Promise.resolve(7);
    });
    expect([written, readFileSync(path, 'utf8')]).toEqual([7, 'whole']);
  });

  it('replaces none, whenever that came, and leaves nothing behind when it fails', async () => {
    const path = join(folder, 'raced.txt');
    const write = (partial: string): Promise<void> => {
      writeFileSync(partial, 'mine');
      if (!existsSync(path)) writeFileSync(path, 'theirs');
      return Promise.resolve();
    };
    for (let i = 0; i < 2; i++)
      expect(await failure(createFile(path, write))).toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(readFileSync(path, 'utf8')).toBe('theirs');
    expect(readdirSync(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });
});
