import { MLOpsError } from '../errors.js';
import { chiSquareSf } from './distributions/chi-square.js';

export interface ChiSquareResult {
  readonly statistic: number;
  readonly pValue: number;
  readonly degreesOfFreedom: number;
}

/**
 * Pearson's chi-square test of independence in a contingency table, as `scipy.stats.chi2_contingency`: with one degree
 * of freedom Yates' correction moves each cell by min(½, |O − E|).
 *
 * @param table rows of counts, all of one length
 * @throws MLOpsError `INVALID_INPUT` when a row or a column is empty: its expected counts are zero
 */
export function chiSquareContingency(table: readonly (readonly number[])[]): ChiSquareResult {
  const columns = table[0]?.length ?? 0;
  const rowSums = table.map((row) => row.reduce((sum, count) => sum + count, 0));
  const columnSums = Array.from({ length: columns }, (_, j) => table.reduce((sum, row) => sum + row[j]!, 0));
  const total = rowSums.reduce((sum, count) => sum + count, 0);
  if ([...rowSums, ...columnSums].some((sum) => sum === 0)) {
    throw new MLOpsError('INVALID_INPUT', 'a contingency table needs at least one count in every row and column');
  }
  const degreesOfFreedom = (table.length - 1) * (columns - 1);
  if (degreesOfFreedom === 0) return { statistic: 0, pValue: 1, degreesOfFreedom };
  let statistic = 0;
  table.forEach((row, i) =>
    row.forEach((observed, j) => {
      const expected = (rowSums[i]! * columnSums[j]!) / total;
      const difference = Math.abs(observed - expected);
      const corrected = degreesOfFreedom === 1 ? difference - Math.min(0.5, difference) : difference;
      statistic += (corrected * corrected) / expected;
    }),
  );
  return { statistic, pValue: chiSquareSf(statistic, degreesOfFreedom), degreesOfFreedom };
}
