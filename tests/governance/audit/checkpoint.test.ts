import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Checkpoint, AuditLog, ConflictError, ExperimentTracker, MemoryStorage, type Storage } from '@bondx/mlops';
import { appendAnchor, readAnchors } from '../../../src/governance/audit/anchor-file.js';
import { asCheckpoint, judgeByKeys, signCheckpoint } from '../../../src/governance/audit/checkpoint.js';
import { verifyExport, writeExport } from '../../../src/governance/audit/export-log.js';
import { leafOf, treeRoot } from '../../../src/governance/audit/merkle-tree.js';
import { KeyRing } from '../../../src/keys/key-ring.js';
import { ephemeralKeys } from '../../../src/keys/key-sources.js';
import { LocalKeyService } from '../../../src/keys/local-key-service.js';
import type { KeyService } from '../../../src/keys/key-service.js';
import { createContext } from '../../../src/runtime/context.js';
import { canonicalJson } from '../../../src/util/json.js';
import { createWorld, failure } from '../../helpers.js';
import { over } from './log-fixture.js';

const root = `sha256:${'a'.repeat(64)}` as const;
const body = { v: 1, log: 'log', index: 0, size: 4, root, time: '2026-01-01T00:00:00.000Z' } as const;
const whole: Checkpoint = { ...body, keyId: 'k', signature: 's' };
const newRing = (): KeyRing => new KeyRing(new LocalKeyService(ephemeralKeys(0)));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bondx-checkpoints-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a checkpoint from outside', () => {
  it('is taken with its own fields, and nothing else of what comes along', () => {
    expect(asCheckpoint({ ...whole, frontier: [], __proto__: { x: 1 } })).toEqual(whole);
    expect(asCheckpoint({ ...whole, size: 0 })).toEqual({ ...whole, size: 0 });
  });

  it.each<[string, unknown]>([
    ...(['log', 'time', 'keyId', 'signature', 'root'] as const).map((field): [string, unknown] => [
      `a number as its ${field}`,
      { ...whole, [field]: 7 },
    ]),
    ...(['index', 'size'] as const).flatMap((field): [string, unknown][] =>
      [-1, 0.5, NaN, 2 ** 53, '4', undefined].map((value) => [`${field} ${value}`, { ...whole, [field]: value }]),
    ),
    ['a root in a list', { ...whole, root: [root] }],
    ['another version', { ...whole, v: 2 }],
    ['a root that is no digest', { ...whole, root: 'sha256:a' }],
    ['nothing', null],
    ['nothing at all', undefined],
    ['a text', 'checkpoint'],
    ['an empty object', {}],
  ])('is none with %s', (_what, value) => expect(asCheckpoint(value)).toBeUndefined());
});

describe('signing a checkpoint', () => {
  it('names the key that signed, also when the key is rotated meanwhile', async () => {
    const local = new LocalKeyService(ephemeralKeys(0));
    let isDue = true;
    const service: KeyService = {
      list: async () => {
        const keys = await local.list();
        if (isDue) {
          isDue = false;
          await local.rotate('audit_checkpoint', 1); // after it was asked which key is the active one
        }
        return keys;
      },
      sign: (...args) => local.sign(...args),
      publicKey: (...args) => local.publicKey(...args),
      wrap: (...args) => local.wrap(...args),
      unwrap: (...args) => local.unwrap(...args),
      secret: (...args) => local.secret(...args),
    };
    const signed = await signCheckpoint(new KeyRing(service), body);
    const ring = new KeyRing(local);
    expect(signed.keyId).toBe((await ring.active('audit_checkpoint')).id);
    expect(await judgeByKeys(ring)(signed)).toBe('valid');
  });

  it('is believed of a retired key up to the time at which it was retired', async () => {
    const ring = newRing();
    const at = (ms: number) => signCheckpoint(ring, { ...body, time: new Date(ms).toISOString() });
    const [before, then, after] = [await at(999), await at(1000), await at(1001)];
    const judge = judgeByKeys(ring);
    expect(await judge(after)).toBe('valid');
    await ring.service.rotate!('audit_checkpoint', 1000);
    expect(await Promise.all([before, then, after].map(judge))).toEqual(['valid', 'valid', 'late']);
    const next = await signCheckpoint(ring, { ...body, time: '2027-01-01T00:00:00.000Z' });
    expect(await judge(next)).toBe('valid');
    expect(await judge({ ...next, size: 5 })).toBe('invalid');
  });
});

describe('the file of anchors', () => {
  it('is none where there is no file, and fails where it cannot be read', async () => {
    expect(await readAnchors(join(folder, 'none'))).toEqual({ checkpoints: [], isTorn: false });
    expect(await failure(readAnchors(folder))).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  });

  it('gives back what was appended, past lines that a crash cut off', async () => {
    const path = join(folder, 'torn.jsonl');
    const second = { ...whole, index: 1 };
    await appendAnchor(path, whole);
    for (const cut of ['{', '{"ind', '{"index":2,"keyId":"k"']) {
      await appendFile(path, cut);
      expect(await readAnchors(path)).toMatchObject({ isTorn: true });
      await appendAnchor(path, second);
      expect(await readAnchors(path)).toMatchObject({ isTorn: false });
    }
    expect((await readAnchors(path)).checkpoints).toEqual([whole, second, second, second]);
    await appendFile(path, '\n\n');
    expect((await readAnchors(path)).checkpoints).toHaveLength(4);
  });

  it.each(['nonsense', '{"index":1}', '{"other":1', '{"index":1,"size":2}', '[]', '7'])(
    'is corrupt with the line %s, and says which it is',
    async (line) => {
      const path = join(folder, 'corrupt.jsonl');
      await writeFile(path, '');
      await appendAnchor(path, whole);
      await appendFile(path, `${line}\n`);
      expect(await failure(readAnchors(path))).toMatchObject({
        ...{ code: 'CORRUPT', message: expect.stringContaining('line 2 of') as string },
      });
    },
  );
});

describe('an export', () => {
  const judge = judgeByKeys(newRing());
  const content = async (text: string): Promise<string> => {
    const path = join(folder, 'read.jsonl');
    await writeFile(path, text);
    return path;
  };
  const record = () => createWorld();

  async function exported(): Promise<{ readonly lines: readonly string[]; readonly log: AuditLog }> {
    const { config, options } = record();
    const tracker = new ExperimentTracker(config, options);
    for (let i = 0; i < 4; i++) await tracker.startRun({ experimentName: `e${i}` });
    const log = new AuditLog(config, options);
    const path = join(folder, `${Math.random()}.jsonl`);
    expect(await log.export(path)).toEqual({ records: 4, checkpoints: 0 });
    return { lines: (await readFile(path, 'utf8')).trim().split('\n'), log };
  }

  it('is sound when it is empty, and when it is whole, by the keys of its store', async () => {
    expect(await verifyExport(await content(''), { judge })).toMatchObject({ status: 'ok', records: 0 });
    const { lines, log } = await exported();
    expect(await log.verifyExport(await content(lines.join('\n')))).toMatchObject({ status: 'ok', records: 4 });
    await log.checkpoint();
    const path = join(folder, 'with-checkpoint.jsonl');
    expect(await log.export(path)).toEqual({ records: 4, checkpoints: 1 });
    expect(await log.verifyExport(path)).toMatchObject({ status: 'ok', records: 4, anchored: { size: 4 } });
    const anchors = join(folder, 'of-export.jsonl');
    await log.anchor(anchors);
    expect(await log.verifyExport(await content(lines.slice(0, 2).join('\n')), { anchors })).toMatchObject({
      status: 'rolled_back',
    });
  });

  it('is held against anchors that must be there, and a head kept elsewhere', async () => {
    const { lines, log } = await exported();
    const path = await content(lines.join('\n'));
    const { head } = await log.verifyExport(path);
    expect(await log.verifyExport(path, { expectedHead: head })).toMatchObject({ status: 'ok' });
    const cut = await content(lines.slice(0, 3).join('\n'));
    expect(await log.verifyExport(cut, { expectedHead: head })).toMatchObject({ status: 'corrupt' });
    const anchors = join(folder, 'misspelled.jsonl');
    for (const work of [log.verify({ anchors }), log.verifyExport(path, { anchors })]) {
      expect(await failure(work)).toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  it('is corrupt where a line is not what was written, at its end too', async () => {
    const { lines } = await exported();
    const last = lines[3]!;
    for (const nonsense of [last.replace('{', '{ '), 'x', 'null ', '"text']) {
      const path = await content(lines.with(3, nonsense).join('\n'));
      expect(await verifyExport(path, { judge }), nonsense).toMatchObject({ status: 'corrupt', position: 3 });
    }
    const cut = await content(lines.with(1, lines[1]!.slice(0, 40)).join('\n'));
    expect(await verifyExport(cut, { judge })).toMatchObject({ status: 'corrupt', position: 1 });
    const torn = await content(lines.with(3, last.slice(0, 40)).join('\n'));
    expect(await verifyExport(torn, { judge })).toMatchObject({ status: 'torn_tail_recovered', records: 3 });
    expect(await verifyExport(await content(last.slice(0, 40)), { judge })).toMatchObject({
      ...{ status: 'torn_tail_recovered', records: 0, position: 0 },
    });
    // What a crash cut off is the last line: nothing comes after it.
    const beforeOthers = await content([...lines, last.slice(0, 40), canonicalJson({ ...whole })].join('\n'));
    expect(await verifyExport(beforeOthers, { judge })).toMatchObject({ status: 'corrupt', position: 4 });
  });

  it('is written however long it is, and stops where it cannot be', async () => {
    let pulled = 0;
    async function* records() {
      for (; pulled < 3_000; pulled++) yield { value: { text: 'x'.repeat(1000), pulled } };
    }
    const path = join(folder, 'long.jsonl');
    expect(await writeExport(path, { records: records(), checkpoints: [whole] })).toEqual({ records: 3_000 });
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(3_002);
    pulled = 0;
    expect(await failure(writeExport(path, { records: records(), checkpoints: [] }))).toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    expect(pulled).toBeLessThan(3_000);
    const nowhere = join(folder, 'missing', 'log.jsonl');
    expect(await failure(writeExport(nowhere, { records: records(), checkpoints: [] }))).toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('making a checkpoint', () => {
  const open = (policy = {}, storage: Storage = new MemoryStorage(), keys?: KeyService) => {
    const world = createWorld({ security: { checkpointInterval: 1_000, ...policy } });
    const options = { ...world.options, storage, ...(keys !== undefined && { keys }) };
    const tracker = new ExperimentTracker(world.config, options);
    const record = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await tracker.startRun({ experimentName: 'e' });
    };
    return { ...world, options, storage, record, log: new AuditLog(world.config, options) };
  };

  it('of an empty log makes none; without new records it is the one before', async () => {
    const { log, record } = open();
    expect(await log.checkpoint()).toBeUndefined();
    expect(await log.anchor(join(folder, 'empty.jsonl'))).toBeUndefined();
    expect((await readAnchors(join(folder, 'empty.jsonl'))).checkpoints).toEqual([]);
    await record(3);
    const first = await log.checkpoint();
    expect(first).toMatchObject({ size: 3, index: 0 });
    expect(first).not.toHaveProperty('frontier');
    expect(await log.checkpoint()).toEqual(first);
    await record(1);
    expect(await log.checkpoint()).toMatchObject({ size: 4, index: 1 });
    expect(await log.verify()).toMatchObject({ status: 'ok', anchored: { size: 4 } });
  });

  it('reads the records since the last, and all of them when that is not to be believed', async () => {
    const storage = new MemoryStorage();
    const from: (number | undefined)[] = [];
    const watched = over(storage, {
      read: async (stream, options) => {
        if (stream === 'audit' && options?.limit !== 0 && options?.limit !== 1) from.push(options?.from);
        return storage.read(stream, options);
      },
    });
    const { log, record, config, options } = open({}, watched);
    const keys = (await createContext(config, options).keys()).service;
    await record(5);
    await log.checkpoint();
    await record(3);
    from.length = 0;
    await log.checkpoint();
    expect(from).toEqual([5]);
    await record(1);
    // A forged one whose tree fits its root, and an honest one whose tree was altered: neither is gone on from.
    const { entries } = await storage.read('audit.checkpoints');
    const leaves = [1, 2, 3, 4].map((i) => leafOf(Buffer.of(i)));
    const forgedRoot = treeRoot(leaves);
    const honest = entries[1]!.value as unknown as Checkpoint;
    const forged = [
      { ...honest, index: 2, size: 4, root: forgedRoot, frontier: [forgedRoot] },
      { ...honest, frontier: [forgedRoot] },
    ];
    for (const value of forged) {
      const copy = new MemoryStorage();
      const records = (await storage.read('audit')).entries.map((entry) => entry.value);
      await copy.commit([{ kind: 'append', stream: 'audit', values: records }]);
      await copy.commit([{ kind: 'append', stream: 'audit.checkpoints', values: [value] }]);
      const again = open({}, copy, keys);
      const made = await again.log.checkpoint();
      const truth = open(
        {},
        over(copy, {
          read: async (stream, options) =>
            stream === 'audit.checkpoints' ? { entries: [], length: 0 } : copy.read(stream, options),
          commit: async () => undefined as never,
        }),
      );
      expect(made).toMatchObject({ size: 9, root: (await truth.log.checkpoint())!.root });
    }
  });

  it('is made anew, of the same records, when the key of the last is not believed any more', async () => {
    const keys = new LocalKeyService(ephemeralKeys(0));
    const { log, record } = open({}, new MemoryStorage(), keys);
    await record(3);
    const first = (await log.checkpoint())!;
    await keys.rotate('audit_checkpoint', 0);
    await keys.revoke(first.keyId, 'lost', 0);
    const second = (await log.checkpoint())!;
    expect(second).toMatchObject({ index: 1, size: 3, root: first.root });
    expect(await judgeByKeys(new KeyRing(keys))(second)).toBe('valid');
    expect(await log.checkpoint()).toEqual(second);
  });

  it('by two at once is made once', async () => {
    const { log, record, storage } = open();
    await record(3);
    const [one, other] = await Promise.all([log.checkpoint(), log.checkpoint()]);
    expect(one).toEqual(other);
    expect((await storage.read('audit.checkpoints')).length).toBe(1);
  });

  it('survives a loss of power, as every record does, and says when it could not be written', async () => {
    const storage = new MemoryStorage();
    const durability: unknown[] = [];
    let isBroken = false;
    const { log, record } = open(
      {},
      over(storage, {
        commit: async (changes, options) => {
          if (isBroken) throw new Error('medium gone');
          durability.push(options?.durability);
          return storage.commit(changes, options);
        },
      }),
    );
    await record(1);
    await log.checkpoint();
    expect(durability).toEqual(['power', 'power']);
    await record(1);
    isBroken = true;
    expect((await failure(log.checkpoint())).message).toBe('medium gone');
  });

  it('is looked for only when one may be due', async () => {
    const storage = new MemoryStorage();
    let looked = 0;
    const { record } = open(
      { checkpointInterval: 4 },
      over(storage, {
        read: async (stream, options) => {
          if (stream === 'audit.checkpoints') looked++;
          return storage.read(stream, options);
        },
      }),
    );
    await record(3);
    expect(looked).toBe(0);
    await record(1);
    expect((await storage.read('audit.checkpoints')).length).toBe(1);
    looked = 0;
    await record(3);
    expect(looked).toBe(0);
    await record(1);
    expect((await storage.read('audit.checkpoints')).length).toBe(2);
  });

  it('counts from the last one, whoever made it', async () => {
    const storage = new MemoryStorage();
    const one = open({ checkpointInterval: 6 }, over(storage, {}));
    // Another wrapper stands for another process.
    const other = new ExperimentTracker(one.config, { ...one.options, storage: over(storage, {}) });
    const record = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await other.startRun({ experimentName: 'e' });
    };
    await one.record(4);
    await one.log.checkpoint();
    await record(4);
    const sizes = async () =>
      (await storage.read('audit.checkpoints')).entries.map(({ value }) => (value as unknown as Checkpoint).size);
    expect(await sizes()).toEqual([4]);
    await record(2);
    expect(await sizes()).toEqual([4, 10]);
  });

  it('that fails is a warning, and tried again after as many records', async () => {
    const keys = new LocalKeyService(ephemeralKeys(0));
    const broken = Object.assign(Object.create(keys) as LocalKeyService, {
      list: async () => {
        throw new Error('no keys today');
      },
    });
    const warnings: string[] = [];
    const listen = (warning: Error): unknown => warnings.push(warning.message);
    process.on('warning', listen);
    const { record, log, storage } = open({ checkpointInterval: 4 }, new MemoryStorage(), broken);
    await record(13);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(warnings.filter((text) => text.includes('no keys today'))).toHaveLength(3);
    expect(await storage.read('audit.checkpoints')).toMatchObject({ length: 0 });
    // Without a checkpoint, no key is needed to verify.
    expect(await log.verify()).toMatchObject({ status: 'ok', records: 13 });
  });

  it('waits: a commit that loses its race fifty times fails, and so does the record of that', async () => {
    const storage = new MemoryStorage();
    let attempts = 0;
    const { record } = open(
      {},
      over(storage, {
        commit: async () => {
          attempts++;
          throw new ConflictError({ kind: 'record', collection: 'runs', id: 'r', expected: 1, actual: 2 });
        },
      }),
    );
    expect(await failure(record(1))).toMatchObject({ code: 'CONFLICT' });
    expect(attempts).toBe(51);
  });
});
