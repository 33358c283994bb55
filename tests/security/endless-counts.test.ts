import {
  type MLOpsConfig,
  binomialCdf,
  calibrationCurve,
  createRandom,
  energyTest,
  metricIntervals,
  migrationMatrix,
  partialDependence,
  permutationImportance,
  watchStream,
} from '@bondx/mlops';
import { describe, expect, it } from 'vitest';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createWorld, failure } from '../helpers.js';

const random = createRandom('counts');
const ones = new Float64Array(60).fill(1);
const model = new ConstantModel(1);
const rows = [...ones.keys()].map((x) => ({ x, y: x }));

/** Each does something as often as it is told, and so would not end, or take all memory. */
const counts: Readonly<Record<string, (count: number) => unknown>> = {
  'repeats of permutationImportance': (repeats) => permutationImportance(model, rows, 'y', { random, repeats }),
  'gridSize of partialDependence': (gridSize) => partialDependence(model, rows, 'x', { gridSize }),
  'resamples of metricIntervals': (resamples) => metricIntervals('regression', ones, ones, { random, resamples }),
  'permutations of energyTest': (permutations) => energyTest([ones], [ones], { random, permutations }),
  'bins of calibrationCurve': (bins) => calibrationCurve(ones, ones, bins),
  'grades of migrationMatrix': (grades) => migrationMatrix([0], [1], grades),
  'trials of binomialCdf': (trials) => binomialCdf(1, trials === 1e9 ? 1e16 : trials, 0.5), // is quick for any number
  'maxBuckets of adwin': (maxBuckets) => watchStream({ detector: 'adwin', settings: { maxBuckets } }),
};

describe.each(Object.entries(counts))('the %s', (_name, call) => {
  it.each([1e300, 1e9, 1.5, -1, NaN])('is not %d', async (count) => {
    const error = await failure(Promise.resolve().then(() => call(count)));
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
    expect(error.message).toMatch(/from|at most|or more|at least/); // says what is expected
  });
});

type Sections = Parameters<typeof MLOpsConfig.fromObject>[0];

it.each<Sections>([
  { retraining: { maxIterations: 1e9 } },
  { retraining: { crossValidationFolds: 1e9 } },
  { retraining: { earlyStoppingPatience: 1e9 } },
  { retraining: { cooldownHours: 1e9 } },
  { logging: { maxFiles: 1e9 } },
  { retention: { deletedRunsDays: 1e9 } },
  { retention: { driftReportsDays: 1e9 } },
  { retention: { predictionsMinimumDays: 1e9 } },
  { retention: { unreferencedArtifactsHours: 1e9 } },
  { security: { auditLogRetentionDays: 1e9 } },
  { backup: { backupRetentionDays: 1e9 } },
  { compliance: { tier1ReviewMonths: 1e9 } },
  { drift: { driftWindowDays: 1e9 } },
  { canary: { labelWindowHours: 1e9 } },
  { monitoring: { alertCooldownMinutes: 1e9 } },
  { promotion: { approvalExpiryHours: 1e9 } },
])('a policy is refused with %j, which no date can hold or nobody would see the end of', (sections) => {
  expect(() => createWorld(sections)).toThrow(/(to|at most) \d+, got 1000000000/);
});
