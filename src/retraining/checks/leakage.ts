import { setImmediate } from 'node:timers/promises';
import type { Column } from '../../data/column.js';
import { numericTarget } from '../../models/target.js';
import { chatterjeeXi } from '../../stats/chatterjee-xi.js';
import { type Random, shuffle } from '../../util/random.js';
import type { DataFinding } from '../retrain-result.js';
import type { DataCheck } from './check-inputs.js';

/** A rank correlation from which a feature determines the target, and one from which that is suspected. */
const determines = 0.98;
const suspicious = 0.9;
/** Share of the target's variance that a pair of features, or the categories of one, explain when they determine it. */
const explainsAll = 0.999;
/** Rows looked at: what leaks in so many, leaks. */
const maxRows = 20_000;

/** Columns that the policy names as known only once the target is. */
export const declaredLeaks: DataCheck = ({ plan }) =>
  plan.featureColumns
    .filter((name) => plan.leakingColumns.includes(name))
    .map((column) => ({
      check: 'leaking_column',
      severity: 'blocking',
      column,
      message: `models.${plan.modelType}.leaking_columns names ${column}: it is not known when a prediction is wanted; leave it out of the features`,
    }));

/**
 * Features that tell the target outright. A single feature: Chatterjee's rank correlation, or for categories the share of
 * variance between them. Two together: the R² of a linear regression on both, which finds targets that are a difference
 * or a sum of columns.
 */
export const leakage: DataCheck = async ({ plan, train, random }) => {
  const order = Int32Array.from({ length: train.rowCount }, (_, row) => row);
  shuffle(order, random);
  const sample = train.take(order.subarray(0, maxRows));
  const target = numericTarget(sample, plan.targetColumn);
  if (target.every((value) => value === target[0])) return []; // whatever determines it says nothing
  const singles: DataFinding[] = [];
  for (const name of plan.featureColumns) {
    const { strength, where } = association(sample.column(name), target, random.split(name));
    if (strength >= suspicious) singles.push(single(name, strength, where));
    await setImmediate(); // others have a turn
  }
  const blocked = new Set(singles.filter(({ severity }) => severity === 'blocking').map(({ column }) => column));
  const numeric = plan.featureColumns.filter((name) => !blocked.has(name) && sample.column(name).kind === 'numeric');
  return [
    ...singles,
    ...(await pairs(
      numeric.map((name) => sample.column(name)),
      target,
    )),
  ];
};

function single(column: string, strength: number, where: string): DataFinding {
  const shown = `${Number(strength.toPrecision(3))} of 1${where}`;
  return strength >= determines
    ? {
        check: 'leakage',
        severity: 'blocking',
        column,
        message: `${column} alone determines the target (association ${shown}): it is the target in other words, or known only after it; leave it out`,
      }
    : {
        check: 'leakage',
        severity: 'warning',
        column,
        message: `${column} alone nearly determines the target (association ${shown}): make sure that it is known when a prediction is wanted`,
      };
}

/**
 * How well a column determines the target, from 0 to 1; 0 where it cannot be told. The rows that lack a value are alike, for that
 * may be what tells; they are left out as well, for a leak need not be known of every row.
 */
function association(column: Column, target: Float64Array, random: Random): { strength: number; where: string } {
  const cells = column.kind === 'categorical' ? column.codes : column.values;
  const isKnown = (row: number): boolean =>
    column.kind === 'categorical' ? cells[row]! >= 0 : !Number.isNaN(cells[row]);
  const order = Int32Array.from(target, (_, row) => row);
  shuffle(order, random); // so that rows of equal value are in random order: sorting is stable
  const known = order.filter(isKnown);
  if (known.length === 0) return { strength: 0, where: '' };
  const strength = (rows: Int32Array): number => {
    if (column.kind === 'categorical') {
      return betweenCategories(column.codes, column.categories.length, target, rows) >= explainsAll ? 1 : 0;
    }
    const key = (row: number): number => (isKnown(row) ? column.values[row]! : Infinity);
    const xi = chatterjeeXi(
      rows.sort((a, b) => (key(a) === key(b) ? 0 : key(a) - key(b))),
      target,
    );
    return Number.isNaN(xi) ? 0 : xi;
  };
  const ofAll = strength(order);
  const ofKnown = known.length < order.length && isTelling(known, target) ? strength(known) : 0;
  if (ofKnown <= ofAll) return { strength: ofAll, where: '' };
  const share = Number(((100 * known.length) / order.length).toPrecision(2));
  return { strength: ofKnown, where: `, in the ${share}% of the rows that have a value` };
}

/** Fewer rows, or fewer that differ from most, are parted by chance too often: by one of many columns. */
const fewestKnown = 100;
const fewestOthers = 10;

/** Whether some of all rows are enough to say that a column determines the target. */
function isTelling(rows: Int32Array, target: Float64Array): boolean {
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(target[row]!, (counts.get(target[row]!) ?? 0) + 1);
  const most = [...counts.values()].reduce((largest, count) => Math.max(largest, count), 0);
  return rows.length >= fewestKnown && rows.length - most >= fewestOthers;
}

/** Correlation ratio η² over the given rows; 0 when there are too few of them a category to tell. */
function betweenCategories(codes: Int32Array, categoryCount: number, target: Float64Array, rows: Int32Array): number {
  if (categoryCount > rows.length / 10) return 0;
  const sums = new Float64Array(categoryCount + 1);
  const counts = new Float64Array(categoryCount + 1);
  let mean = 0;
  for (const row of rows) {
    sums[codes[row]! + 1]! += target[row]!;
    counts[codes[row]! + 1]!++;
    mean += target[row]! / rows.length;
  }
  const total = rows.reduce((sum, row) => sum + (target[row]! - mean) ** 2, 0);
  const between = sums.reduce(
    (sum, s, i) => (counts[i] === 0 ? sum : sum + counts[i]! * (s / counts[i]! - mean) ** 2),
    0,
  );
  return total === 0 ? 0 : between / total;
}

async function pairs(columns: readonly Column[], target: Float64Array): Promise<readonly DataFinding[]> {
  const found: DataFinding[] = [];
  for (let i = 0; i < columns.length; i++) {
    for (let j = i + 1; j < columns.length; j++) {
      const [a, b] = [columns[i]!, columns[j]!];
      if (a.kind !== 'numeric' || b.kind !== 'numeric') continue;
      await setImmediate();
      // NaN where squares are beyond a double: then it cannot be told.
      if (!(linearShare(a.values, b.values, target) >= explainsAll)) continue;
      found.push({
        check: 'leakage',
        severity: 'blocking',
        column: a.name,
        message: `${a.name} and ${b.name} together determine the target (a linear regression on both explains ${100 * explainsAll}% of its variance or more): leave one of them out`,
      });
    }
  }
  return found;
}

/** R² of the target on two columns, over the rows where both are there; 0 where it cannot be told. */
function linearShare(a: Float64Array, b: Float64Array, y: Float64Array): number {
  let n = 0;
  const [mean, square, cross] = [new Float64Array(3), new Float64Array(3), new Float64Array(3)];
  for (let row = 0; row < y.length; row++) {
    if (!Number.isFinite(a[row]!) || !Number.isFinite(b[row]!)) continue;
    n++;
    // Welford's update of means, squared deviations, and the products ab, ay, by
    const before = [a[row]! - mean[0]!, b[row]! - mean[1]!, y[row]! - mean[2]!];
    for (let k = 0; k < 3; k++) mean[k]! += before[k]! / n;
    const after = [a[row]! - mean[0]!, b[row]! - mean[1]!, y[row]! - mean[2]!];
    for (let k = 0; k < 3; k++) square[k]! += before[k]! * after[k]!;
    cross[0]! += before[0]! * after[1]!;
    cross[1]! += before[0]! * after[2]!;
    cross[2]! += before[1]! * after[2]!;
  }
  if (n < 20 || square.some((value) => value <= 0)) return 0;
  const ab = cross[0]! / Math.sqrt(square[0]! * square[1]!);
  const ay = cross[1]! / Math.sqrt(square[0]! * square[2]!);
  const by = cross[2]! / Math.sqrt(square[1]! * square[2]!);
  const independent = 1 - ab * ab;
  return independent < 1e-9 ? 0 : (ay * ay + by * by - 2 * ab * ay * by) / independent;
}
