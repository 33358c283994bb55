import { MLOpsError } from '../errors.js';
import { checkOptionalOneOf, checkOptions } from '../util/check.js';
import { totalCount } from './check-sample.js';
import { chiSquareSf } from './distributions/chi-square.js';

/** How a table of counts is tested. */
export interface ContingencyOptions {
  /** `pearson`: Σ(O − E)²/E; `gTest`: the log-likelihood ratio 2ΣO ln(O/E). */
  readonly statistic?: 'pearson' | 'gTest';
  /** Yates's correction at one degree of freedom; on unless told otherwise. */
  readonly correction?: boolean;
}

/** What a test of a table of counts found. */
export interface ContingencyResult {
  readonly statistic: number;
  readonly pValue: number;
  readonly degreesOfFreedom: number;
  /** Expected counts under independence, laid out like the table. */
  readonly expected: readonly (readonly number[])[];
}

/**
 * Test that the rows of a table of counts come from one distribution over its columns; as scipy.stats.chi2_contingency.
 * At one degree of freedom each count is moved towards its expectation by min(½, |O − E|) (Yates 1934). A single row or
 * column has statistic 0 and p-value 1. Not to be trusted where expected counts fall below about 5.
 *
 * @param table one row a sample, one column a category, all rows of the same length
 * @throws MLOpsError `INVALID_INPUT` for a ragged table, counts that are negative or not finite, or a row or column of
 *   zeros (its expected counts would be zero)
 */
export function chiSquareContingency(
  table: readonly (readonly number[])[],
  options: ContingencyOptions = {},
): ContingencyResult {
  checkOptions(options, ['statistic', 'correction'], 'chiSquareContingency');
  checkOptionalOneOf(options.statistic, ['pearson', 'gTest'], 'statistic');
  const expected = expectedCounts(table);
  const degreesOfFreedom = (table.length - 1) * (table[0]!.length - 1);
  if (degreesOfFreedom === 0) return { statistic: 0, pValue: 1, degreesOfFreedom, expected };
  const { statistic: kind = 'pearson', correction = true } = options;
  let statistic = 0;
  table.forEach((row, i) => {
    row.forEach((count, j) => {
      const mean = expected[i]![j]!;
      const gap = mean - count;
      const moved =
        degreesOfFreedom === 1 && correction ? count + Math.sign(gap) * Math.min(0.5, Math.abs(gap)) : count;
      statistic +=
        kind === 'pearson' ? (moved - mean) ** 2 / mean : moved === 0 ? 0 : 2 * moved * Math.log(moved / mean);
    });
  });
  // Rounding can leave a log-likelihood ratio of exactly proportional rows just below zero.
  statistic = Math.max(0, statistic);
  return { statistic, pValue: chiSquareSf(statistic, degreesOfFreedom), degreesOfFreedom, expected };
}

/** Row total × column total / grand total. */
function expectedCounts(table: readonly (readonly number[])[]): number[][] {
  const columns = table[0]?.length ?? 0;
  if (columns === 0) {
    throw new MLOpsError('INVALID_INPUT', 'the contingency table is empty; expected one row a sample');
  }
  const rowTotals = table.map((row, i) => {
    if (row.length === columns) return totalCount(row, `row ${i} of the contingency table`);
    throw new MLOpsError('INVALID_INPUT', `row ${i} has ${row.length} columns, row 0 has ${columns}; expected equal`);
  });
  const columnTotals = table[0]!.map((_, j) => {
    const column = table.map((row) => row[j]!);
    return totalCount(column, `column ${j} of the contingency table`);
  });
  const total = rowTotals.reduce((sum, count) => sum + count, 0);
  return rowTotals.map((row) => columnTotals.map((column) => (row * column) / total));
}
