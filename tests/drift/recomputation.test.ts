import { describe, expect, it } from 'vitest';
import { DriftMonitor, MLOpsConfig } from '@bondx/mlops';
import { createWorld, failure, smallRows } from '../helpers.js';

const baselineData = smallRows(1500);
const currentData = smallRows(800, { seed: 2, shift: 2 });
const named = { modelName: 'spread', featureColumns: ['x', 'kind'], targetColumn: 'y' };

describe('a stored report', () => {
  it('comes out with the same bits from the same data', async () => {
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    for (const how of [{}, { streaming: true }]) {
      const { reportId } = await monitor.detectDrift({ ...named, baselineData, currentData, ...how });
      expect(await monitor.recompute(reportId, { baselineData, currentData, ...how })).toEqual({
        reportId,
        isIdentical: true,
        differences: [],
      });
    }
    expect((await monitor.listReports()).reports).toHaveLength(2);
  });

  it('is told apart from what other data or another policy give, what went in first', async () => {
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const { reportId } = await monitor.detectDrift({ ...named, baselineData, currentData });
    const others = await monitor.recompute(reportId, { baselineData, currentData: currentData.slice(1) });
    expect(others.isIdentical).toBe(false);
    expect(others.differences[0]!.path).toBe('inputs.currentDigest');
    expect(others.differences.map(({ path }) => path)).toContain('columns.0.distance.value');

    const stricter = new DriftMonitor(MLOpsConfig.fromObject({ drift: { psi_threshold: 0.05 } }), options);
    const judged = await stricter.recompute(reportId, { baselineData, currentData });
    expect(judged.differences.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['inputs.psiThreshold', 'inputs.policyDigest']),
    );
    expect(judged.differences.find(({ path }) => path === 'inputs.psiThreshold')).toMatchObject({ recomputed: 0.05 });
  });

  it('has to exist, and says itself what was compared', async () => {
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    expect(await failure(monitor.recompute('none', { baselineData, currentData }))).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(
      await failure(monitor.recompute('none', { baselineData, currentData, featureColumns: ['x'] } as never)),
    ).toMatchObject({ code: 'INVALID_INPUT' });
  });
});
