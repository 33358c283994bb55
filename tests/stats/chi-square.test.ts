import { describe, expect, test } from 'vitest';
import { chiSquareContingency } from '../../src/stats/chi-square.js';
import { expectClose, referenceCases } from './reference.js';

interface Case {
  readonly table: number[][];
  readonly statistic: 'pearson' | 'gTest';
  readonly correction: boolean;
  readonly value: number;
  readonly pValue: number;
  readonly degreesOfFreedom: number;
  readonly expected: number[][];
}

describe('chi-square test of a contingency table', () => {
  const cases = referenceCases<Case>('contingency').map((entry, i) => ({ ...entry, i }));

  test.each(cases)('agrees with scipy: case $i, $statistic, correction $correction', (expected) => {
    const { statistic, correction } = expected;
    const result = chiSquareContingency(expected.table, { statistic, correction });
    // The log-likelihood ratio of nearly proportional rows is a small difference of large terms, in scipy as here.
    const total = expected.table.flat().reduce((sum, count) => sum + count, 0);
    const slack = statistic === 'gTest' ? total * 1e-15 : 0;
    expect(Math.abs(result.statistic - expected.value)).toBeLessThanOrEqual(1e-10 * expected.value + slack);
    if (expected.pValue > 1e-300) expectClose(result.pValue, expected.pValue, Math.max(1e-10, 1e4 * slack));
    expect(result.degreesOfFreedom).toBe(expected.degreesOfFreedom);
    result.expected.flat().forEach((count, j) => expectClose(count, expected.expected.flat()[j]!, 1e-14));
  });

  test('corrects one degree of freedom unless told not to', () => {
    const table = [
      [10, 20],
      [20, 10],
    ];
    expectClose(chiSquareContingency(table).statistic, 5.4);
    expectClose(chiSquareContingency(table, { correction: false }).statistic, 20 / 3);
  });

  test.each([
    [[], /table is empty/],
    [[[]], /table is empty/],
    [[[1, 2], [3]], /row 1 has 1 columns, row 0 has 2/],
    [[[1, -2]], /row 0 of the contingency table\[1\] is -2/],
    [
      [
        [1, 0],
        [2, 0],
      ],
      /column 1 of the contingency table counts nothing/,
    ],
    [
      [
        [1, 1],
        [0, 0],
      ],
      /row 1 of the contingency table counts nothing/,
    ],
  ])('refuses %j', (table, message) => {
    expect(() => chiSquareContingency(table)).toThrow(message);
    expect(() => chiSquareContingency(table)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }) as Error);
  });
});
