import type { Stratum } from '../../stats/stratified-difference.js';
import type { DecisionInputs } from './decision-inputs.js';
import type { CellTable, PairTable, StratumStatistics } from './deployment-statistics.js';
import { groupCount, segmentGroupCount } from './key-groups.js';
import { type Measure, clusterSums } from './measures.js';
import { isEmptyTable, mergePairTables } from './merge-statistics.js';

/** Strata by what they can be used for. */
export interface SortedStrata {
  /** One model answered: the step's share went to the canary. */
  readonly split: readonly StratumStatistics[];
  /** Both models scored. */
  readonly shadow: readonly StratumStatistics[];
}

/** All strata of steps that are logged. */
export function sortStrata({ steps, statistics }: DecisionInputs): SortedStrata {
  const modes = new Map(steps.map(({ step, mode }) => [step, mode]));
  return {
    split: statistics.strata.filter(({ step }) => modes.get(step) === 'split'),
    shadow: statistics.strata.filter(({ step, pairs }) => modes.has(step) && !isEmptyTable(pairs.all)),
  };
}

/** Those whose labels are complete by now: their cohort ended at least the label window ago. */
export function ripeStrata({ split, shadow }: SortedStrata, inputs: DecisionInputs): SortedStrata {
  const { cohortMs } = inputs.settings;
  const isRipe = ({ cohort }: StratumStatistics): boolean =>
    cohortMs === 0 || (cohort + 1) * cohortMs + inputs.labelWindowMs <= inputs.now;
  return { split: split.filter(isRipe), shadow: shadow.filter(isRipe) };
}

/** Number of key groups of all requests, or of one segment's. */
export const groupsOf = (segment: string | undefined): number =>
  segment === undefined ? groupCount : segmentGroupCount;

/** A measure of both arms in each stratum, of all requests or of one segment's. */
export function splitStrata(strata: readonly StratumStatistics[], measure: Measure, segment?: string): Stratum[] {
  const groups = groupsOf(segment);
  return strata.flatMap((stratum) => {
    const canary = cellsOf(stratum, 'canary', segment);
    const production = cellsOf(stratum, 'production', segment);
    if (canary === undefined || production === undefined) return [];
    return [{ canary: clusterSums(canary, measure, groups), production: clusterSums(production, measure, groups) }];
  });
}

const cellsOf = (
  stratum: StratumStatistics,
  arm: 'canary' | 'production',
  segment: string | undefined,
): CellTable | undefined =>
  segment === undefined ? stratum[arm].cells : ofSegment(stratum[arm].segments, segment)?.cells;

/** A segment may be called like something every object inherits. */
export const ofSegment = <T>(segments: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(segments, name) ? segments[name] : undefined;

/** The shadow requests of all strata, of all segments or of one; undefined when there are none. */
export function shadowPairs(strata: readonly StratumStatistics[], segment?: string): PairTable | undefined {
  const tables = strata.flatMap(({ pairs }) => {
    const table = segment === undefined ? pairs.all : ofSegment(pairs.segments, segment);
    return table === undefined ? [] : [table];
  });
  return tables.length === 0 ? undefined : tables.reduce(mergePairTables);
}
