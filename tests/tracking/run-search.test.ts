import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  ExperimentTracker,
  MemoryArtifactStore,
  MemoryStorage,
  type Run,
  type Storage,
  openFilesystemStorage,
} from '@bondx/mlops';
import { openPostgresStorage } from '../../src/adapters/postgres/postgres-storage.js';
import { type Comparison, type Field, type Filter, type Literal, and, where } from '../../src/search/filter.js';
import { printFilter } from '../../src/search/print-filter.js';
import { makeTemporaryDirectory } from '../adapters/filesystem/temporary-directory.js';
import { PglitePool } from '../adapters/postgres/pglite-pool.js';
import { PostgresServer, whyNoPostgres } from '../adapters/postgres/postgres-server.js';
import { createWorld, failure } from '../helpers.js';
import { comparisonOf, filterOf } from '../search/arbitrary-filter.js';

/** What a filter means, by looking at a run as a caller sees it. */
function holds(filter: Filter, run: Run): boolean {
  if ('and' in filter) return filter.and.every((member) => holds(member, run));
  if ('or' in filter) return filter.or.some((member) => holds(member, run));
  if ('not' in filter) return !holds(filter.not, run);
  const actual = valueOf(filter.field, run);
  if (filter.op === 'is null') return actual === undefined;
  return actual !== undefined && compares(filter, actual);
}

function valueOf({ entity, key, aggregate = 'last' }: Field, run: Run): Literal | undefined {
  if (entity === 'metric') return run.metrics[key]?.[aggregate];
  if (entity === 'param') return run.parameters[key] as Literal | undefined;
  if (entity === 'tag') return run.tags[key];
  return { status: run.status, run_name: run.runName }[key];
}

function compares(comparison: Comparison, actual: Literal): boolean {
  const { field } = comparison;
  /** States are compared in lower case, since MLflow writes them in upper case. */
  const asMeant = (value: Literal): Literal =>
    field.entity === 'attribute' && field.key === 'status' ? String(value).toLowerCase() : value;
  /** Parameters match texts that spell them, and the other way round; metrics are numbers only. */
  const same = (given: Literal): boolean => {
    const value = asMeant(given);
    if (field.entity === 'metric') return Object.is(value, actual) || value === actual;
    return (
      String(value) === String(actual) || (typeof actual === 'number' && isNumeral(value) && Number(value) === actual)
    );
  };
  const ordered = (given: Literal): number | undefined => {
    const value = asMeant(given);
    const expected = field.entity === 'attribute' || field.entity === 'tag' ? String(value) : value;
    if (typeof expected !== typeof actual || Number.isNaN(expected) || Number.isNaN(actual)) return undefined;
    return expected === actual ? 0 : actual < expected ? -1 : 1;
  };
  switch (comparison.op) {
    case '=':
      return same(comparison.value);
    case '!=':
      return !same(comparison.value);
    case '<':
      return ordered(comparison.value) === -1;
    case '<=':
      return (ordered(comparison.value) ?? 1) <= 0;
    case '>':
      return ordered(comparison.value) === 1;
    case '>=':
      return (ordered(comparison.value) ?? -1) >= 0;
    case 'in':
      return comparison.values.some(same);
    case 'not in':
      return !comparison.values.some(same);
    case 'like':
    case 'ilike':
      return typeof actual === 'string' && pattern(comparison.value, comparison.op).test(actual);
    case 'not like':
      return !(typeof actual === 'string' && pattern(comparison.value, 'like').test(actual));
    case 'not ilike':
      return !(typeof actual === 'string' && pattern(comparison.value, 'ilike').test(actual));
    case 'is null':
      return false;
    case 'is not null':
      return true;
  }
}

const isNumeral = (value: Literal): boolean =>
  typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value));

const pattern = (like: string, op: 'like' | 'ilike'): RegExp =>
  new RegExp(`^${like.replaceAll('%', '[^]*').replaceAll('_', '[^]')}$`, op === 'ilike' ? 'iu' : 'u');

const texts = fc.constantFrom('10', 'true', 'rates', 'Rates', '%a', '1e1', '');
const value: fc.Arbitrary<Literal> = fc.oneof(fc.constantFrom(NaN, Infinity, 0, 1, 2.5, 10, -1), texts, fc.boolean());
const keys = fc.constantFrom('a', 'b.c', 'd e');
const fields: fc.Arbitrary<Field> = fc.oneof(
  fc.record({ entity: fc.constantFrom('param', 'tag'), key: keys }),
  fc.record({ entity: fc.constant('attribute'), key: fc.constant('run_name') }),
);
const metrics: fc.Arbitrary<Field> = fc.oneof(
  fc.record({ entity: fc.constant('metric'), key: keys }),
  fc.record({ entity: fc.constant('metric'), key: keys, aggregate: fc.constantFrom('min', 'max') }),
);
const status = fc.constant<Field>({ entity: 'attribute', key: 'status' });
const states = fc.constantFrom('running', 'COMPLETED', 'failed', 'Aborted'); // others are refused
const likePatterns = ['rates', 'rat%', '%A%', '_ates', '%', '1_', ''];
const numbers = value.filter((literal) => typeof literal === 'number'); // metrics refuse others
const isLike = (filter: Filter): boolean => 'op' in filter && filter.op.endsWith('like');
const comparisons = fc
  .oneof(
    comparisonOf(fields, value),
    comparisonOf(metrics, numbers).filter((filter) => !isLike(filter)),
    comparisonOf(status, states).filter((filter) => !isLike(filter)),
  )
  .map((filter) =>
    'op' in filter && filter.op.endsWith('like') && 'value' in filter
      ? { ...filter, value: likePatterns[String(filter.value).length % likePatterns.length]! }
      : filter,
  );
const runs = fc.array(
  fc.record({
    runName: fc.option(fc.constantFrom('rates', 'Rates', '10'), { nil: undefined }),
    status: fc.constantFrom('running', 'completed', 'failed'),
    metrics: fc.dictionary(
      keys,
      fc.array(fc.constantFrom(NaN, Infinity, 0, 1, 2.5, 10), { minLength: 1, maxLength: 3 }),
    ),
    parameters: fc.dictionary(keys, fc.constantFrom<Literal>(0, 1, 10, 'rates', '10', true, 'true')),
    tags: fc.dictionary(keys, texts),
  }),
  { minLength: 1, maxLength: 8 },
);

interface Opened {
  readonly storage: Storage;
  readonly dispose: () => Promise<void>;
}

async function openFolder(): Promise<Opened> {
  const folder = await makeTemporaryDirectory();
  const storage = await openFilesystemStorage(folder, { durability: 'process' });
  return { storage, dispose: () => rm(folder, { recursive: true, force: true }) };
}

async function openPglite(): Promise<Opened> {
  const pool = await PglitePool.create();
  return { storage: await openPostgresStorage(pool, { durability: 'process' }), dispose: () => pool.end() };
}

async function openServer(): Promise<Opened> {
  const server = await PostgresServer.start();
  return { storage: await openPostgresStorage(server.url, { durability: 'process' }), dispose: () => server.close() };
}

const adapters: readonly { name: string; open: () => Promise<Opened>; stores: number; absent?: string | undefined }[] =
  [
    {
      name: 'memory',
      open: async () => ({ storage: new MemoryStorage(), dispose: async () => undefined }),
      stores: 40,
    },
    { name: 'filesystem', open: openFolder, stores: 20 },
    { name: 'PGlite', open: openPglite, stores: 8 },
    { name: 'PostgreSQL', open: openServer, stores: 8, absent: whyNoPostgres() },
  ];

describe.each(adapters)('a search on $name', ({ open, stores, absent }) => {
  let opened: Opened;
  beforeAll(async () => {
    if (absent === undefined) opened = await open();
  }, 60_000);
  afterAll(async () => {
    await (opened as Opened | undefined)?.storage.close();
    await (opened as Opened | undefined)?.dispose();
  });

  const found = 'finds what the filter says, as text and as a tree, in pages of any size';
  it.skipIf(absent !== undefined)(
    `${found}${absent === undefined ? '' : ` (${absent})`}`,
    async () => {
      const { config, options } = createWorld();
      const artifacts = new MemoryArtifactStore();
      const tracker = new ExperimentTracker(config, { ...options, storage: opened.storage, artifacts });
      let count = 0;
      await fc.assert(
        fc.asyncProperty(
          runs,
          fc.array(filterOf(comparisons), { minLength: 5, maxLength: 10 }),
          fc.integer({ min: 1, max: 4 }),
          async (wanted, filters, limit) => {
            const experimentName = `e${count++}`; // among the runs of the examples before
            const all: Run[] = [];
            for (const { runName, status, metrics, parameters, tags } of wanted) {
              const named = runName === undefined ? {} : { runName };
              const runId = await tracker.startRun({ experimentName, tags, heartbeat: false, ...named });
              const points = Object.entries(metrics).flatMap(([key, values]) =>
                values.map((v, step) => ({ key, value: v, step })),
              );
              await tracker.logBatch(runId, { metrics: points, parameters });
              if (status !== 'running') await tracker.endRun(runId, status === 'failed' ? 'failed' : 'completed');
              all.push(await tracker.getRun(runId));
            }
            for (const filter of filters) {
              const expected = all.filter((run) => holds(filter, run)).map(({ runId }) => runId);
              const asked = and(where.attribute('experiment_name').eq(experimentName), filter);
              for (const form of [asked, printFilter(asked)]) {
                expect((await walk(tracker, form, limit)).sort(), printFilter(filter)).toEqual(expected.sort());
              }
            }
          },
        ),
        { numRuns: stores },
      );
    },
    120_000,
  );
});

async function walk(tracker: ExperimentTracker, filter: string | Filter, limit: number): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await tracker.searchRuns({ filter, limit, ...(cursor !== undefined && { cursor }) });
    found.push(...page.runs.map(({ runId }) => runId));
    if (page.cursor === undefined) return found;
    cursor = page.cursor;
  }
}

describe('a search', () => {
  it('orders by several keys, NaN and missing values last, ties newest first', async () => {
    const { config, options, clock } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    for (const [runName, mae] of [
      ['a', 2],
      ['b', 1],
      ['c', NaN],
      ['d', undefined],
      ['e', 1],
    ] as const) {
      const runId = await tracker.startRun({ experimentName: 'e', runName, heartbeat: false });
      if (mae !== undefined) await tracker.logMetrics(runId, { mae });
      clock.advance(1_000);
    }
    const names = async (orderBy: string) =>
      (await tracker.searchRuns({ orderBy })).runs.map(({ runName }) => runName).join('');
    expect(await names('metrics.mae')).toBe('ebacd');
    expect(await names('metrics.mae desc, run_name')).toBe('abecd');
    expect(await names('attributes.start_time asc')).toBe('abcde');
    expect((await failure(tracker.searchRuns({ orderBy: 'metrics.mae downwards' }))).message).toContain(
      'at character 13 of the order',
    );
    expect((await failure(tracker.searchRuns({ orderBy: 'datasets.name' }))).message).toContain('may have several');
  });

  it("knows MLflow's names, times as dates, and data sets", async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    await tracker.logDataset(runId, { name: 'panel', digest: 'sha256:00' });
    await tracker.logDataset(runId, { name: 'curve', digest: 'sha256:01', role: 'test' });
    await tracker.endRun(runId);
    const finds = async (filter: string | Filter) => (await tracker.searchRuns({ filter })).runs.length === 1;
    expect(await finds("attributes.status = 'FINISHED' and datasets.name = 'curve'")).toBe(true);
    expect(await finds("dataset.context in ('test') and start_time >= '2026-01-01'")).toBe(true);
    expect(await finds("start_time > '2026-01-01T00:00:00Z'")).toBe(false);
    expect(await finds("dataset.name != 'panel'")).toBe(false);
    expect(await finds(where.dataset('name').notIn('other'))).toBe(true);
    expect(await finds(`run_id = '${runId}'`)).toBe(true);
    expect(await finds('attributes.created > 0 and attributes.Created > 0')).toBe(true);
    expect(await finds("attributes.`Run name` = 'none' or attributes.`run name` is not null")).toBe(false);
    expect((await failure(finds("dataset.name like 'p%'"))).message).toContain('takes = != in and not in');
    expect((await failure(finds("statsu = 'x'"))).message).toContain('did you mean status?');
    for (const none of ['yesterday', '2026-02-31', '1', '1/2/2026']) {
      expect((await failure(finds(`start_time > '${none}'`))).message).toContain('a date that exists');
    }
    expect((await failure(finds("status in ('FINISHED', 'complete')"))).message).toContain('got "complete"');
  });

  it('takes times without an offset for UTC, wherever it runs', async () => {
    vi.stubEnv('TZ', 'Asia/Tokyo');
    const { config, options, clock } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    await tracker.startRun({ experimentName: 'e', heartbeat: false });
    const at = new Date(clock.now()).toISOString().slice(0, -1);
    for (const time of [at, at.replace('T', ' '), `${at}Z`]) {
      expect((await tracker.searchRuns({ filter: `start_time = '${time}'` })).runs, time).toHaveLength(1);
    }
    vi.unstubAllEnvs();
  });

  it('refuses comparisons that could hold of nothing', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const refusal = async (filter: string | Filter) => (await failure(tracker.searchRuns({ filter }))).message;
    expect(await refusal("metrics.mae < '0.5'")).toBe(
      'metrics.mae is compared with numbers, without quotes, got "0.5"',
    );
    expect(await refusal(where.metric('mae', 'min').in(1, '2'))).toContain('min(metrics.mae) is compared with numbers');
    expect(await refusal("metrics.mae like '1%'")).toContain('takes = != < <= > >= in and is null, not like');
    expect(await refusal("status not ilike 'fin%'")).toContain('status takes = != < <= > >= in and is null');
    expect(await refusal('start_time > true')).toContain('got true');
  });

  it('refuses trees that say nothing: undefined was the text "undefined", which every run differs from', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const refusal = async (filter: unknown) =>
      (await failure(tracker.searchRuns({ filter: filter as Filter }))).message;
    const team = where.tag('team');
    expect(await refusal(team.ne(undefined as never))).toBe(
      'tags.team is compared with texts, numbers, true and false, got undefined',
    );
    expect(await refusal(team.in('rates', null as never))).toContain('got null');
    expect(await refusal({ field: { entity: 'tag', key: 'team' }, op: '=', values: ['a'] })).toContain('got undefined');
    expect(await refusal({ field: { entity: 'tag' }, op: '=', value: 'a' })).toContain('the key of a field');
    expect(await refusal(where.metric('mae', 'mean' as never).lt(1))).toContain('must be one of last, min, max');
  });
});
