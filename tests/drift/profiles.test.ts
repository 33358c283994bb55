import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AuditLog, DriftMonitor, ModelRegistry, createProfile, mergeProfiles, type DriftReport } from '@bondx/mlops';
import { assessDrift, judgeDrift } from '../../src/drift/assess-drift.js';
import { compareCounts, describeSummary } from '../../src/drift/measure-drift.js';
import { summaryOf } from '../../src/data/baseline-profile.js';
import { toTable } from '../../src/data/table.js';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createRandom } from '../../src/util/random.js';
import { createWorld, failure, smallRows } from '../helpers.js';

const shapes: Record<string, (random: () => number) => number> = {
  normal: (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  lognormal: (random) => Math.exp(3 * shapes['normal']!(random)),
  ties: (random) => Math.floor(random() * 7),
  'mostly zero': (random) => (random() < 0.7 ? 0 : random()),
  tiny: (random) => random() * 1e-310,
};

describe('drift against a profile', () => {
  it.each([
    ['codes', ['007', '010', '1e2'], 'NR'],
    ['dates', ['2020-01-01', '2020-02-01', '2020-03-01'], 'unknown'],
  ])('sees none where a part had %s only, which were read as such, and another texts', async (_, codes, other) => {
    const rows = (count: number, texts: number) =>
      Array.from({ length: count }, (_, i) => ({ x: i % 10 < texts ? other : codes[i % 3]! }));
    const [plain, mixed] = [rows(500, 0), rows(500, 1)];
    const { config, options } = createWorld();
    const { columns } = await new DriftMonitor(config, options).detectDrift({
      modelName: 'spread',
      baselineProfile: mergeProfiles(await createProfile(plain), await createProfile(mixed)),
      currentData: [...plain, ...mixed], // the same rows, in which all of them are texts
      featureColumns: ['x'],
    });
    expect(columns[0]!.distance!.value).toBe(0);
    expect(columns[0]!.verdict).not.toBe('drifted');
  });

  it('never contradicts drift against the rows, and its interval holds theirs', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(shapes)),
        fc.constantFrom(30, 300, 3000, 6000),
        fc.constantFrom(50, 400, 5000),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        fc.nat(1000),
        async (shape, n, m, share, seed) => {
          const random = createRandom(seed);
          const draw = shapes[shape]!;
          const column = (rows: number, moved: number) =>
            Float64Array.from({ length: rows }, () => {
              const value = draw(() => random.next());
              return random.next() < moved ? 3 * value + 1 : value;
            });
          const [baseline, current] = [toTable({ x: column(n, 0) }), toTable({ x: column(m, share) })];
          const { config } = createWorld();
          const policy = { ...config.modelPolicy('spread') };
          const inputs = { modelName: 'spread', policy, baseline, current, featureColumns: ['x'] };
          const exact = assessDrift(inputs, config, undefined).columns[0]!;
          const profiles = [await createProfile(baseline), await createProfile(current)] as const;
          const counts = { baseline: summaryOf(profiles[0]), current: summaryOf(profiles[1]) };
          const [compared] = compareCounts(inputs, counts);
          const described = { baseline: describeSummary(counts.baseline), current: describeSummary(counts.current) };
          const counted = judgeDrift(inputs, config, [compared!], described).columns[0]!;
          const { value, resolution } = compared!.effects.distance!;
          // The stated bound: the distance of the samples is within the resolution, here below 1%.
          expect(Math.abs(value - exact.distance!.value)).toBeLessThanOrEqual(resolution + 1e-12);
          expect(resolution).toBeLessThan(0.01);
          expect(counted.distance!.lower).toBeLessThanOrEqual(exact.distance!.lower + 1e-12);
          expect(counted.distance!.upper).toBeGreaterThanOrEqual(exact.distance!.upper - 1e-12);
          expect([exact.verdict, counted.verdict].sort().join()).not.toBe('drifted,stable');
        },
      ),
      { numRuns: 60 },
    );
  });

  it('sees values that the baseline never had, as the rows do', async () => {
    const rows = (count: number, appeared: number) =>
      Array.from({ length: count }, (_, i) => ({ grade: i % 100 < appeared ? 6 : i % 5 }));
    const [baselineData, currentData] = [rows(20_000, 0), rows(20_000, 6)];
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const data = { modelName: 'spread', currentData, featureColumns: ['grade'] };
    const exact = await monitor.detectDrift({ ...data, baselineData });
    const counted = await monitor.detectDrift({ ...data, baselineProfile: await createProfile(baselineData) });
    const streamed = await monitor.detectDrift({ ...data, baselineData, streaming: true });
    expect(exact.columns[0]!.verdict).toBe('drifted');
    for (const { columns } of [counted, streamed])
      expect(columns[0]).toMatchObject({ verdict: 'drifted', psi: exact.columns[0]!.psi! });
  });

  it('gives the verdict of the whole when shards are merged', async () => {
    const [before, after] = [smallRows(3000), smallRows(3000, { seed: 2, shift: 3 })];
    const shards = await Promise.all([0, 1, 2].map((k) => createProfile(before.slice(1000 * k, 1000 * (k + 1)))));
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const check = async (baselineProfile: Awaited<ReturnType<typeof createProfile>>): Promise<DriftReport> =>
      monitor.detectDrift({ modelName: 'spread', baselineProfile, currentData: after });
    const merged = await check(mergeProfiles(shards[2]!, shards[0]!, shards[1]!));
    const whole = await check(await createProfile(before));
    expect(merged.columns).toEqual(whole.columns);
    expect(merged.inputs).toEqual(whole.inputs);
    expect(merged.driftedFeatures).toEqual(['x']);
    const rows = await monitor.detectDrift({ modelName: 'spread', baselineData: before, currentData: after });
    expect(merged.columns.map(({ verdict }) => verdict)).toEqual(rows.columns.map(({ verdict }) => verdict));
  });

  it('takes the profile registered with the version, and becomes evidence on it', async () => {
    const { config, options } = createWorld();
    const registry = new ModelRegistry(config, options);
    const registered = { modelName: 'spread', modelType: 'spread', featureColumns: ['x', 'kind'], targetColumn: 'y' };
    const baselineProfile = await createProfile(smallRows(2000));
    await registry.register({ ...registered, model: new ConstantModel(10), baselineProfile });
    await registry.register({ ...registered, model: new ConstantModel(11) });
    const monitor = new DriftMonitor(config, options);
    const currentData = smallRows(2000, { seed: 2, shift: 4 });
    const report = await monitor.detectDrift({ modelName: 'spread', modelVersion: '1.0.0', currentData });
    expect(report.driftedFeatures).toEqual(['x']);
    expect(report.columns.map(({ column }) => column)).toEqual(['x', 'kind', 'y']);
    const { evidence } = await registry.getModelVersion('spread', { version: '1.0.0' });
    expect(evidence.drift).toMatchObject({ passed: false });
    const without = { modelName: 'spread', modelVersion: '1.0.1', currentData };
    expect(await failure(monitor.detectDrift(without))).toMatchObject({ code: 'NOT_FOUND' });
    expect((await failure(monitor.detectDrift(without))).message).toContain('1.0.1 has no profile');
    expect((await new AuditLog(config, options).list()).at(-1)).toMatchObject({
      action: 'drift.detect',
      decision: 'error',
    });
  });

  it('needs one baseline, and rows where dependence is to be seen', async () => {
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const data = { modelName: 'spread', currentData: smallRows(10) };
    const baselineProfile = await createProfile(smallRows(10));
    expect((await failure(monitor.detectDrift(data))).message).toContain('nothing to compare with');
    expect(
      (await failure(monitor.detectDrift({ ...data, baselineProfile, baselineData: smallRows(5) }))).message,
    ).toContain('two baselines');
    expect((await failure(monitor.detectDrift({ ...data, baselineProfile, clusterColumn: 'kind' }))).message).toContain(
      'needs the rows',
    );
  });

  it('calls an identifier neither stable nor drifted', async () => {
    const random = createRandom(3);
    const ids = (): { id: string }[] =>
      Array.from({ length: 12_000 }, () => ({ id: `u${Math.floor(random.next() * 1e12).toString(36)}` }));
    const { config, options } = createWorld();
    const report = await new DriftMonitor(config, options).detectDrift({
      modelName: 'spread',
      baselineProfile: await createProfile(ids()),
      currentData: ids(),
      featureColumns: ['id'],
    });
    expect(report.columns[0]).toMatchObject({ verdict: 'inconclusive', findings: [{ kind: 'categories_grouped' }] });
  });
});
