import { addSums, emptySum } from '../../stats/exact-accumulator.js';
import type {
  ArmStatistics,
  CellTable,
  DeploymentStatistics,
  EventUnits,
  PairKeys,
  PairStatistics,
  PairSums,
  PairTable,
  PairedCounts,
  PairedSlots,
  SegmentStatistics,
  StratumStatistics,
} from './deployment-statistics.js';

/** Statistics of no outcome at all. */
export const noStatistics = (task: DeploymentStatistics['task']): DeploymentStatistics => ({
  version: 1,
  task,
  strata: [],
});

/** The statistics of both together. Associative, commutative and exact. */
export function mergeStatistics(a: DeploymentStatistics, b: DeploymentStatistics): DeploymentStatistics {
  return {
    version: 1,
    task: a.task,
    strata: mergeSorted(a.strata, b.strata, compareStrata, mergeStrata),
  };
}

/** Whether anything was recorded in a stratum. */
export const hasOutcomes = ({ canary, production, pairs }: StratumStatistics): boolean =>
  canary.cells.group.length + production.cells.group.length > 0 || !isEmptyTable(pairs.all);

export const isEmptyTable = ({ requests, labels, errors }: PairTable): boolean =>
  requests + labels + errors.both + errors.canaryOnly + errors.productionOnly === 0;

const compareStrata = (a: StratumStatistics, b: StratumStatistics): number => a.step - b.step || a.cohort - b.cohort;

const mergeStrata = (a: StratumStatistics, b: StratumStatistics): StratumStatistics => ({
  step: a.step,
  cohort: a.cohort,
  canary: mergeArms(a.canary, b.canary),
  production: mergeArms(a.production, b.production),
  pairs: mergePairs(a.pairs, b.pairs),
});

const mergeArms = (a: ArmStatistics, b: ArmStatistics): ArmStatistics => ({
  value: addSums(a.value, b.value),
  latency: mergeLatency(a.latency, b.latency),
  cells: mergeCells(a.cells, b.cells),
  events: mergeEvents(a.events, b.events),
  segments: mergeRecords(a.segments, b.segments, mergeSegments),
});

const mergeLatency = (a: ArmStatistics['latency'], b: ArmStatistics['latency']): ArmStatistics['latency'] =>
  mergeSorted(
    a,
    b,
    ([x], [y]) => x - y,
    ([bucket, x], [, y]) => [bucket, x + y] as const,
  );

const mergeSegments = (a: SegmentStatistics, b: SegmentStatistics): SegmentStatistics => ({
  cells: mergeCells(a.cells, b.cells),
  events: mergeEvents(a.events, b.events),
});

const mergeEvents = (a: EventUnits, b: EventUnits): EventUnits => ({
  error: union(a.error, b.error),
  slow: union(a.slow, b.slow),
  miss: union(a.miss, b.miss),
});

const union = (a: readonly number[], b: readonly number[]): readonly number[] =>
  mergeSorted(
    a,
    b,
    (x, y) => x - y,
    (x) => x,
  );

export function mergeCells(a: CellTable, b: CellTable): CellTable {
  const rows = mergeSorted(
    a.group.map((group, i) => ({ group, a: i, b: -1 })),
    b.group.map((group, i) => ({ group, a: -1, b: i })),
    (x, y) => x.group - y.group,
    (x, y) => ({ group: x.group, a: x.a, b: y.b }),
  );
  const counts = (of: (table: CellTable) => readonly number[]): number[] =>
    rows.map((row) => (of(a)[row.a] ?? 0) + (of(b)[row.b] ?? 0));
  const sums = (of: (table: CellTable) => readonly string[]): string[] =>
    rows.map((row) => addSums(of(a)[row.a] ?? emptySum, of(b)[row.b] ?? emptySum));
  return {
    group: rows.map(({ group }) => group),
    requests: counts((table) => table.requests),
    errors: counts((table) => table.errors),
    slow: counts((table) => table.slow),
    labels: counts((table) => table.labels),
    misses: counts((table) => table.misses),
    truePositives: counts((table) => table.truePositives),
    falsePositives: counts((table) => table.falsePositives),
    falseNegatives: counts((table) => table.falseNegatives),
    absolute: sums((table) => table.absolute),
    squared: sums((table) => table.squared),
  };
}

const mergePairs = (a: PairStatistics, b: PairStatistics): PairStatistics => ({
  value: addSums(a.value, b.value),
  latency: mergeLatency(a.latency, b.latency),
  all: mergePairTables(a.all, b.all),
  segments: mergeRecords(a.segments, b.segments, mergePairTables),
});

export function mergePairTables(a: PairTable, b: PairTable): PairTable {
  if (isEmptyTable(a)) return b;
  if (isEmptyTable(b)) return a;
  const sums = mergeUnkeyed(a, b);
  // Keys of a part of the pairs would say less than they seem to.
  return a.keys === undefined || b.keys === undefined ? sums : { ...sums, keys: mergePairKeys(a.keys, b.keys) };
}

const mergeUnkeyed = (a: PairTable, b: PairTable): PairTable => ({
  requests: a.requests + b.requests,
  errors: mergePairedCounts(a.errors, b.errors),
  slow: mergePairedCounts(a.slow, b.slow),
  labels: a.labels + b.labels,
  misses: mergePairedCounts(a.misses, b.misses),
  absolute: mergePairSums(a.absolute, b.absolute),
  squared: mergePairSums(a.squared, b.squared),
  answers: a.answers.map((count, i) => count + b.answers[i]!),
});

const mergePairKeys = (a: PairKeys, b: PairKeys): PairKeys => ({
  canary: mergeCells(a.canary, b.canary),
  production: mergeCells(a.production, b.production),
  events: {
    error: mergeSlots(a.events.error, b.events.error),
    slow: mergeSlots(a.events.slow, b.events.slow),
    miss: mergeSlots(a.events.miss, b.events.miss),
  },
});

const mergeSlots = (a: PairedSlots, b: PairedSlots): PairedSlots => ({
  canaryOnly: union(a.canaryOnly, b.canaryOnly),
  productionOnly: union(a.productionOnly, b.productionOnly),
  both: union(a.both, b.both),
});

const mergePairedCounts = (a: PairedCounts, b: PairedCounts): PairedCounts => ({
  canaryOnly: a.canaryOnly + b.canaryOnly,
  productionOnly: a.productionOnly + b.productionOnly,
  both: a.both + b.both,
});

const mergePairSums = (a: PairSums, b: PairSums): PairSums => ({
  canary: addSums(a.canary, b.canary),
  production: addSums(a.production, b.production),
  canarySquares: addSums(a.canarySquares, b.canarySquares),
  productionSquares: addSums(a.productionSquares, b.productionSquares),
  products: addSums(a.products, b.products),
  aboveBound: a.aboveBound + b.aboveBound,
});

/** Two sorted lists as one; equal elements are combined. */
function mergeSorted<T>(
  a: readonly T[],
  b: readonly T[],
  compare: (x: T, y: T) => number,
  combine: (x: T, y: T) => T,
): readonly T[] {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const merged: T[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const order = compare(a[i]!, b[j]!);
    if (order === 0) merged.push(combine(a[i++]!, b[j++]!));
    else merged.push(order < 0 ? a[i++]! : b[j++]!);
  }
  while (i < a.length) merged.push(a[i++]!);
  while (j < b.length) merged.push(b[j++]!);
  return merged;
}

/** Records by name, the names in order so that equal contents give equal text. */
function mergeRecords<T>(
  a: Readonly<Record<string, T>>,
  b: Readonly<Record<string, T>>,
  merge: (x: T, y: T) => T,
): Readonly<Record<string, T>> {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort((x, y) => (x < y ? -1 : 1));
  return Object.fromEntries(
    names.map((name) => {
      const [x, y] = [Object.hasOwn(a, name) ? a[name] : undefined, Object.hasOwn(b, name) ? b[name] : undefined];
      return [name, x === undefined ? y! : y === undefined ? x : merge(x, y)];
    }),
  );
}
