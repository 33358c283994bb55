import { type BaselineProfile, summaryOf } from '../../data/baseline-profile.js';
import type { DriftReport } from '../../drift/drift-report.js';
import { refuse } from '../../util/check.js';
import type { Chart } from '../charts/chart.js';
import { distribution } from '../charts/distribution.js';
import { byImportance } from '../charts/drift-distances.js';
import { valueShares } from '../charts/value-shares.js';

/** Columns whose values are shown at most, those that matter most. */
const mostCharts = 100;

/** A chart of the values of each column that both profiles know. */
export function distributions(
  { columns, inputs }: DriftReport,
  {
    baselineProfile,
    currentProfile,
  }: { readonly baselineProfile?: BaselineProfile; readonly currentProfile?: BaselineProfile },
): readonly Chart[] {
  if (baselineProfile === undefined && currentProfile === undefined) return [];
  if (baselineProfile === undefined || currentProfile === undefined)
    refuse('values are shown side by side: pass both baselineProfile and currentProfile, or neither');
  const baseline = summaryOf(baselineProfile);
  const current = summaryOf(currentProfile);
  checkRows('baselineProfile', baseline.rowCount, inputs.baselineRows);
  checkRows('currentProfile', current.rowCount, inputs.currentRows);
  return byImportance(columns)
    .slice(0, mostCharts)
    .flatMap(({ column }) => {
      const before = baseline.columns.get(column);
      const after = current.columns.get(column);
      const shares = before && after && valueShares(before, after);
      return shares === undefined ? [] : [distribution(column, shares)];
    });
}

function checkRows(what: string, found: number, checked: number): void {
  if (found !== checked)
    refuse(`${what} counts ${found} rows, the report is about ${checked}: make it from the data that was checked`);
}
