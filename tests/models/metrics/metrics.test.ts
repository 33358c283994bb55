import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toTable } from '../../../src/data/table.js';
import { classificationMetrics } from '../../../src/models/metrics/classification-metrics.js';
import { metricDirection } from '../../../src/models/metrics/metric-direction.js';
import { metricsOf, numericTarget } from '../../../src/models/metrics/metrics-of.js';
import { averagePrecision, rocAuc } from '../../../src/models/metrics/ranking.js';
import { pinball, regressionMetrics } from '../../../src/models/metrics/regression-metrics.js';

interface Case {
  name: string;
  actual: number[];
  predicted: number[];
  threshold: number;
  metrics: Record<string, number>;
  'pinball_0.9': number;
}
/** From scikit-learn; see make_reference.py beside it. */
const reference = JSON.parse(readFileSync('tests/reference-models/metrics.json', 'utf8')) as {
  regression: Case[];
  classification: Case[];
};

function expectSame(ours: Record<string, number>, theirs: Record<string, number>): void {
  expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
  for (const [name, value] of Object.entries(theirs)) {
    expect(Math.abs(ours[name]! - value), name).toBeLessThanOrEqual(1e-10 * Math.max(1, Math.abs(value)));
  }
}

describe('equal to scikit-learn', () => {
  it.each(reference.regression)('regression: $name', (given) => {
    const actual = Float64Array.from(given.actual);
    const predicted = Float64Array.from(given.predicted);
    expectSame(regressionMetrics(actual, predicted), given.metrics);
    expectSame({ pinball: pinball(actual, predicted, 0.9) }, { pinball: given['pinball_0.9'] });
  });

  it.each(reference.classification)('classification: $name', (given) => {
    const { actual, predicted, threshold, metrics } = given;
    expectSame(classificationMetrics(Float64Array.from(actual), Float64Array.from(predicted), threshold), metrics);
  });
});

const labelled = fc.array(fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(0.1, 0.2, 0.3, 0.4, 0.5)), { minLength: 1 });

describe('ranking', () => {
  it('the area is the share of pairs in the right order, ties counting half', () => {
    fc.assert(
      fc.property(labelled, (rows) => {
        const positives = rows.filter(([label]) => label === 1);
        const negatives = rows.filter(([label]) => label === 0);
        fc.pre(positives.length > 0 && negatives.length > 0);
        const pairs = positives.flatMap(([, p]) => negatives.map(([, n]) => (p > n ? 1 : p === n ? 0.5 : 0)));
        const expected = pairs.reduce((sum: number, pair) => sum + pair, 0) / pairs.length;
        const actual = Float64Array.from(rows, ([label]) => label);
        expect(
          rocAuc(
            actual,
            Float64Array.from(rows, ([, score]) => score),
          ),
        ).toBeCloseTo(expected, 12);
      }),
    );
  });

  it('one class alone has none', () => {
    expect(rocAuc(Float64Array.of(1, 1), Float64Array.of(0.2, 0.3))).toBeNaN();
    expect(averagePrecision(Float64Array.of(0, 0), Float64Array.of(0.2, 0.3))).toBeNaN();
    expect(metricsOf('classification', Float64Array.of(1), Float64Array.of(0.5))).not.toHaveProperty('roc_auc');
  });
});

describe('bad input', () => {
  const one = Float64Array.of(1);
  it.each([
    ['missing actual', Float64Array.of(0, NaN), Float64Array.of(0, 1), 'actual value of row 1 is NaN'],
    ['missing prediction', Float64Array.of(0, 1), Float64Array.of(NaN, 1), 'prediction of row 0 is NaN'],
    ['infinite prediction', one, Float64Array.of(Infinity), 'prediction of row 0 is Infinity'],
    ['lengths that differ', one, Float64Array.of(1, 1), '1 actual values do not pair with 2 predictions'],
    ['nothing', new Float64Array(), new Float64Array(), 'no rows'],
  ])('refuses %s', (_, actual, predicted, message) => {
    expect(() => regressionMetrics(actual, predicted)).toThrow(message);
    expect(() => classificationMetrics(actual, predicted)).toThrow(message);
  });

  it('refuses classes and probabilities that are none', () => {
    expect(() => classificationMetrics(Float64Array.of(2), one)).toThrow('classes are 0 and 1');
    expect(() => classificationMetrics(one, Float64Array.of(1.1))).toThrow('expected a probability');
  });
});

describe('metricDirection', () => {
  it('covers every metric there is', () => {
    const names = [...reference.regression, ...reference.classification].flatMap(({ metrics }) => Object.keys(metrics));
    const higher = [...new Set(names)].filter((name) => metricDirection(name) === 'higher').sort();
    expect(higher).toEqual(['accuracy', 'f1_score', 'pr_auc', 'precision', 'r2_score', 'recall', 'roc_auc']);
    expect(() => metricDirection('r2')).toThrow('known are r2_score');
  });
});

describe('numericTarget', () => {
  it('takes numbers, and booleans as 0 and 1', () => {
    expect([...numericTarget(toTable({ y: [1, null, 2] }), 'y')]).toEqual([1, NaN, 2]);
    expect([...numericTarget(toTable({ y: [true, null, false] }), 'y')]).toEqual([1, NaN, 0]);
  });

  it('refuses other texts and dates', () => {
    expect(() => numericTarget(toTable({ y: ['yes', 'no'] }), 'y')).toThrow('holds the text "yes"');
    // One mistake makes texts of all numbers: it is named, not the first of them.
    expect(() => numericTarget(toTable({ y: ['1.5', 'n/a!', '2'] }), 'y')).toThrow('holds the text "n/a!"');
    expect(() => numericTarget(toTable({ y: ['true', 'maybe'] }), 'y')).toThrow('holds the text "maybe"');
    expect(() => numericTarget(toTable({ y: ['2012-01-31'] }), 'y')).toThrow('holds dates');
  });
});

describe('the metrics of a task', () => {
  it('give R² of a constant target as 0 where it is missed, also where the mean of its values is another number', () => {
    for (const [value, rows] of [
      [0.1, 3],
      [0.7, 11],
      [1 / 3, 100],
    ] as const) {
      const actual = new Float64Array(rows).fill(value);
      expect(
        regressionMetrics(
          actual,
          actual.map((_, i) => value + (i % 2)),
        ),
      ).toHaveProperty('r2_score', 0);
      expect(regressionMetrics(actual, actual)).toHaveProperty('r2_score', 1);
    }
  });

  it('give the R² of a target far from 0, whose mean is rounded', () => {
    const actual = Float64Array.from({ length: 300 }, (_, i) => 2 ** 53 + 2 * ((7 * i) % 11));
    const predicted = actual.map((value, i) => value + 4 * (i % 3));
    // In whole numbers: n·Σx² − (Σx)² is n times the sum of squares about the mean.
    const [x, n] = [Array.from(actual, BigInt), 300n];
    const sum = x.reduce((total, value) => total + value, 0n);
    const spread = n * x.reduce((total, value) => total + value * value, 0n) - sum * sum;
    const squared = n * x.reduce((total, value, i) => total + (value - BigInt(predicted[i]!)) ** 2n, 0n);
    expect(regressionMetrics(actual, predicted)['r2_score']).toBeCloseTo(1 - Number(squared) / Number(spread), 10);
  });

  it('leave out a percentage error relative to zero', () => {
    const predicted = Float64Array.of(1, 2);
    expect(metricsOf('regression', Float64Array.of(1, 4), predicted)).toHaveProperty('mape', 0.25);
    expect(metricsOf('regression', Float64Array.of(0, 4), predicted)).not.toHaveProperty('mape');
    expect(metricsOf('classification', Float64Array.of(0, 1), Float64Array.of(0.2, 0.7))).not.toHaveProperty('mape');
  });
});
