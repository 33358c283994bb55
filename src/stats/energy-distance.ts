import { MLOpsError } from '../errors.js';
import { checkCount } from '../util/check.js';
import { type Random, shuffle } from '../util/random.js';
import { checkSample, sortedSample } from './check-sample.js';

/**
 * Energy distance √(2E|X−Y| − E|X−X′| − E|Y−Y′|) = √(2∫(F − G)²) of two samples, in the square root of the values' unit; as
 * scipy.stats.energy_distance. NaN-free; infinite where the distribution functions differ towards an infinity.
 *
 * Source: Székely & Rizzo, "Energy statistics", J. Stat. Planning and Inference 143, 2013.
 *
 * @throws MLOpsError `INVALID_INPUT` for an empty sample or one that holds NaN
 */
export function energyDistance(reference: Float64Array, current: Float64Array): number {
  const x = sortedSample(reference, 'reference');
  const y = sortedSample(current, 'current');
  let i = 0;
  let j = 0;
  let area = 0;
  let from = 0;
  while (i < x.length || j < y.length) {
    const value = j >= y.length || (i < x.length && x[i]! <= y[j]!) ? x[i]! : y[j]!;
    const difference = (i * y.length - j * x.length) / (x.length * y.length);
    // A strip of no height may be infinitely long.
    if (difference !== 0) area += difference * difference * (value - from);
    while (i < x.length && x[i] === value) i++;
    while (j < y.length && y[j] === value) j++;
    from = value;
  }
  return Math.sqrt(2 * area);
}

/** What the permutation test of the energy distance found. */
export interface EnergyTestResult {
  /** Energy distance of the joint distributions, from Euclidean distances between rows. */
  readonly statistic: number;
  /** Share of label permutations at least as far apart, the observed one counted (Phipson & Smyth 2010). */
  readonly pValue: number;
}

/** Rows of both samples together beyond which the matrix of distances would take more than 300 MB. */
const largestTest = 6000;

/**
 * Multivariate energy test: do two samples of rows come from one joint distribution? Sensitive to changes in correlation
 * that no single column shows. Bring columns to comparable scales first. Takes O((n+m)²) memory and O((n+m)²) time a
 * permutation: a sample of some hundred rows is the intended size.
 *
 * @param reference columns of the reference sample, all of length n
 * @param current the same columns of the current sample, all of length m
 * @throws MLOpsError `INVALID_INPUT` for columns that do not match, are empty or hold NaN, rows infinitely far apart, more
 *   than 6,000 rows in all, or permutations that are no whole number from 1
 */
export function energyTest(
  reference: readonly Float64Array[],
  current: readonly Float64Array[],
  options: { readonly random: Random; readonly permutations?: number },
): EnergyTestResult {
  const { random, permutations = 199 } = options;
  checkCount(permutations, 'permutations', 1, 100_000);
  const n = checkColumns(reference, reference.length, 'reference');
  const total = n + checkColumns(current, reference.length, 'current');
  if (total > largestTest) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `${total} rows are too many for the energy test; sample at most ${largestTest}`,
    );
  }
  const distances = distanceMatrix(reference, current, n, total);
  const labels = Int32Array.from({ length: total }, (_, i) => (i < n ? 1 : 0));
  const observed = energyOf(distances, labels, n);
  let extreme = 1;
  for (let round = 0; round < permutations; round++) {
    shuffle(labels, random);
    if (energyOf(distances, labels, n) >= observed * (1 - 1e-12)) extreme++;
  }
  return { statistic: Math.sqrt(Math.max(0, observed)), pValue: extreme / (permutations + 1) };
}

function checkColumns(columns: readonly Float64Array[], expected: number, name: string): number {
  const rows = columns[0]?.length ?? 0;
  if (columns.length !== expected || columns.some((column) => column.length !== rows)) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `${name} must have the ${expected} columns of the reference, of equal length`,
    );
  }
  columns.forEach((column, i) => checkSample(column, `${name}[${i}]`));
  if (rows === 0) throw new MLOpsError('INVALID_INPUT', `${name} has no columns; at least one is needed`);
  return rows;
}

function distanceMatrix(
  reference: readonly Float64Array[],
  current: readonly Float64Array[],
  n: number,
  total: number,
): Float64Array {
  const squared = new Float64Array(total * total);
  reference.forEach((column, c) => {
    const values = new Float64Array(total);
    values.set(column);
    values.set(current[c]!, n);
    for (let i = 0; i < total; i++) {
      for (let j = 0; j < i; j++) squared[i * total + j]! += (values[i]! - values[j]!) ** 2;
    }
  });
  if (!squared.every(Number.isFinite)) {
    throw new MLOpsError(
      'INVALID_INPUT',
      'rows are infinitely far apart: leave out infinite values, and bring columns to comparable scales first',
    );
  }
  return squared.map(Math.sqrt);
}

/** 2E|X−Y| − E|X−X′| − E|Y−Y′| from the lower triangle of distances; rows labelled 1 are the first sample. */
function energyOf(distances: Float64Array, labels: Int32Array, n: number): number {
  const total = labels.length;
  const m = total - n;
  const sums = [0, 0, 0];
  for (let i = 0; i < total; i++) {
    const label = labels[i]!;
    const row = i * total;
    let first = 0;
    let all = 0;
    for (let j = 0; j < i; j++) {
      const distance = distances[row + j]!;
      all += distance;
      first += distance * labels[j]!;
    }
    sums[label + 1]! += first;
    sums[label]! += all - first;
  }
  const [withinCurrent, between, withinReference] = sums as [number, number, number];
  return 2 * (between / (n * m) - withinReference / (n * n) - withinCurrent / (m * m));
}
