import { CategoryPositions } from './category-positions.js';
import type { TrainingRequest } from './contract.js';

/** What is odd about the features, though nothing to stop for. */
export function featureWarnings({ table, featureColumns }: TrainingRequest): string[] {
  return featureColumns.flatMap((name) => {
    const column = table.column(name);
    if (column.missingCount === table.rowCount) return [`feature ${name} has no values and teaches nothing`];
    return column.kind === 'categorical' && column.categories.length > table.rowCount / 2
      ? [`feature ${name} has ${column.categories.length} categories in ${table.rowCount} rows: is it an identifier?`]
      : [];
  });
}

/** Seconds from which a training is worth a warning. */
const long = 10;

export const durationWarning = (algorithm: string, seconds: number, advice = ''): string[] =>
  seconds < long ? [] : [`${algorithm} takes about ${Math.round(seconds)} s for data of this size${advice}`];

/** For trainers that rank categories by their mean target. */
export const orderWarnings = ({ categoryOrder = {} }: TrainingRequest, algorithm: string): string[] => {
  const names = Object.keys(categoryOrder);
  if (names.length === 0) return [];
  return [`${algorithm} ignores category_order (${names.join(', ')}): it orders categories by their mean target`];
};

/** For trainers that go by the orders: values that theirs leaves out, such as a grade forgotten or misspelled there. */
export const leftOutWarnings = ({ table, categoryOrder = {} }: TrainingRequest): string[] =>
  Object.entries(categoryOrder).flatMap(([name, order]) => {
    const column = table.column(name);
    const positions = new CategoryPositions(name, order, NaN).ofColumn(column, table.rowCount);
    const count = positions.filter(Number.isNaN).length - column.missingCount;
    if (count === 0) return [];
    const row = positions.findIndex((position, i) => Number.isNaN(position) && table.row(i)[name] != null);
    const example = JSON.stringify(table.row(row)[name]);
    return [
      `category_order of ${name} leaves out ${count} of ${table.rowCount} values, such as ${example}: they count as missing`,
    ];
  });
