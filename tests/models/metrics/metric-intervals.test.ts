import { describe, expect, it } from 'vitest';
import { calibrationCurve } from '../../../src/models/metrics/calibration.js';
import { metricIntervals } from '../../../src/models/metrics/metric-intervals.js';
import { metricsOf } from '../../../src/models/metrics/metrics-of.js';
import { createRandom } from '../../../src/util/random.js';

const random = createRandom(11);
const n = 400;
const truth = Float64Array.from({ length: n }, () => random.next());
const said = truth.map((value) => value + 0.2 * (random.next() - 0.5));
const classes = truth.map((value) => Number(value > 0.6));
const probabilities = classes.map((value) => 0.2 + 0.6 * value + 0.2 * (random.next() - 0.5));

describe('metricIntervals', () => {
  it('puts an interval around every metric', async () => {
    for (const [task, actual, predicted] of [
      ['regression', truth, said],
      ['classification', classes, probabilities],
    ] as const) {
      const metrics = metricsOf(task, actual, predicted);
      const intervals = await metricIntervals(task, actual, predicted, { random: createRandom(1), resamples: 200 });
      expect(Object.keys(intervals)).toEqual(Object.keys(metrics));
      for (const [name, { value, lower, upper }] of Object.entries(intervals)) {
        expect(value).toBe(metrics[name]);
        expect(lower, name).toBeLessThanOrEqual(upper);
      }
    }
  });

  it('is as wide as theory says for a mean', async () => {
    const { mae } = await metricIntervals('regression', truth, said, { random: createRandom(2) });
    // |error| is uniform from 0 to 0.1: its standard deviation is 0.1/√12.
    const width = (2 * 1.96 * 0.1) / Math.sqrt(12 * n);
    expect((mae!.upper - mae!.lower) / width).toBeCloseTo(1, 0);
    expect(Math.abs((mae!.upper - mae!.lower) / width - 1)).toBeLessThan(0.15);
  });

  it.each([
    ['calibrated', 1, 0],
    // The same bins of two million rows drawn by this model.
    ['too sure of itself', 2.5, 0.0692],
  ])('holds the calibration error of a model that is %s', async (_, slope, error) => {
    const draws = createRandom(6);
    const logistic = (score: number): number => 1 / (1 + Math.exp(-score));
    let held = 0;
    for (let run = 0; run < 60; run++) {
      const scores = Float64Array.from({ length: 300 }, () => 8 * (draws.next() + draws.next() + draws.next() - 1.65));
      const happened = scores.map((score) => Number(draws.next() < logistic(score)));
      const options = { random: createRandom(run), resamples: 100 };
      const said = scores.map((score) => logistic(slope * score));
      const { value, lower, upper } = (await metricIntervals('classification', happened, said, options))[
        'calibration'
      ]!;
      expect(lower).toBeLessThanOrEqual(value);
      expect(upper).toBeGreaterThanOrEqual(value);
      if (lower <= error && error <= upper) held++;
    }
    expect(held).toBeGreaterThanOrEqual(54); // 57 on average where 95% hold
  });

  it('is the same for the same seed', async () => {
    const run = () => metricIntervals('regression', truth, said, { random: createRandom(3), resamples: 50 });
    expect(await run()).toEqual(await run());
  });

  it('is wider where rows of one cluster go together', async () => {
    const clusters = Int32Array.from({ length: n }, (_, row) => row >> 5);
    const shifted = said.map((value, row) => value + (clusters[row]! % 2));
    const width = async (options: object): Promise<number> => {
      const { mae } = await metricIntervals('regression', truth, shifted, { random: createRandom(4), ...options });
      return mae!.upper - mae!.lower;
    };
    expect(await width({ clusters })).toBeGreaterThan(3 * (await width({})));
  });

  it('holds as often as stated over six months whose rows go together', async () => {
    const draws = createRandom(8);
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - draws.next())) * Math.cos(2 * Math.PI * draws.next());
    const codes = Int32Array.from({ length: 120 }, (_, row) => row % 6);
    const missed = { accuracy: 0, brier: 0 };
    const rounds = 300;
    for (let round = 0; round < rounds; round++) {
      const months = Array.from({ length: 6 }, normal);
      const scores = Float64Array.from(codes, () => 1.2 * normal());
      const happened = scores.map((score, row) =>
        Number(draws.next() < 1 / (1 + Math.exp(-(score + 0.8 * months[codes[row]!]!)))),
      );
      const said = scores.map((score) => 1 / (1 + Math.exp(-score)));
      const options = { random: createRandom(round), resamples: 200, clusters: codes };
      const intervals = await metricIntervals('classification', happened, said, options);
      for (const [name, truth] of [
        // Of eight million rows drawn in the same way by NumPy.
        ['accuracy', 0.6834],
        ['brier', 0.2028],
      ] as const) {
        const { lower, upper } = intervals[name]!;
        if (truth < lower || truth > upper) missed[name]++;
      }
    }
    // 5%, what skewness adds (3%), and three standard errors of 300 rounds at most. Plain percentiles miss in 14% and 17%.
    expect(missed.accuracy / rounds).toBeLessThan(0.11);
    expect(missed.brier / rounds).toBeLessThan(0.11);
  }, 120_000);

  it('is not sure of what has not happened', async () => {
    const draws = createRandom(9);
    const rounds = 200;
    const missed = { log_loss: 0, brier: 0, accuracy: 0 };
    for (let round = 0; round < rounds; round++) {
      // One in a hundred, as the model says: no row of a hundred in a third of the rounds.
      const happened = Float64Array.from({ length: 100 }, () => Number(draws.next() < 0.01));
      const options = { random: createRandom(round), resamples: 100 };
      const intervals = await metricIntervals('classification', happened, new Float64Array(100).fill(0.01), options);
      for (const [name, truth] of [
        ['log_loss', -0.01 * Math.log(0.01) - 0.99 * Math.log(0.99)],
        ['brier', 0.01 * 0.99],
        ['accuracy', 0.99],
      ] as const) {
        const { value, lower, upper } = intervals[name]!;
        expect(lower).toBeLessThanOrEqual(value);
        if (truth < lower || truth > upper) missed[name]++;
      }
    }
    for (const count of Object.values(missed)) expect(count / rounds).toBeLessThan(0.1); // of the resamples alone: a third
    const none = Float64Array.of(0, 0, 0);
    const sure = await metricIntervals('classification', none, none, { random: createRandom(1) });
    expect(sure['accuracy']).toMatchObject({ value: 1, upper: 1 });
    expect(sure['accuracy']!.lower).toBeCloseTo(0.438503, 6); // Wilson's interval of 3 in 3: 3/(3 + z²)
    expect(sure['recall']).toEqual({ value: 0, lower: 0, upper: 1 });
  });

  it('leaves out what a single class does not have', async () => {
    const [ones, scores] = [Float64Array.of(1, 1, 1), Float64Array.of(0.9, 0.8, 0.7)];
    const intervals = await metricIntervals('classification', ones, scores, { random: createRandom(1) });
    expect(intervals).toHaveProperty('accuracy');
    expect(intervals).not.toHaveProperty('roc_auc');
  });

  it('refuses what means nothing, and stops when told', async () => {
    const run = (options: object) => metricIntervals('regression', truth, said, { random, ...options });
    await expect(run({ confidence: 1 })).rejects.toThrow('confidence must be between 0 and 1');
    await expect(run({ resample: 30 })).rejects.toThrow('no option "resample"');
    await expect(metricIntervals('ranking' as never, truth, said, { random })).rejects.toThrow('task must be one of');
    await expect(run({ resamples: 3 })).rejects.toThrow('resamples must be an integer from 20');
    await expect(run({ clusters: new Int32Array(3) })).rejects.toThrow('clusters has 3 numbers for 400 rows');
    await expect(run({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('calibrationCurve', () => {
  it('puts probabilities on an edge into the lower bin, and leaves empty bins out', () => {
    const curve = calibrationCurve(Float64Array.of(1, 0, 1), Float64Array.of(0.5, 0.4375, 1));
    expect(curve).toEqual([
      { rows: 2, predicted: 0.46875, observed: 0.5 },
      { rows: 1, predicted: 1, observed: 1 },
    ]);
  });
});
