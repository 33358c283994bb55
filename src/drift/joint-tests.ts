import type { Table } from '../data/table.js';
import { MLOpsError } from '../errors.js';
import { benjaminiHochberg } from '../stats/benjamini-hochberg.js';
import { mean, standardDeviation } from '../stats/variance.js';
import { refuse } from '../util/check.js';
import { type Random, shuffle } from '../util/random.js';
import { runInWorker } from '../util/run-in-worker.js';
import { classifierTest } from './classifier-test.js';
import type { DriftInputs } from './comparisons.js';
import type { DriftFinding, JointTest } from './drift-report.js';
import { energyTask } from './energy-task.js';
import { type JointTestName, type TestName, jointTestNames } from './two-sample-tests.js';

/** What was made of the joint tests asked for. */
export interface MeasuredJoint {
  readonly tests: readonly JointTest[];
  /** Why a test could not be made. */
  readonly problems: readonly DriftFinding[];
}

/** Rows of a side in the energy test at most, drawn at random: its cost grows with their square. */
const mostRows = 300;
const fewestRows = 10;

type Made = Omit<JointTest, 'adjustedPValue'>;

/** Tests whether all features together come from one distribution; what cannot be tested is a finding. */
export async function jointTests(
  inputs: Pick<DriftInputs, 'baseline' | 'current' | 'featureColumns'>,
  names: readonly TestName[],
  random: Random,
  signal: AbortSignal | undefined,
): Promise<MeasuredJoint> {
  const made: Made[] = [];
  const problems: DriftFinding[] = [];
  const test = { energy_distance: energyOf, classifier: classifierOf } satisfies Record<JointTestName, unknown>;
  for (const name of jointTestNames.filter((joint) => names.includes(joint))) {
    try {
      made.push(await test[name](inputs, random.split(name), signal));
    } catch (error) {
      if (!(error instanceof MLOpsError) || error.code === 'ABORTED') throw error;
      problems.push({ kind: 'failed', message: `the test ${name} could not be made: ${error.message}` });
    }
  }
  const adjusted = benjaminiHochberg(made.map(({ pValue }) => pValue));
  return { tests: made.map((joint, i) => ({ ...joint, adjustedPValue: adjusted[i]! })), problems };
}

/** What joint tests say at significance α. Pure. */
export function jointFindings({ tests, problems }: MeasuredJoint, alpha: number): DriftFinding[] {
  const changed = tests.filter(({ adjustedPValue }) => adjustedPValue <= alpha);
  return [
    ...problems,
    ...changed.map(({ name, statistic, adjustedPValue, columns }) => ({
      kind: 'joint_distribution_changed' as const,
      message:
        `${columns.length === 1 ? 'a feature' : `${columns.length} features together`} changed by the test ${name}: ` +
        `statistic ${statistic.toPrecision(3)}, adjusted p ${adjustedPValue.toPrecision(2)}`,
    })),
  ];
}

type Sides = Pick<DriftInputs, 'baseline' | 'current' | 'featureColumns'>;

/** Features of the kinds wanted, the same on both sides, with values. */
function featuresOf({ baseline, current, featureColumns }: Sides, kinds: readonly string[]): string[] {
  const has = (table: Table, name: string): boolean =>
    (table.columns.get(name)?.missingCount ?? table.rowCount) < table.rowCount;
  return featureColumns.filter((name) => {
    const kind = baseline.columns.get(name)?.kind;
    return (
      kinds.includes(kind ?? '') &&
      kind === current.columns.get(name)?.kind &&
      has(baseline, name) &&
      has(current, name)
    );
  });
}

async function classifierOf(sides: Sides, random: Random, signal: AbortSignal | undefined): Promise<Made> {
  const columns = featuresOf(sides, ['numeric', 'categorical']);
  const { accuracy, pValue, rows } = await classifierTest(sides.baseline, sides.current, {
    featureColumns: columns,
    seed: random.seed ?? 1,
    ...(signal !== undefined && { signal }),
  });
  return { name: 'classifier', statistic: accuracy, pValue, rows, columns };
}

async function energyOf(sides: Sides, random: Random, signal: AbortSignal | undefined): Promise<Made> {
  const columns = featuresOf(sides, ['numeric']);
  if (columns.length === 0) refuse('no feature is numeric on both sides');
  const scales = columns.map((name) => scaleOf(valuesOf(sides.baseline, name)));
  const sample = (table: Table, side: Random): Float64Array[] => {
    const rows = completeRows(table, columns, side);
    return columns.map((name, c) => {
      const values = valuesOf(table, name);
      return Float64Array.from(rows, (row) => within((values[row]! - scales[c]!.centre) / scales[c]!.spread));
    });
  };
  const reference = sample(sides.baseline, random.split('baseline'));
  const current = sample(sides.current, random.split('current'));
  const [n, m] = [reference[0]!.length, current[0]!.length];
  if (Math.min(n, m) < fewestRows) {
    refuse(`there are ${n} and ${m} rows with a value in every numeric feature; at least ${fewestRows} are needed`);
  }
  const seed = random.split('permutations').seed ?? 'energy';
  const input = { reference, current, seed };
  const { statistic, pValue } = await runInWorker(energyTask, input, signal === undefined ? {} : { signal });
  return { name: 'energy_distance', statistic, pValue, rows: n + m, columns };
}

/** Beyond any data, and small enough that distances are finite; a baseline that hardly varies makes any number large. */
const within = (value: number): number => Math.max(-1e100, Math.min(1e100, value));

const valuesOf = (table: Table, name: string): Float64Array => {
  const column = table.column(name);
  return column.kind === 'categorical' ? new Float64Array() : column.values;
};

/** Centre and spread of the finite values; a constant is left on its own scale. */
function scaleOf(values: Float64Array): { readonly centre: number; readonly spread: number } {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return { centre: 0, spread: 1 };
  return { centre: mean(finite), spread: standardDeviation(finite) || 1 };
}

/** Rows, at most {@link mostRows}, in which every column has a finite value. */
function completeRows(table: Table, columns: readonly string[], random: Random): Int32Array {
  const values = columns.map((name) => valuesOf(table, name));
  const complete = Int32Array.from({ length: table.rowCount }, (_, row) => row).filter((row) =>
    values.every((column) => Number.isFinite(column[row])),
  );
  shuffle(complete, random);
  return complete.subarray(0, mostRows);
}
