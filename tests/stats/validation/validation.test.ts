import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialCdf, binomialTail } from '../../../src/stats/distributions/binomial.js';
import { aucChange, pairedAucChange } from '../../../src/stats/validation/auc-change.js';
import { aucEstimate } from '../../../src/stats/validation/auc-estimate.js';
import { binomialTest } from '../../../src/stats/validation/binomial-test.js';
import type { GradeOutcome } from '../../../src/stats/validation/check-grades.js';
import { christoffersenTest } from '../../../src/stats/validation/christoffersen-test.js';
import { hosmerLemeshow } from '../../../src/stats/validation/hosmer-lemeshow.js';
import { jeffreysTest } from '../../../src/stats/validation/jeffreys-test.js';
import { kupiecTest } from '../../../src/stats/validation/kupiec-test.js';
import { migrationMatrix } from '../../../src/stats/validation/migration-matrix.js';
import { plutoTasche } from '../../../src/stats/validation/pluto-tasche.js';
import { scenarioLoss } from '../../../src/stats/validation/scenario-loss.js';
import { stagePassage } from '../../../src/stats/validation/stage-passage.js';
import { underestimationTest } from '../../../src/stats/validation/underestimation-test.js';
import { varTrafficLight } from '../../../src/stats/validation/var-traffic-light.js';
import { expectClose } from '../reference.js';

interface Reference {
  grades: (GradeOutcome & { jeffreys: number; binomial: number })[];
  binomialCdf: { k: number; n: number; p: number; value: number }[];
  hosmerLemeshow: { grades: GradeOutcome[]; statistic: number; pValue: number; fittedPValue: number };
  auc: {
    actual: number[];
    scores: number[];
    other: number[];
    auc: number;
    variance: number;
    lower: number;
    upper: number;
    pairedZ: number;
    pairedPValue: number;
    z: number;
    pValue: number;
  }[];
  migration: { from: number[]; to: number[] } & Record<
    'stability' | 'meanMove' | 'upperBandwidth' | 'lowerBandwidth' | 'mobility',
    number
  > & { counts: number[][]; rates: number[][] };
  var: ({ days: number; exceptions: number[] } & Record<
    | 'coverage'
    | 'kupiec'
    | 'kupiecPValue'
    | 'independence'
    | 'independencePValue'
    | 'conditional'
    | 'conditionalPValue'
    | 'cumulative',
    number
  >)[];
  lgd: { realised: number[]; estimated: number[]; t: number; pValue: number }[];
  plutoTasche: {
    grades: { obligors: number; defaults: number }[];
    confidence: number;
    assetCorrelation: number;
    bounds: number[];
  }[];
}

/** From scipy; see generate_validation.py beside it. */
const reference = JSON.parse(readFileSync('tests/reference/validation.json', 'utf8')) as Reference;

const near = (actual: number, expected: number): void =>
  expect(Math.abs(actual - expected), `got ${actual}, expected ${expected}`).toBeLessThan(1e-10);

describe('tests of a PD', () => {
  it.each(reference.grades)('are those of scipy: $defaults of $obligors at $pd', (grade) => {
    const { pd, obligors, defaults } = grade;
    expectClose(jeffreysTest({ pd, obligors, defaults }), grade.jeffreys);
    expectClose(binomialTest({ pd, obligors, defaults }), grade.binomial);
  });

  it('give the published vectors', () => {
    const p = (obligors: number, defaults: number, pd: number): number => jeffreysTest({ pd, obligors, defaults });
    expect(p(1000, 15, 0.01)).toBeCloseTo(0.063228, 6);
    expect(p(1000, 10, 0.01)).toBeCloseTo(0.479057, 6);
    expect(p(200, 0, 0.005)).toBeCloseTo(0.84348, 6);
    expect(p(50, 3, 0.02)).toBeCloseTo(0.03848, 6);
    expect(binomialCdf(4, 250, 0.01)).toBeCloseTo(0.892188, 6);
    expect(binomialCdf(9, 250, 0.01)).toBeCloseTo(0.99975, 6);
  });

  it.each(reference.binomialCdf)('count as scipy does: P(X <= $k), n = $n, p = $p', ({ k, n, p, value }) => {
    expectClose(binomialCdf(k, n, p), value);
    near(binomialCdf(k, n, p) + binomialTail(k + 1, n, p), 1);
  });

  it('fall as defaults grow', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.nat(),
        fc.double({ min: 1e-4, max: 0.9, noNaN: true }),
        (n, d, pd) => {
          const defaults = d % n;
          const fewer = { pd, obligors: n, defaults };
          const more = { pd, obligors: n, defaults: defaults + 1 };
          expect(jeffreysTest(more)).toBeLessThanOrEqual(jeffreysTest(fewer) + 1e-12);
          expect(binomialTest(more)).toBeLessThanOrEqual(binomialTest(fewer) + 1e-12);
        },
      ),
    );
  });

  it('refuse what is no count and no probability', () => {
    for (const grade of [
      { pd: 0, obligors: 10, defaults: 1 },
      { pd: 0.1, obligors: 0, defaults: 0 },
      { pd: 0.1, obligors: 10, defaults: 11 },
      { pd: 0.1, obligors: 10, defaults: 0.5 },
      { pd: NaN, obligors: 10, defaults: 1 },
    ]) {
      expect(() => jeffreysTest(grade)).toThrow(/expected/);
    }
  });

  it('are joined by Hosmer and Lemeshow', () => {
    const { grades, statistic, pValue, fittedPValue } = reference.hosmerLemeshow;
    const result = hosmerLemeshow(grades);
    expectClose(result.statistic, statistic);
    expectClose(result.pValue, pValue);
    expectClose(hosmerLemeshow(grades, { isFitted: true }).pValue, fittedPValue);
    expect(() => hosmerLemeshow(grades.slice(2), { isFitted: true })).toThrow('too few');
  });

  it.each(reference.plutoTasche)('have upper bounds for few defaults: $confidence, $assetCorrelation', (expected) => {
    const { grades, confidence, assetCorrelation, bounds } = expected;
    plutoTasche(grades, { confidence, assetCorrelation }).forEach((bound, i) => near(bound, bounds[i]!));
    expect(bounds).toEqual(bounds.toSorted());
  });
});

describe('the area under the ROC curve', () => {
  it.each(reference.auc)('has the interval and the tests of DeLong: case %#', (expected) => {
    const [actual, scores, other] = [expected.actual, expected.scores, expected.other].map((a) => Float64Array.from(a));
    const estimate = aucEstimate(actual!, scores!);
    for (const name of ['auc', 'variance', 'lower', 'upper'] as const) near(estimate[name], expected[name]);
    near(estimate.gini, 2 * expected.auc - 1);
    const paired = pairedAucChange(actual!, scores!, other!);
    near(paired.z, expected.pairedZ);
    near(paired.pValue, expected.pairedPValue);
    const change = aucChange({ auc: 0.85, variance: 0.0004 }, estimate);
    near(change.z, expected.z);
    near(change.pValue, expected.pValue);
  });

  it('is not compared with a number that is none', () => {
    for (const auc of [NaN, 1.2, -0.1])
      expect(() => aucChange({ auc, variance: 0.01 }, { auc: 0.8, variance: 0.01 })).toThrow(`an AUC is ${auc}`);
    const present = { auc: 0.8, variance: 0.01 };
    for (const variance of [-0.001, NaN, Infinity])
      expect(() => aucChange({ auc: 0.8, variance }, present)).toThrow(`with variance ${variance}`);
  });

  it('is not tested where the rows are ordered alike', () => {
    const actual = Float64Array.of(0, 1, 0, 1);
    const scores = Float64Array.of(1, 3, 2, 4);
    expect(() => pairedAucChange(actual, scores, scores)).toThrow('nothing can be tested');
    expect(() => aucEstimate(Float64Array.of(1, 1, 1), Float64Array.of(1, 2, 3))).toThrow('two of each class');
    expect(() => aucEstimate(Float64Array.of(0, 2, 1), Float64Array.of(1, 2, 3))).toThrow('label 2');
  });
});

describe('migrations', () => {
  it('are counted and summed up', () => {
    const { from, to, counts, rates, ...indices } = reference.migration;
    const matrix = migrationMatrix(from, to, 5);
    expect(matrix.counts).toEqual(counts);
    matrix.rates.forEach((row, i) => row.forEach((rate, j) => near(rate, rates[i]![j]!)));
    for (const [name, value] of Object.entries(indices)) near(matrix[name as keyof typeof indices], value);
  });

  it('are none where nobody moves', () => {
    const matrix = migrationMatrix([0, 1, 2], [0, 1, 2], 3);
    expect(matrix).toMatchObject({ stability: 1, meanMove: 0, mobility: 0, upperBandwidth: 0, lowerBandwidth: 0 });
    expect(() => migrationMatrix([0], [3], 3)).toThrow('grades are 0 to 2');
  });

  it('tell which defaults passed Stage 2', () => {
    const paths = [
      [1, 2, 3],
      [1, 3],
      [3, 3],
      [2, 1, 3],
      [1, 1],
      [1, 3, 2, 3],
    ];
    expect(stagePassage(paths)).toMatchObject({ defaults: 4, passedStage2: 2, share: { value: 0.5 } });
    expect(stagePassage([[1, 1]])).toEqual({ defaults: 0, passedStage2: 0 });
    expect(() => stagePassage([[0]])).toThrow('stage 0');
  });
});

describe('backtests of value at risk', () => {
  it.each(reference.var)('are those of scipy: $exceptions of $days', (expected) => {
    const { days, exceptions, coverage } = expected;
    const hits = new Uint8Array(days);
    for (const day of exceptions) hits[day] = 1;
    const kupiec = kupiecTest(exceptions.length, days, coverage);
    const { independence, conditionalCoverage } = christoffersenTest(hits, coverage);
    near(kupiec.statistic, expected.kupiec);
    near(kupiec.pValue, expected.kupiecPValue);
    near(independence.statistic, expected.independence);
    near(independence.pValue, expected.independencePValue);
    near(conditionalCoverage.statistic, expected.conditional);
    near(conditionalCoverage.pValue, expected.conditionalPValue);
    near(varTrafficLight(exceptions.length, days, coverage).cumulative, expected.cumulative);
  });

  it('are refused for what is no count of days', () => {
    for (const exceptions of [0.5, NaN, -1, 251]) expect(() => kupiecTest(exceptions, 250)).toThrow('expected counts');
    for (const day of [2, NaN, 0.5]) expect(() => christoffersenTest([0, day, 1, 0])).toThrow(`day 1 is ${day}`);
    expect(christoffersenTest([false, true, true, false])).toEqual(christoffersenTest([0, 1, 1, 0]));
  });

  it('have the zones and multipliers of MAR32', () => {
    const lights = Array.from({ length: 12 }, (_, exceptions) => varTrafficLight(exceptions));
    expect(lights.map(({ zone }) => zone.charAt(0)).join('')).toBe('gggggaaaaarr');
    expect(lights.map(({ multiplier }) => multiplier)).toEqual([
      1.5, 1.5, 1.5, 1.5, 1.5, 1.7, 1.76, 1.83, 1.88, 1.92, 2, 2,
    ]);
    expect(varTrafficLight(5, 500)).not.toHaveProperty('multiplier');
    // Of a right model 99% of single days have none, which is no sign against it.
    expect(
      [varTrafficLight(0, 1), varTrafficLight(0, 5), varTrafficLight(0, 5, 0.99999)].map(({ zone }) => zone),
    ).toEqual(['green', 'green', 'green']);
    expect(varTrafficLight(1, 5).zone).toBe('amber');
  });
});

describe('losses', () => {
  it.each(reference.lgd)('are tested for being underestimated: case %#', ({ realised, estimated, t, pValue }) => {
    const result = underestimationTest(Float64Array.from(realised), Float64Array.from(estimated));
    expectClose(result.t, t, 1e-9);
    near(result.pValue, pValue);
  });

  it('are not tested where they are all alike, rounding aside', () => {
    const estimated = Float64Array.of(0.3, 0.4, 0.5);
    const realised = Float64Array.of(0.4, 0.5, 0.6);
    expect(realised.map((value, i) => value - estimated[i]!).every((value) => value === 0.1)).toBe(false);
    expect(() => underestimationTest(realised, estimated)).toThrow('all differences are alike');
    expect(underestimationTest(Float64Array.of(0.4, 0.5, 0.6001), estimated).pValue).toBeLessThan(0.01);
  });

  it('are weighted by scenarios whose weights sum to 1', () => {
    const scenario = (weight: number, loss: number) => ({ weight, loss });
    const complete = scenarioLoss([scenario(0.5, 100), scenario(0.3, 200), scenario(0.2, 50)]);
    expect(complete.isComplete).toBe(true);
    near(complete.expectedLoss, 120);
    expect(scenarioLoss([scenario(0.5, 1), scenario(0.4, 1)]).isComplete).toBe(false);
    expect(() => scenarioLoss([scenario(-1, 1), scenario(2, 1)])).toThrow('weight -1');
  });
});
