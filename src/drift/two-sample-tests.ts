import type { CategoricalColumn, Column } from '../data/column.js';
import { andersonDarling } from '../stats/anderson-darling.js';
import { chiSquareContingency } from '../stats/chi-square.js';
import { contingencyPermutation } from '../stats/contingency-permutation.js';
import { cramerVonMises } from '../stats/cramer-von-mises.js';
import { ksTwoSample } from '../stats/ks.js';
import { sizeOf } from '../stats/total-variation.js';
import { MLOpsError } from '../errors.js';
import { refuse } from '../util/check.js';
import { nearest } from '../util/nearest.js';
import { createRandom } from '../util/random.js';
import { alignedCounts } from './categorical-effects.js';
import type { ColumnEffects } from './column-effects.js';
import type { DriftTest } from './drift-report.js';

interface Outcome {
  readonly statistic: number;
  readonly pValue: number;
}

/** Tests of numbers, missing ones left out; the types are written out for declarations that TypeScript before 5.7 reads. */
const numberTests = {
  ks_two_sample: ksTwoSample,
  cramer_von_mises: (reference: Float64Array, current: Float64Array) =>
    cramerVonMises(reference, current, { ties: 'corrected' }),
  anderson_darling: (reference: Float64Array, current: Float64Array) =>
    andersonDarling([reference, current], { ties: 'corrected' }),
} satisfies Partial<Record<DriftTest['name'], (reference: Float64Array, current: Float64Array) => Outcome>>;

type Counts = readonly number[];

/** Rows of the smaller side that a permutation test takes: about a second a column. */
const mostPermuted = 100_000;

/** Tests of counts of categories that one side at least has. */
const categoryTests = {
  chi_square: (before, after) => chiSquareContingency([before, after]),
  g_test: (before, after) => chiSquareContingency([before, after], { statistic: 'gTest' }),
  permutation: (before, after) => {
    const drawn = Math.min(sizeOf(before), sizeOf(after));
    if (drawn > mostPermuted) {
      refuse(
        `it would draw ${drawn} rows 999 times, and draws ${mostPermuted} at most; chi_square is right for so many ` +
          'unless categories are rare',
      );
    }
    return contingencyPermutation(before, after, { random: createRandom('sparse table'), permutations: 999 });
  },
} satisfies Partial<Record<DriftTest['name'], (before: Counts, after: Counts) => Outcome>>;

/** Tests of all features together. */
export const jointTestNames = ['energy_distance', 'classifier'] as const;

export type JointTestName = (typeof jointTestNames)[number];

/** A two-sample test that a drift check can make beside. */
export type TestName = keyof typeof numberTests | keyof typeof categoryTests | JointTestName;

const allNames: readonly string[] = [...Object.keys(numberTests), ...Object.keys(categoryTests), ...jointTestNames];

/** @throws MLOpsError `INVALID_INPUT` for a name that is none, with the nearest that is one */
export function checkTestNames(names: unknown): void {
  if (!Array.isArray(names)) refuse(`tests must be a list of names, of ${allNames.join(', ')}`);
  for (const name of names as unknown[]) {
    if (allNames.includes(name as string)) continue;
    const guess = typeof name === 'string' ? nearest(name, allNames) : undefined;
    refuse(
      `tests has ${JSON.stringify(name)}, which is no test; ` +
        (guess === undefined ? `there are ${allNames.join(', ')}` : `did you mean ${JSON.stringify(guess)}?`),
    );
  }
}

/** The tests asked for that fit the kind of two columns, each with values; what cannot be computed is a finding. */
export function twoSampleTests(
  baseline: Column,
  current: Column,
  names: readonly TestName[],
): Pick<ColumnEffects, 'findings'> & Required<Pick<ColumnEffects, 'tests'>> {
  const tests: Omit<DriftTest, 'adjustedPValue'>[] = [];
  const findings: ColumnEffects['findings'][number][] = [];
  const known =
    baseline.kind === 'categorical'
      ? testsOfCategories(baseline, current as CategoricalColumn)
      : testsOfNumbers(baseline.values, (current as typeof baseline).values);
  for (const name of new Set(names)) {
    const test = known.get(name);
    if (test === undefined) continue;
    try {
      const { statistic, pValue } = test();
      tests.push({ name: name as DriftTest['name'], statistic, pValue });
    } catch (error) {
      if (!(error instanceof MLOpsError)) throw error;
      findings.push({ kind: 'failed', message: `the test ${name} could not be made: ${error.message}` });
    }
  }
  return { tests, findings };
}

type Tests = ReadonlyMap<string, () => Outcome>;

function testsOfNumbers(before: Float64Array, after: Float64Array): Tests {
  const present = (values: Float64Array): Float64Array => values.filter((value) => !Number.isNaN(value));
  const [x, y] = [present(before), present(after)];
  return new Map(Object.entries(numberTests).map(([name, test]) => [name, () => test(x, y)]));
}

function testsOfCategories(baseline: CategoricalColumn, current: CategoricalColumn): Tests {
  const { before, after } = alignedCounts(baseline, current);
  return new Map(Object.entries(categoryTests).map(([name, test]) => [name, () => test(before, after)]));
}
