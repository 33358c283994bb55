import { describe, expect, it } from 'vitest';
import * as arrow from 'apache-arrow';
import { type DataSource, DriftMonitor, type DriftReport, type Row, type TableInput } from '@bondx/mlops';
import { assessDrift } from '../../src/drift/assess-drift.js';
import { toTable } from '../../src/data/table.js';
import { createRandom } from '../../src/util/random.js';
import { createWorld } from '../helpers.js';

/** Enough values that every column is compared in a worker thread. */
function large(seed: string, shift: number): Record<string, Float64Array | string[]> {
  const random = createRandom(seed);
  const rows = 120_000;
  return {
    still: Float64Array.from({ length: rows }, () => random.next()),
    moved: Float64Array.from({ length: rows }, () => (random.next() < 0.01 ? NaN : random.next() + shift)),
    kind: Array.from({ length: rows }, () => (random.next() < 0.3 + shift ? 'NOTE' : 'BOND')),
  };
}

const featureColumns = ['still', 'moved', 'kind'];

describe('a check of many rows', () => {
  it('gives the bits of one made all at once, with progress', async () => {
    const { config, options } = createWorld();
    const [baselineData, currentData] = [large('a', 0), large('b', 0.4)];
    const seen: number[] = [];
    const monitor = new DriftMonitor(config, options);
    const report = await monitor.detectDrift({
      modelName: 'spread',
      baselineData,
      currentData,
      featureColumns,
      onProgress: (share) => seen.push(share),
    });
    const inputs = {
      modelName: 'spread',
      policy: config.modelPolicy('spread'),
      baseline: toTable(baselineData),
      current: toTable(currentData),
      featureColumns,
    };
    const expected = assessDrift(inputs, config, undefined);
    expect(report.columns.filter(({ role }) => role === 'feature')).toEqual(
      expected.columns.filter(({ role }) => role === 'feature'),
    );
    expect(report.inputs).toEqual({ ...expected.inputs });
    expect(report.driftedFeatures.toSorted()).toEqual(['kind', 'moved']);
    expect(seen.at(-1)).toBe(1);
    await monitor.close();
  });

  it('stops when aborted, and stores no report', async () => {
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const controller = new AbortController();
    const checking = monitor.detectDrift({
      modelName: 'spread',
      baselineData: large('a', 0),
      currentData: large('b', 0),
      featureColumns,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(checking).rejects.toMatchObject({ code: 'ABORTED' });
    expect((await monitor.listReports()).reports).toEqual([]);
    await monitor.close();
  });
});

describe('a check of data read once and not held', () => {
  const asFile = (data: ReturnType<typeof large>): AsyncIterable<TableInput> => {
    const table = toTable(data);
    return (async function* () {
      for (let i = 0; i < table.rowCount; i += 50_000) yield Promise.resolve(table.slice(i, i + 50_000));
    })();
  };

  it('gives the verdicts of one that held it, its bounds no narrower', async () => {
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const [before, after] = [large('a', 0), large('b', 0.4)];
    const check = (streaming: boolean): Promise<DriftReport> =>
      monitor.detectDrift({
        modelName: 'spread',
        baselineData: asFile(before),
        currentData: asFile(after),
        featureColumns,
        streaming,
      });
    const [held, streamed] = [await check(false), await check(true)];
    for (const column of held.columns) {
      const other = streamed.columns.find((candidate) => candidate.column === column.column)!;
      expect(other.verdict).toBe(column.verdict);
      expect(other.distance!.lower).toBeLessThanOrEqual(column.distance!.lower + 1e-12);
      expect(other.distance!.upper).toBeGreaterThanOrEqual(column.distance!.upper - 1e-12);
    }
    expect(streamed.inputs.currentRows).toBe(120_000);
    expect((await check(true)).inputs.currentDigest).toBe(streamed.inputs.currentDigest);
    await monitor.close();
  });

  it('refuses what needs the rows, and columns that are not there', async () => {
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const data = { modelName: 'spread', baselineData: [{ x: 1 }], currentData: [{ x: 1 }], featureColumns: ['x'] };
    await expect(monitor.detectDrift({ ...data, streaming: true, predictionColumn: 'p' })).rejects.toThrow('residuals');
    await expect(monitor.detectDrift({ ...data, streaming: true, targetColumn: 'y' })).rejects.toThrow('no column "y"');
    await monitor.close();
  });
});

describe('an empty, a constant, an all-NaN and a mixed column among 50', () => {
  const good = Array.from({ length: 46 }, (_, c) => `c${c}`);
  const names = [...good, 'empty', 'constant', 'nan', 'mixed'];
  const rowsOf = (seed: string): Row[] => {
    const random = createRandom(seed);
    return Array.from({ length: 3000 }, (_, i) => ({
      ...Object.fromEntries(good.map((name) => [name, random.next()])),
      empty: null,
      constant: 7,
      nan: NaN,
      mixed: i % 2 === 0 ? 'text' : 1,
    }));
  };
  const columnsOf = (rows: readonly Row[]): Record<string, unknown[]> =>
    Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])]));
  async function* batches(rows: readonly Row[]): AsyncGenerator<TableInput> {
    for (let i = 0; i < rows.length; i += 1000) yield Promise.resolve(rows.slice(i, i + 1000));
  }
  const shapes: Record<string, (rows: readonly Row[]) => DataSource> = {
    rows: (rows) => rows,
    columns: columnsOf,
    table: (rows) => toTable(rows),
    batches,
    arrow: (rows) => {
      const text = { ...columnsOf(rows), mixed: rows.map((row) => String(row['mixed'])) };
      const vectors = Object.entries(text).map(([name, cells]) => {
        const numeric = name !== 'mixed';
        return [name, numeric ? arrow.vectorFromArray(cells, new arrow.Float64()) : arrow.vectorFromArray(cells)];
      });
      return new arrow.Table(Object.fromEntries(vectors) as Record<string, arrow.Vector>);
    },
  };

  const cases = [...Object.keys(shapes).map((shape) => [shape, false] as const), ['batches', true] as const];
  it.each(cases)('leave the other 46 alone: %s, streaming %s', async (shape, streaming) => {
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const report: DriftReport = await monitor.detectDrift({
      modelName: 'wide',
      baselineData: shapes[shape]!(rowsOf('a')),
      currentData: shapes[shape]!(rowsOf('b')),
      featureColumns: names,
      streaming,
    });
    const verdicts = new Map(report.columns.map(({ column, verdict }) => [column, verdict]));
    expect(good.map((name) => verdicts.get(name))).toEqual(good.map(() => 'stable'));
    expect([verdicts.get('empty'), verdicts.get('nan')]).toEqual(['not_assessed', 'not_assessed']);
    expect([verdicts.get('constant'), verdicts.get('mixed')]).toEqual(['stable', 'stable']);
    const found = (name: string) => report.columns.find(({ column }) => column === name)!.findings;
    expect(found('empty')).toMatchObject([{ kind: 'no_values' }]);
    expect(found('nan')).toMatchObject([{ kind: 'no_values' }]);
    expect(found('constant')).toEqual([{ kind: 'constant', message: 'holds a single value (7) in both data sets' }]);
    expect(found('mixed')).toMatchObject([{ kind: 'mixed_types' }]);
    expect(found('mixed')[0]!.message).toContain('mixes 1500 numbers with 1500 texts');
    expect(good.flatMap((name) => found(name)).filter(({ kind }) => kind !== 'range_exceeded')).toEqual([]);
    await monitor.close();
  });
});
