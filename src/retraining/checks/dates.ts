import type { DataFinding } from '../retrain-result.js';
import { toIso } from '../../util/clock.js';
import type { DataCheck } from './check-inputs.js';

/** Clocks and time zones differ by less than this. */
const toleranceMs = 24 * 3_600_000;

/** Rows from the future: as the latest ones they would become the test of every model. */
export const futureDates: DataCheck = ({ plan, data, now }) => {
  if (plan.timeColumn === null) return [];
  const column = data.column(plan.timeColumn);
  if (column.kind !== 'date') return [];
  const future = column.values.filter((at) => at > now + toleranceMs);
  if (future.length === 0) return [];
  const finding: DataFinding = {
    check: 'future_dates',
    severity: 'blocking',
    column: plan.timeColumn,
    message: `${future.length} rows are dated after now (${toIso(now).slice(0, 10)}), the first ${toIso(future.reduce((a, b) => Math.min(a, b))).slice(0, 10)}: correct or remove them`,
  };
  return [finding];
};

/** Dates that nobody splits by: a random split would test on rows from the middle of what was learned. */
export const unusedDates: DataCheck = ({ plan, data }) => {
  if (plan.timeColumn !== null) return [];
  const dates = [...data.columns.values()].filter(({ kind }) => kind === 'date');
  return dates.map(({ name }) => ({
    check: 'unused_dates',
    severity: 'warning',
    column: name,
    message: `the rows are split at random, although ${name} dates them: training and test overlap in time; set models.${plan.modelType}.time_column to test on the latest rows`,
  }));
};
