import { describe, expect, it } from 'vitest';
import { meanEstimate } from '../../src/stats/estimate.js';
import { intervalOverTime, meanOverTime } from '../../src/stats/mean-over-time.js';
import { createRandom } from '../../src/util/random.js';

const random = createRandom('days');
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
const days = (count: number): Int32Array => Int32Array.from({ length: count }, (_, day) => day);

/** A first-order autoregression of variance 1. */
function series(length: number, correlation: number): Float64Array {
  let state = normal();
  return Float64Array.from(
    { length },
    () => (state = correlation * state + Math.sqrt(1 - correlation ** 2) * normal()),
  );
}

describe('the mean of values over time', () => {
  it('counts days that are like the ones before for as many independent ones as tell as much', () => {
    // Deviations -2, -1, 0, 1, 2: r₁ = (2 + 0 + 0 + 2)/10 = 0.4, enlarged 0.4 + 2.2/5 = 0.84; r₂ = (0 − 1 + 0)/10, enlarged 0.04.
    const { value, variance, effective } = meanOverTime(Float64Array.of(1, 2, 3, 4, 5), days(5));
    expect(value).toBe(3);
    expect(effective).toBe(2); // 5/(1 + 2·0.88) = 1.8
    expect(variance).toBeCloseTo((0.5 * 5) / 2, 12);
    // 5 − 6 − 5 − …: r₁ is below 0
    const turns = Float64Array.from({ length: 8 }, (_, i) => i % 2);
    expect(meanOverTime(turns, days(8))).toEqual({ ...meanEstimate(turns, days(8)), effective: 8 });
  });

  it('goes by the order of the days, not by that of the rows', () => {
    const values = series(60, 0.7);
    const shuffled = days(60).sort((a, b) => ((a * 37) % 61) - ((b * 37) % 61));
    const found = meanOverTime(
      Float64Array.from(shuffled, (day) => values[day]!),
      shuffled,
    );
    expect(found.variance).toBeCloseTo(meanOverTime(values, days(60)).variance, 12);
    expect(found.effective).toBeLessThan(40);
  });

  it.each([1000, 100_000])('finds the variance of the mean of a long series, in little time: %d', (length) => {
    const { variance, effective } = meanOverTime(series(length, 0.8), days(length));
    // (1 + 0.8)/(1 − 0.8) = 9 times that of independent ones
    expect(variance * length).toBeGreaterThan(4.5);
    expect(variance * length).toBeLessThan(18);
    expect(effective / length).toBeCloseTo(1 / (variance * length), 1);
    const began = performance.now();
    meanOverTime(
      Float64Array.from({ length }, (_, i) => i),
      days(length),
    );
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it('takes no lasting change of the level for days that are alike, where it is asked for', () => {
    const doubled = series(30, 0).map((own, day) => (day < 20 ? 1 : 2) + own / 5);
    const mayShift = intervalOverTime(doubled, days(30), 0.025, { mayShift: true });
    expect(mayShift.value).toBe(intervalOverTime(doubled, days(30), 0.025).value);
    expect(mayShift.lower).toBeGreaterThan(1.1);
    expect(intervalOverTime(doubled, days(30), 0.025).lower).toBeLessThan(0.9); // about one level all days are alike
  });

  it.each([
    [0, 0.04],
    [0.5, 0.09],
    [0.8, 0.17],
  ])('errs little more often then, of days correlated by %d', (correlation, most) => {
    const samples = 1000;
    let missed = 0;
    for (let i = 0; i < samples; i++) {
      if (intervalOverTime(series(30, correlation), days(30), 0.025, { mayShift: true }).lower > 0) missed++;
    }
    expect(missed / samples).toBeLessThan(most);
  });

  it('has two levels of a few days as well', () => {
    for (const count of [2, 3, 4, 5]) {
      const { value, lower, upper } = intervalOverTime(series(count, 0), days(count), 0.025, { mayShift: true });
      expect(lower).toBeLessThan(value);
      expect(upper).toBeGreaterThan(value);
    }
  });

  it('has the end further out at which a few days far from the others make it miss', () => {
    // Of 20 days: 19 of 0 and one of 20. s² = 20, g = 18/√19, t = 2.093: the upper end g·(1 + 2t²)·s/6n further out (Johnson 1978).
    const values = Float64Array.from({ length: 20 }, (_, day) => (day === 11 ? 20 : 0));
    const { value, lower, upper } = intervalOverTime(values, days(20), 0.025);
    const margin = 2.093024 * Math.sqrt(20 / 20);
    expect(value - lower).toBeCloseTo(margin, 5);
    expect(upper - value).toBeCloseTo(
      margin + ((18 / Math.sqrt(19)) * (1 + 2 * 2.093024 ** 2) * Math.sqrt(20)) / (6 * 20),
      5,
    );
  });

  it('misses above little more often than stated where losses are skewed', () => {
    const samples = 1000;
    let missed = 0;
    for (let i = 0; i < samples; i++) {
      const losses = Float64Array.from({ length: 60 }, () => -Math.log(1 - random.next()));
      if (intervalOverTime(losses, days(60), 0.025).upper < 1) missed++;
    }
    expect(missed / samples).toBeLessThan(0.043); // 2.6% of many; 5% without the correction
  });

  it('is that of the rows where nothing varies', () => {
    expect(meanOverTime(new Float64Array(4).fill(2), days(4))).toEqual({ value: 2, variance: 0, effective: 4 });
  });
});
