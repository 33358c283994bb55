import { describe, expect, it } from 'vitest';
import { comparePaired } from '../../src/stats/paired-comparison.js';
import { createRandom } from '../../src/util/random.js';

const random = createRandom('paired');
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
const compare = (losses: Float64Array, clusters?: Int32Array) =>
  comparePaired(losses, new Float64Array(losses.length), {
    confidence: 0.95,
    ...(clusters !== undefined && { times: clusters }),
  });

describe('the comparison of two models on the same rows', () => {
  const exponential = (): number => -Math.log(1 - random.next());
  // 2.5% to each side, and three standard errors of 4,000 rounds; what is left of skewness with 20 exponential rows is 2.3%.
  it.each([
    ['normal', 20, normal, 0.033],
    ['differences of squared errors', 20, () => normal() ** 2 - normal() ** 2, 0.033], // bootstrap 4.5%
    ['exponential', 20, () => exponential() - 1, 0.058], // bootstrap 8.7%, Student's t 7.6%
    ['exponential', 200, () => exponential() - 1, 0.038], // bootstrap 3.5%, Student's t 4.2%
  ])('holds its level over %s of %d rows', (_, rows, draw, most) => {
    const rounds = 4000;
    let [better, worse] = [0, 0];
    for (let round = 0; round < rounds; round++) {
      const differences = Float64Array.from({ length: rows }, draw);
      if (compare(differences).upper < 0) better++;
      if (compare(differences.map((value) => -value)).lower > 0) worse++;
    }
    expect(better / rounds).toBeLessThan(most);
    expect(worse).toBe(better);
  });

  it('is the t test of the rows, further out where they are skewed', () => {
    // scipy.stats.ttest_1samp([1.5, 4.5, 6, 2, 2], 0).confidence_interval(), scipy.stats.skew: 0.5895964430389515
    const { difference, lower, upper } = compare(Float64Array.of(1.5, 4.5, 6, 2, 2));
    expect(difference).toBeCloseTo(3.2, 12);
    expect(lower).toBeCloseTo(0.7716023229369453, 10);
    const [s, t] = [1.9557607215607946, 2.7764451051977934];
    const shift = (0.5895964430389515 * (1 + 2 * t ** 2) * s) / (6 * 5);
    expect(upper).toBeCloseTo(5.628397677063055 + shift, 10);
    expect(compare(new Float64Array(20).fill(-0.5))).toEqual({ difference: -0.5, lower: -0.5, upper: -0.5, rows: 20 });
  });

  // Months that differ by as much as a tenth of the variance of a row: the rows by themselves say far too much.
  it.each([2, 3, 6, 10, 12])('holds its level over %d months whose rows go together', (months) => {
    const [rounds, each] = [600, 40];
    const clusters = Int32Array.from({ length: months * each }, (_, row) => Math.floor(row / each));
    let [better, worse] = [0, 0];
    for (let round = 0; round < rounds; round++) {
      const shifts = Array.from({ length: months }, () => Math.sqrt(0.1) * normal());
      const { lower, upper } = compare(
        Float64Array.from(clusters, (month) => shifts[month]! + normal()),
        clusters,
      );
      if (upper < 0) better++;
      if (lower > 0) worse++;
    }
    // 2.5% to each side, and three standard errors of 600 rounds; the bootstrap of rows has 15%, that of ten months 5%.
    expect(better / rounds).toBeLessThan(0.045);
    expect(worse / rounds).toBeLessThan(0.045);
  });

  it('is the t test of the means of months of one size, further out where they are skewed', () => {
    // scipy.stats.ttest_1samp([1.5, 4.5, 6, 2], 0).confidence_interval(): (0.12450595515772545, 6.8754940448422746)
    // scipy.stats.skew, numpy.std(ddof=1), scipy.stats.t.ppf(0.975, 3)
    const { difference, lower, upper, rows } = compare(
      Float64Array.of(1, 2, 3, 6, 5, 7, 2, 2),
      Int32Array.of(0, 0, 1, 1, 2, 2, 3, 3),
    );
    expect({ difference, rows }).toEqual({ difference: 3.5, rows: 8 });
    expect(lower).toBeCloseTo(0.12450595515772545, 10);
    const [skewness, s, t] = [0.21168429875904007, 2.1213203435596424, 3.1824463052837078];
    expect(upper).toBeCloseTo(6.8754940448422746 + (skewness * (1 + 2 * t ** 2) * s) / (6 * 4), 10);
  });

  it('has the same interval in any unit, and whatever the months are called', () => {
    const [losses, clusters] = [
      Float64Array.from({ length: 60 }, normal),
      Int32Array.from({ length: 60 }, (_, i) => i % 5),
    ];
    const { lower, upper } = compare(losses, clusters);
    for (const unit of [1e-200, 1e-3, 1e200]) {
      const scaled = compare(
        losses.map((loss) => unit * loss),
        clusters,
      );
      expect(scaled.lower / unit).toBeCloseTo(lower, 12);
      expect(scaled.upper / unit).toBeCloseTo(upper, 12);
    }
    expect(
      compare(
        losses,
        clusters.map((code) => 7 * (4 - code)),
      ).lower,
    ).toBeCloseTo(lower, 12);
  });

  it('counts a few large months for little', () => {
    const small = Float64Array.from({ length: 40 }, normal);
    const large = Float64Array.from({ length: 400 }, (_, i) => (i < 200 ? 0.2 : -0.1) + normal());
    const losses = Float64Array.from([...large, ...small]);
    const clusters = Int32Array.from(losses, (_, i) => (i < 400 ? Math.floor(i / 200) : i - 398));
    const { difference, lower, upper } = compare(losses, clusters);
    const rows = compare(losses);
    expect(upper - lower).toBeGreaterThan(2 * (rows.upper - rows.lower));
    expect(rows.difference).toBeCloseTo(difference, 12);
  });

  it.each([
    [30, 0, 0.045],
    [30, 0.5, 0.075],
    [60, 0.8, 0.1],
    [250, 0.5, 0.045],
  ])('holds its level over %d days of which each is like the one before (%d)', (days, correlation, most) => {
    const rounds = 800;
    let better = 0;
    for (let round = 0; round < rounds; round++) {
      let shift = normal();
      const losses = Float64Array.from({ length: days }, () => {
        shift = correlation * shift + Math.sqrt(1 - correlation ** 2) * normal();
        return shift;
      });
      if (compare(losses, Int32Array.from(losses.keys())).upper < 0) better++;
    }
    expect(better / rounds).toBeLessThan(most); // taken as independent, days of 0.5 miss in 13%, those of 0.8 in 26%
  });
});
