import type { Table } from '../data/table.js';
import { type AnyModel, closeModel } from '../models/async-model.js';
import type { Task, Trainer } from '../models/contract.js';
import { numericTarget } from '../models/target.js';
import { type JsonObject, canonicalJson } from '../util/json.js';
import { type Random, shuffle } from '../util/random.js';
import { aimOf, meanLoss } from './losses.js';
import type { TuningResult } from './retrain-result.js';
import { type SearchSpace, drawCandidate } from './search-space.js';

/** Each round keeps one candidate in so many and gives the rest so many times the rows. */
const eta = 3;
/** Fewer rows than this tell candidates apart by chance only. */
const minRows = 200;

export interface TuneOptions {
  readonly trainer: Trainer<AnyModel>;
  readonly space: SearchSpace;
  /** Rows to learn from, and rows to choose by. */
  readonly learn: Table;
  readonly validate: Table;
  readonly task: Task;
  readonly featureColumns: readonly string[];
  readonly targetColumn: string;
  /** Set by hand: no candidate differs in them. */
  readonly fixed: JsonObject;
  readonly candidates: number;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number) => void;
}

interface Candidate {
  readonly hyperparameters: JsonObject;
  /** Order of drawing: of equals the earlier is kept, the defaults first. */
  readonly rank: number;
  readonly loss: number;
}

/**
 * Successive halving (Jamieson and Talwalkar 2016, AISTATS): many candidates learn from few rows, the better third goes
 * on with three times the rows, until the last learn from all. The trainer's defaults are one of the candidates and go
 * through every round, so the choice is never worse than they are on the validation rows.
 */
export async function tune(options: TuneOptions): Promise<TuningResult> {
  const { learn, random } = options;
  let field = drawField(options);
  const drawn = field.length;
  const order = Int32Array.from({ length: learn.rowCount }, (_, row) => row);
  shuffle(order, random.split('rows'));
  const sizes = roundSizes(learn.rowCount, field.length);
  const total = sizes.reduce((sum, _, round) => sum + Math.ceil(drawn / eta ** round), 0);
  let trainings = 0;
  for (const [round, size] of sizes.entries()) {
    const rows = size === learn.rowCount ? learn : learn.take(order.slice(0, size).sort());
    const scored: Candidate[] = [];
    for (const candidate of field) {
      scored.push({ ...candidate, loss: await validationLoss(options, rows, candidate.hyperparameters) });
      options.onProgress(Math.min(1, ++trainings / total));
    }
    const ranked = scored.sort((a, b) => a.loss - b.loss || a.rank - b.rank);
    const isLast = round === sizes.length - 1;
    field = isLast ? ranked : keepDefaults(ranked, Math.max(1, Math.ceil(ranked.length / eta)));
  }
  const [best, defaults] = [field[0]!, field.find(({ rank }) => rank === 0)!];
  const { loss, hyperparameters } = best;
  const validationRows = options.validate.rowCount;
  return { hyperparameters, candidates: drawn, trainings, loss, defaultLoss: defaults.loss, validationRows };
}

/** The defaults, and points of the space, none twice. */
function drawField({ space, fixed, candidates, random }: TuneOptions): Candidate[] {
  const found = new Map<string, Candidate>();
  const add = (hyperparameters: JsonObject): void => {
    const key = canonicalJson(hyperparameters);
    if (!found.has(key)) found.set(key, { hyperparameters, rank: found.size, loss: Infinity });
  };
  add(fixed);
  for (let i = 1; i < candidates; i++) add(drawCandidate(space, fixed, random.split(`candidate/${i}`)));
  return [...found.values()];
}

/** Rows of each round: a power of {@link eta} fewer than all, not below {@link minRows}. */
function roundSizes(rowCount: number, candidates: number): number[] {
  const rounds = Math.max(1, Math.ceil(Math.log(candidates) / Math.log(eta)));
  const sizes = Array.from({ length: rounds }, (_, round) => Math.round(rowCount / eta ** (rounds - 1 - round)));
  return sizes.map((size) => Math.min(rowCount, Math.max(minRows, size)));
}

function keepDefaults(ranked: readonly Candidate[], count: number): Candidate[] {
  const kept = ranked.slice(0, count);
  return kept.some(({ rank }) => rank === 0) ? kept : [...kept, ranked.find(({ rank }) => rank === 0)!];
}

async function validationLoss(options: TuneOptions, learn: Table, hyperparameters: JsonObject): Promise<number> {
  const { trainer, validate, task, featureColumns, targetColumn, random, signal } = options;
  const { model } = await trainer.train({
    table: learn,
    targetColumn,
    featureColumns,
    task,
    hyperparameters,
    random: random.split('train'),
    signal,
  });
  const predictions = await model.predictBatch(validate);
  await closeModel(model);
  const aim = aimOf(task, trainer.algorithm, hyperparameters);
  return meanLoss(aim, numericTarget(validate, targetColumn), predictions);
}
