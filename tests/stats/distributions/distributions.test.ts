import { describe, expect, test } from 'vitest';
import { betaCdf, betaQuantile } from '../../../src/stats/distributions/beta.js';
import { chiSquareCdf, chiSquareQuantile, chiSquareSf } from '../../../src/stats/distributions/chi-square.js';
import { erf, erfc } from '../../../src/stats/distributions/error-function.js';
import { lnGamma } from '../../../src/stats/distributions/gamma.js';
import { betainc } from '../../../src/stats/distributions/incomplete-beta.js';
import { gammaP, gammaQ } from '../../../src/stats/distributions/incomplete-gamma.js';
import { kolmogorovSf } from '../../../src/stats/distributions/kolmogorov.js';
import { kstwoSf } from '../../../src/stats/distributions/kstwo.js';
import { normalCdf, normalQuantile, normalSf } from '../../../src/stats/distributions/normal.js';
import { smirnovSf } from '../../../src/stats/distributions/smirnov.js';
import { studentTSf } from '../../../src/stats/distributions/student-t.js';
import { expectClose, referenceCases, toNumber } from '../reference.js';

const functions: Readonly<Record<string, (...args: number[]) => number>> = {
  betaQuantile,
  betainc,
  chiSquareQuantile: chiSquareQuantile,
  chiSquareSf: chiSquareSf,
  erf: erf,
  erfc: erfc,
  gammaP: gammaP,
  gammaQ: gammaQ,
  kolmogorovSf: kolmogorovSf,
  kstwoSf: kstwoSf,
  lnGamma: lnGamma,
  normalCdf: normalCdf,
  normalQuantile: normalQuantile,
  normalSf: normalSf,
  smirnovSf: smirnovSf,
  studentTSf: studentTSf,
};

interface Case {
  readonly function: string;
  readonly args: number[];
  readonly value: number | string;
}

const cases = referenceCases<Case>('distributions');

describe.each(Object.entries(functions))('%s', (name, compute) => {
  const own = cases.filter((entry) => entry.function === name && !isBelowDoubles(entry));
  test('has reference values', () => expect(own.length).toBeGreaterThan(10));
  test.each(own)('of $args is $value', ({ args, value }) => expectClose(compute(...args), toNumber(value)));
});

/** Probabilities so small that doubles hold them with fewer digits, or not at all. */
function isBelowDoubles({ function: name, value }: Case): boolean {
  return name !== 'lnGamma' && name !== 'normalQuantile' && Number(value) !== 0 && Math.abs(Number(value)) < 1e-300;
}

describe('distribution functions at their edges', () => {
  test('are NaN outside their domain', () => {
    expect(lnGamma(0)).toBeNaN();
    expect(gammaP(-1, 1)).toBeNaN();
    expect(gammaQ(1, -1)).toBeNaN();
    expect(betainc(1, 1, 1.5)).toBeNaN();
    expect(betaQuantile(2, 1, 1)).toBeNaN();
    expect(normalQuantile(-0.1)).toBeNaN();
    expect(chiSquareQuantile(1.5, 2)).toBeNaN();
    expect(studentTSf(1, 0)).toBeNaN();
    expect(kolmogorovSf(NaN)).toBeNaN();
  });

  test('invert chi-square where it is all but 0', () => {
    // mpmath at 30 digits
    expect(chiSquareQuantile(1e-100, 1000) / 322.93397028743493).toBeCloseTo(1, 12);
    expect(chiSquareQuantile(1e-200, 1000) / 175.97949197516345).toBeCloseTo(1, 12);
    expect(chiSquareQuantile(1e-300, 1000) / 103.2656981758432).toBeCloseTo(1, 12);
    expect(chiSquareQuantile(1e-300, 10_000) / 5632.4554498716628).toBeCloseTo(1, 12);
  });

  test('reach 0 and 1', () => {
    expect(gammaP(2, 0)).toBe(0);
    expect(gammaQ(2, Infinity)).toBe(0);
    expect(betainc(2, 3, 0)).toBe(0);
    expect(betainc(2, 3, 1)).toBe(1);
    expect(betaQuantile(0, 2, 3)).toBe(0);
    expect(betaQuantile(1, 2, 3)).toBe(1);
    expect(chiSquareQuantile(0, 3)).toBe(0);
    expect(chiSquareQuantile(1, 3)).toBe(Infinity);
    expect(chiSquareSf(-1, 3)).toBe(1);
    expect(studentTSf(Infinity, 3)).toBe(0);
    expect(studentTSf(-Infinity, 3)).toBe(1);
    expect(studentTSf(0, 3)).toBe(0.5);
    // Of so many degrees of freedom mpmath says, at 40 digits, what it says of the normal distribution.
    for (const freedom of [1e14, 8e14, 1e300, Infinity]) {
      expect(studentTSf(1.959963984540054, freedom) / 0.025).toBeCloseTo(1, 12);
      expect(studentTSf(-1.959963984540054, freedom) / 0.975).toBeCloseTo(1, 12);
      expect(studentTSf(-Infinity, freedom)).toBe(1);
    }
    expect(kolmogorovSf(-1)).toBe(1);
    expect(kstwoSf(0, 10)).toBe(1);
    expect(kstwoSf(1, 10)).toBe(0);
    expect(smirnovSf(0, 10)).toBe(1);
    expect(smirnovSf(1, 10)).toBe(0);
    expect(kstwoSf(0.5, 10_000)).toBe(0);
  });

  test('cdf and sf add up to one', () => {
    for (const x of [0.1, 1, 3, 17]) {
      expectClose(chiSquareCdf(x, 5) + chiSquareSf(x, 5), 1);
      expectClose(normalCdf(x) + normalSf(x), 1);
    }
    expectClose(betaCdf(0.3, 2, 5) + betaCdf(0.7, 5, 2), 1);
    expect(betaCdf(-1, 2, 5)).toBe(0);
    expect(betaCdf(7, 2, 5)).toBe(1);
  });
});
