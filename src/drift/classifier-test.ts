import { withSameBooleans } from '../data/boolean-text.js';
import { numberColumn } from '../data/column.js';
import { Table } from '../data/table.js';
import { trainerFor } from '../models/trainer.js';
import { binomialTail } from '../stats/distributions/binomial.js';
import { checkFeatures, checkOptions, refuse } from '../util/check.js';
import { createRandom, shuffle, type Random } from '../util/random.js';

/** How {@link classifierTest} trains and holds back. */
export interface ClassifierTestOptions {
  /** Columns looked at together; those of numbers or categories in both tables unless told. */
  readonly featureColumns?: readonly string[];
  /** Rows of each side used at most, drawn at random; 10,000. */
  readonly mostRows?: number;
  /** 1 unless told: the same seed and data give the same bits. */
  readonly seed?: number | string;
  readonly signal?: AbortSignal;
}

/** How well a model tells two data sets apart on rows held back. */
export interface ClassifierTestResult {
  /** Share of held-out rows whose side was told correctly; ½ where nothing tells the sides apart. */
  readonly accuracy: number;
  /** Chance of as many correct answers by guessing: binomial, one-sided. */
  readonly pValue: number;
  /** Rows held out, both sides together. */
  readonly rows: number;
}

/** Fewest rows of a side: half of them are held out. */
const fewestRows = 40;
/** A name that no column of a caller has by accident. */
const sideColumn = '(side)';

/**
 * Classifier two-sample test: do two tables come from one joint distribution? A gradient-boosted model learns on half of
 * the rows to tell the sides apart and is tried on the other half. It sees changes of dependence that no single column
 * shows, in numbers and categories alike. As many rows of each side are used, so a guess is right half the time; with the
 * model fixed, the number of correct answers has at most the spread of the binomial. Rows must be independent.
 *
 * Source: Lopez-Paz & Oquab, "Revisiting classifier two-sample tests", ICLR 2017.
 *
 * @throws MLOpsError `INVALID_INPUT` for fewer than 40 rows on a side, or no columns; `ABORTED`
 */
export async function classifierTest(
  reference: Table,
  current: Table,
  options: ClassifierTestOptions = {},
): Promise<ClassifierTestResult> {
  checkOptions(options, ['featureColumns', 'mostRows', 'seed', 'signal'], 'classifierTest');
  const { mostRows = 10_000, seed = 1, signal } = options;
  const shared = [...reference.columns.values()].flatMap(({ name, kind }) =>
    kind !== 'date' && current.columns.get(name)?.kind === kind ? [name] : [],
  );
  const featureColumns = options.featureColumns === undefined ? shared : checkFeatures(options.featureColumns);
  if (featureColumns.length === 0) refuse('the tables have no column in common; the classifier test needs one');
  const rows = Math.min(reference.rowCount, current.rowCount, mostRows);
  if (!(rows >= fewestRows)) {
    refuse(`the classifier test would use ${rows} rows of a side; it needs at least ${fewestRows}`);
  }
  const random = createRandom(seed);
  const [before, after] = [
    halves(reference, rows, random.split('reference')),
    halves(current, rows, random.split('current')),
  ];
  const { model } = await trainerFor('gradient_boosting').train({
    table: stacked(before.learn, after.learn, featureColumns),
    targetColumn: sideColumn,
    featureColumns,
    task: 'classification',
    hyperparameters: { max_iterations: 50, max_leaf_nodes: 8, validation_size: 0.2, early_stopping_patience: 5 },
    random: random.split('model'),
    ...(signal !== undefined && { signal }),
  });
  const count = (table: Table, isCorrect: (probability: number) => boolean): number =>
    model.predictBatch(table).filter(isCorrect).length;
  const correct = count(before.held, (p) => p < 0.5) + count(after.held, (p) => p >= 0.5);
  const held = before.held.rowCount + after.held.rowCount;
  return Object.freeze({ accuracy: correct / held, pValue: binomialTail(correct, held, 0.5), rows: held });
}

function halves(table: Table, rows: number, random: Random): { readonly learn: Table; readonly held: Table } {
  const order = Int32Array.from({ length: table.rowCount }, (_, row) => row);
  shuffle(order, random);
  const half = rows >> 1;
  return { learn: table.take(order.subarray(0, half)), held: table.take(order.subarray(half, rows)) };
}

/** Rows of both, reference first, with their side as a column. */
function stacked(reference: Table, current: Table, names: readonly string[]): Table {
  const pairs = names.map((name) => withSameBooleans(reference.column(name), current.column(name)));
  const side = (i: 0 | 1, { rowCount }: Table): Table =>
    new Table(
      pairs.map((pair) => pair[i]!),
      rowCount,
    );
  const rows = side(0, reference).concat(side(1, current));
  const sides = Float64Array.from({ length: rows.rowCount }, (_, row) => Number(row >= reference.rowCount));
  return rows.withColumn(numberColumn('numeric', sideColumn, sides));
}
