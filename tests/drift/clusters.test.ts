import { describe, expect, it } from 'vitest';
import { DriftMonitor, type Row } from '@bondx/mlops';
import { assessDrift } from '../../src/drift/assess-drift.js';
import { toTable } from '../../src/data/table.js';
import { createRandom } from '../../src/util/random.js';
import { createWorld, failure } from '../helpers.js';

/** Securities seen twelve times each, their values all but fixed. */
function panel(seed: string, securities: number): Row[] {
  const random = createRandom(seed);
  return Array.from({ length: securities }, (_, id) => {
    const [level, group] = [random.next(), random.next() < 0.4 ? 'NOTE' : 'BOND'];
    return Array.from({ length: 12 }, () => ({ id: `${seed}${id}`, x: level + 0.01 * random.next(), group }));
  }).flat();
}

describe('clustered rows', () => {
  it('raise many false alarms when taken as independent, and none beyond the stated rate when named', () => {
    const { config } = createWorld({ drift: { featureDriftThreshold: 0.05, psiThreshold: 0.1 } });
    const alarms = { named: 0, unnamed: 0 };
    const runs = 150;
    for (let run = 0; run < runs; run++) {
      const inputs = {
        modelName: 'spread',
        policy: config.modelPolicy('spread'),
        baseline: toTable(panel(`a${run}`, 60)),
        current: toTable(panel(`b${run}`, 60)),
        featureColumns: ['x', 'group'],
      };
      if (assessDrift(inputs, config, undefined).requiresRetraining) alarms.unnamed++;
      if (assessDrift({ ...inputs, clusterColumn: 'id' }, config, undefined).requiresRetraining) alarms.named++;
    }
    expect(alarms.unnamed / runs).toBeGreaterThan(0.5);
    expect(alarms.named / runs).toBeLessThanOrEqual(0.05);
  });

  it('raise no more false alarms where a few clusters hold most of the rows', () => {
    const { config } = createWorld();
    /** Seven clusters of 1 to 729 rows, each of a single group. */
    const uneven = (seed: string) => {
      const random = createRandom(seed);
      const groups = Array.from({ length: 7 }, () => (random.next() < 0.5 ? 'NOTE' : 'BOND'));
      return toTable(
        groups.flatMap((group, id) => Array.from({ length: 3 ** id }, () => ({ id: `${seed}${id}`, group }))),
      );
    };
    const runs = 400;
    let alarms = 0;
    for (let run = 0; run < runs; run++) {
      const [baseline, current] = [uneven(`a${run}`), uneven(`b${run}`)];
      const inputs = { modelName: 'spread', policy: config.modelPolicy('spread'), baseline, current };
      const report = assessDrift({ ...inputs, featureColumns: ['group'], clusterColumn: 'id' }, config, undefined);
      if (report.requiresRetraining) alarms++;
    }
    expect(alarms / runs).toBeLessThanOrEqual(0.05);
  });

  it('are worth the rows the report says, in large checks as in small ones', async () => {
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const check = (securities: number) =>
      monitor.detectDrift({
        modelName: 'spread',
        baselineData: panel('a', securities),
        currentData: panel('b', securities),
        featureColumns: ['x'],
        clusterColumn: 'id',
      });
    for (const securities of [100, 9000]) {
      const { columns, clusterColumn } = await check(securities);
      expect(clusterColumn).toBe('id');
      expect(columns[0]!.currentCount).toBe(12 * securities);
      expect(columns[0]!.effectiveCounts!.current / securities).toBeGreaterThan(0.8);
      expect(columns[0]!.effectiveCounts!.current / securities).toBeLessThanOrEqual(1.05);
    }
    await monitor.close();
  });

  it('are refused where nothing tells them', async () => {
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const data = {
      modelName: 'spread',
      baselineData: panel('a', 5),
      currentData: panel('b', 5),
      featureColumns: ['x'],
    };
    expect((await failure(monitor.detectDrift({ ...data, clusterColumn: 'idd' }))).message).toContain('"id"');
    expect((await failure(monitor.detectDrift({ ...data, clusterColumn: 'id', streaming: true }))).message).toContain(
      'clusterColumn',
    );
  });
});
