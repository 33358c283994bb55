import { describe, expect, expectTypeOf, it } from 'vitest';
import { ExperimentTracker, type JsonValue } from '@bondx/mlops';
import { createWorld, failure } from '../helpers.js';

describe('a search that selects', () => {
  it('gives flat rows under the names asked for, NaN kept, null where there is nothing', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const first = await tracker.startRun({ experimentName: 'e', runName: 'first', tags: { team: 'rates' } });
    await tracker.logParameters(first, { depth: 8, grid: { a: [1] } });
    for (const mae of [3, 1, NaN]) await tracker.logMetrics(first, { mae, 'mae.min': 7, 'val loss': Infinity });
    const second = await tracker.startRun({ experimentName: 'e' });
    await tracker.endRun(second);
    const { rows } = await tracker.searchRuns({
      select: [
        'run_id',
        'run_name',
        'params.depth',
        'params.grid',
        'metrics.mae',
        'metrics.mae.min',
        'max(metrics.mae)',
        'metrics.`mae.min`',
        'metrics.`val loss`',
        'tags.team',
        'status',
        'end_time',
        'attributes.start_time',
      ],
      orderBy: 'status desc',
    });
    expectTypeOf(rows[0]!['metrics.mae.min']).toEqualTypeOf<number | null>();
    expectTypeOf(rows[0]!['params.depth']).toEqualTypeOf<JsonValue>();
    expectTypeOf(rows[0]!.run_name).toEqualTypeOf<string | null>();
    expect(rows).toEqual([
      {
        run_id: first,
        run_name: 'first',
        'params.depth': 8,
        'params.grid': { a: [1] },
        'metrics.mae': NaN,
        'metrics.mae.min': 1,
        'max(metrics.mae)': 3,
        'metrics.`mae.min`': 7,
        'metrics.`val loss`': Infinity,
        'tags.team': 'rates',
        status: 'running',
        end_time: null,
        'attributes.start_time': '2026-01-01T00:00:00.000Z',
      },
      {
        run_id: second,
        run_name: null,
        'params.depth': null,
        'params.grid': null,
        'metrics.mae': null,
        'metrics.mae.min': null,
        'max(metrics.mae)': null,
        'metrics.`mae.min`': null,
        'metrics.`val loss`': null,
        'tags.team': null,
        status: 'completed',
        end_time: '2026-01-01T00:00:00.000Z',
        'attributes.start_time': '2026-01-01T00:00:00.000Z',
      },
    ]);
  });

  it('pages like any other', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    for (const runName of ['a', 'b', 'c']) await tracker.startRun({ experimentName: 'e', runName });
    const ask = { select: ['run_name'], orderBy: 'run_name', limit: 2 } as const;
    const first = await tracker.searchRuns(ask);
    const rest = await tracker.searchRuns({ ...ask, cursor: first.cursor! });
    expect([...first.rows, ...rest.rows].map((row) => row.run_name)).toEqual(['a', 'b', 'c']);
    expect(rest.cursor).toBeUndefined();
  });

  it.each([
    [['run_nam'], 'did you mean run_name?'],
    [['metrix.a'], 'did you mean metrics?'],
    [['metrics.a metrics.b'], 'expected the end, found "metrics", at character 11 of the name'],
    [['datasets.name'], 'may have several'],
    [['status', 'status'], 'twice'],
    [[], 'at least one name'],
  ])('refuses %j', async (select, message) => {
    const { config, options } = createWorld();
    const error = await failure(new ExperimentTracker(config, options).searchRuns({ select }));
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
    expect(error.message).toContain(message);
  });
});
