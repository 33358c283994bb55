import { describe, expect, it } from 'vitest';
import { DriftMonitor } from '@bondx/mlops';
import { createWorld, failure, smallRows } from '../helpers.js';

describe('the history of a model', () => {
  it('shows its columns over time, and which of them drift further and further', async () => {
    const { config, options, clock } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const baselineData = smallRows(1500);
    for (const [seed, shift] of [0, 1, 4].entries()) {
      clock.advance(60_000);
      const currentData = smallRows(1500, { seed: seed + 2, shift });
      await monitor.detectDrift({ modelName: 'spread', baselineData, currentData });
    }
    await monitor.detectDrift({ modelName: 'other', baselineData, currentData: baselineData, featureColumns: ['x'] });
    const { checks, columns } = await monitor.getHistory({ modelName: 'spread' });
    expect(checks.map(({ verdict }) => verdict)).toEqual([expect.any(String), expect.any(String), 'drifted']);
    expect(checks.map(({ createdAt }) => createdAt)).toEqual(checks.map(({ createdAt }) => createdAt).toSorted());
    expect(columns.map(({ column, trend }) => `${column} ${trend}`)).toEqual([
      'kind unclear',
      'x growing',
      'y growing',
    ]);
    expect(columns[1]!.points.at(-1)).toMatchObject({ reportId: checks.at(-1)!.reportId, verdict: 'drifted' });
    expect((await monitor.getHistory({ modelName: 'spread', limit: 1 })).checks).toHaveLength(1);
    expect(await monitor.getHistory({ modelName: 'none' })).toEqual({ modelName: 'none', checks: [], columns: [] });
    expect(await failure(monitor.getHistory({ modelName: 'spread', lmit: 1 } as never))).toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});

describe('a table of categories', () => {
  it('is tested by permutation where it is sparse, the same each time', async () => {
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const rows = (texts: string) => texts.split('').map((kind) => ({ kind }));
    const data = {
      modelName: 'spread',
      baselineData: rows('aaaaaaaaaabbbbc'),
      currentData: rows('aaabbbbbbbbddd'),
      featureColumns: ['kind'],
    };
    const tests = [await monitor.detectDrift(data), await monitor.detectDrift(data)].map(
      ({ columns }) => columns[0]!.test!,
    );
    expect(tests[0]).toEqual(tests[1]);
    expect(tests[0]!.name).toBe('permutation');
    expect(tests[0]!.pValue).toBeGreaterThan(0.001);
    expect(tests[0]!.pValue).toBeLessThan(0.1);
  });
});
