import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExperimentTracker, MLOpsConfig, createProfile, toTable, trainModel } from '@bondx/mlops';
import { summaryOf } from '../../src/data/baseline-profile.js';
import type { ColumnRule } from '../../src/privacy/column-rule.js';
import { ColumnProtection } from '../../src/privacy/declared-columns.js';
import { createWorld, failure, smallRows } from '../helpers.js';

const keyId = 'abcdef0123456789';
const maker = { key: { keyId, secret: Buffer.alloc(32, 7) }, keyIds: [keyId] };
const rules: readonly ColumnRule[] = [
  { action: 'pseudonymize' },
  { action: 'mask', keep: 2 },
  { action: 'mask' },
  { action: 'generalize', to: 'quarter' },
  { action: 'generalize', to: 'power_of_ten' },
  { action: 'generalize', to: 'band', bands: { good: ['AAA', 'AA'], bad: ['C'] } },
];
const protectionOf = (rule: ColumnRule): ColumnProtection => new ColumnProtection({ secret: rule }, maker);
const cells = fc.oneof(
  fc.string(),
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }),
  fc.constantFrom(null, 'AAA', 'C', '2026-Q1', '1e6', '****ab', '2026-02-03'),
);
const columns = fc.array(cells, { minLength: 1, maxLength: 12 });
const valuesOf = (data: readonly unknown[]) => data.map((secret) => ({ secret: secret as string, other: 1 }));

describe.each(rules)('a column declared with %j', (rule) => {
  const protection = protectionOf(rule);

  it('changes nothing when it is replaced again', () => {
    fc.assert(
      fc.property(columns, (data) => {
        const once = protection.table(toTable(valuesOf(data)));
        expect(protection.table(once).digest()).toBe(once.digest());
      }),
    );
  });

  it('keeps no value, of whatever kind, unless it looks like one that was replaced', () => {
    fc.assert(
      fc.property(columns, (data) => {
        const table = toTable(valuesOf(data));
        const replaced = protection.table(table);
        for (let i = 0; i < table.rowCount; i++) {
          const [before, after] = [table.row(i)['secret'], replaced.row(i)['secret']];
          expect(after === null).toBe(before === null);
          if (before === null) continue;
          expect(String(after)).toMatch(
            /^(abcdef01:[\w-]{22}|\*{4}[^]{0,4}|-?\d+-Q[1-4]|0|-?1e-?\d+|good|bad|other)$/u,
          );
        }
      }),
    );
  });

  it('gives the same in a record, a table and a profile', async () => {
    const data = ['AAA', 'XS1', 'C', 'somebody', 'AAA'];
    const rows = data.map((secret) => ({ secret }));
    const table = protection.table(toTable(rows));
    expect(rows.map((row) => protection.row(row)['secret'])).toEqual(rows.map((_, i) => table.row(i)['secret']));
    const profile = protection.profile(await createProfile(rows));
    expect(profile).toEqual(await createProfile(table));
    expect(summaryOf(profile).digest).toBe(summaryOf(await createProfile(table)).digest);
  });
});

describe('a column that is declared', () => {
  it('and dropped is in no table, record or profile', async () => {
    const protection = protectionOf({ action: 'drop' });
    const rows = [{ secret: 'a', x: 1 }];
    expect([...protection.table(toTable(rows)).columns.keys()]).toEqual(['x']);
    expect(protection.row(rows[0]!)).toEqual({ x: 1 });
    expect(protection.profile(await createProfile(rows)).columns.map(({ name }) => name)).toEqual(['x']);
  });

  it('and was counted in groups is left out of a profile', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => ({ secret: `XS${i}`, x: i }));
    const protection = protectionOf({ action: 'pseudonymize' });
    expect(protection.profile(await createProfile(rows)).columns.map(({ name }) => name)).toEqual(['x']);
  });

  it('is not looked for where there is none: the very same table comes back', () => {
    const table = toTable([{ x: 1 }]);
    expect(protectionOf({ action: 'drop' }).table(table)).toBe(table);
  });

  it('never makes a request fail, whatever the record holds', () => {
    const protection = protectionOf({ action: 'pseudonymize' });
    fc.assert(
      fc.property(fc.anything(), (secret) => {
        const row = protection.row({ secret });
        if (typeof secret === 'string') expect(row['secret']).toMatch(/^abcdef01:/);
      }),
    );
  });
});

describe('files of cells', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'declared-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  const tracked = async () => {
    const { config, options } = createWorld({ privacy: { sensitiveColumns: { isin: { action: 'drop' } } } } as never);
    const tracker = new ExperimentTracker(config, options);
    return { tracker, runId: await tracker.startRun({ experimentName: 'e' }) };
  };

  it.each([
    ['a.csv', 'x,isin\n1,XS1\n'],
    ['a.CSV', '"x";"isin"\n1;XS1\n'],
    ['a.tsv', '\ufeffisin\tx\nXS1\t1\n'],
    ['a.jsonl', '{"x":1,"isin":"XS1"}\n'],
    ['blank.csv', '\n \r\nx,isin\n1,XS1\n'],
    ['titled.csv', '# bonds of 2024\n#\nx,isin\n1,XS1\n'],
    ['commented.csv', '# x,isin\n1,XS1\n'],
    ['packed.csv.gz', gzipSync('x,isin\n1,XS1\n')],
    ['packed.jsonl.GZ', gzipSync(`{"isin":1}\n${'{"x":1}\n'.repeat(300_000)}`)],
    ['random.csv.gz', gzipSync(Buffer.concat([Buffer.from('x,isin\n'), randomBytes(3 << 20)]))],
    ['broken.csv.gz', gzipSync('x\n1\n').fill(7, 12)],
    ['plain.csv.gz', 'x,isin\n1,XS1\n'],
    ['utf16.txt', Buffer.from('\ufeffx\tisin\r\n1\tXS1\r\n', 'utf16le')],
    ['later.jsonl', '{"x":1}\n{"isin":"XS1"}\n'],
    ['spaced.ndjson', '{ "x" : 1, "isin" : "XS1" }\n'],
    ['late.jsonl', `${'{"x":1}\n'.repeat(200_000)}{"isin":"XS1"}\n`],
  ])('%s with such a column are refused, as bytes and by path', async (name, content) => {
    const { tracker, runId } = await tracked();
    const path = join(folder, name);
    writeFileSync(path, content);
    for (const options of [{ name, content }, { path }]) {
      const error = await failure(tracker.logArtifact(runId, options));
      expect(error).toMatchObject({ code: 'INVALID_INPUT' });
      expect(error.message).toContain('pass { table }');
    }
    expect((await tracker.getRun(runId)).artifacts).toEqual([]);
  });

  it('in JSON are found however a name is written, and not where it is a value', async () => {
    const { config, options } = createWorld({
      privacy: { sensitiveColumns: { kündigung: { action: 'drop' } } },
    } as never);
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    const log = (content: string) => tracker.logArtifact(runId, { name: 'a.jsonl', content });
    for (const name of ['kündigung', 'k\\u00fcndigung', 'k\\u00FCndigung']) {
      expect(await failure(log(`{"${name}": 1}\n`)), name).toMatchObject({ code: 'INVALID_INPUT' });
    }
    await log('{"x":"kündigung","y":"\\"kündigung\\":"}\n');
  });

  it('in Parquet are looked into as well', async () => {
    const { config, options } = createWorld({
      privacy: { sensitiveColumns: { category: { action: 'drop' } } },
    } as never);
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    const path = 'tests/data/parquet/two-groups.parquet';
    expect(await failure(tracker.logArtifact(runId, { path }))).toMatchObject({ code: 'INVALID_INPUT' });
    const content = readFileSync(path);
    const { tracker: other, runId: its } = await tracked();
    await other.logArtifact(its, { name: 'x.parquet', content }); // has no column isin
  });

  it('without such a column are stored, and streams of cells are not, since nobody can look', async () => {
    const { tracker, runId } = await tracked();
    await tracker.logArtifact(runId, { name: 'a.csv', content: 'x,isins\n1,2\n' });
    await tracker.logArtifact(runId, { name: 'a.csv.gz', content: gzipSync('x,isins\n1,2\n') });
    await tracker.logArtifact(runId, { name: 'zeros.csv.gz', content: gzipSync(Buffer.alloc(100 << 20)) });
    await tracker.logArtifact(runId, { name: 'a.bin', content: 'isin' });
    const content = (async function* () {
      yield Buffer.from('x\n1\n');
    })();
    expect((await failure(tracker.logArtifact(runId, { name: 'b.csv', content }))).message).toContain('stream');
  });
});

it('training refuses a feature that is to be pseudonymized and was not', async () => {
  const { config } = createWorld({ privacy: { sensitiveColumns: { kind: { action: 'pseudonymize' } } } } as never);
  const error = await failure(trainModel(config, { modelType: 'spread', data: smallRows(200) }));
  expect(error.message).toContain('DataProtection.protect');
});

describe('the policy', () => {
  const refusal = (sensitiveColumns: object, models: object = {}): string => {
    try {
      MLOpsConfig.fromObject({ privacy: { sensitiveColumns }, models } as never, { environment: {} });
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('accepted');
  };

  it.each([
    [{ a: { action: 'generalize' } }, 'takes to'],
    [{ a: { action: 'drop', to: 'quarter' } }, 'belongs to action: generalize'],
    [{ a: { action: 'drop', keep: 2 } }, 'belongs to action: mask'],
    [{ a: { action: 'generalize', to: 'band' } }, 'bands go with'],
    [{ a: { action: 'generalize', to: 'quarter', bands: { b: ['x'] } } }, 'bands go with'],
    [{ a: { action: 'generalize', to: 'band', bands: { b: ['x'], c: ['x'] } } }, 'in two bands'],
    [{ a: { action: 'hash' } }, 'pseudonymize, generalize, mask, drop'],
    [{ a: { action: 'mask', keep: -1 } }, 'whole number'],
  ])('%j is refused', (columns, said) => expect(refusal(columns)).toContain(said));

  it('does not let a model learn from what is replaced', () => {
    const drop = { a: { action: 'drop' } };
    expect(refusal(drop, { m: { targetColumn: 'a' } })).toContain('target or time of models.m');
    expect(refusal(drop, { m: { timeColumn: 'a' } })).toContain('target or time of models.m');
    expect(refusal(drop, { m: { featureColumns: ['a'] } })).toContain('would be dropped');
  });
});
