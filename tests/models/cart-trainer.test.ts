import { readFileSync } from 'node:fs';
import { DecisionTreeRegression } from 'ml-cart';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Table, toTable } from '../../src/data/table.js';
import type { Model, TrainingRequest, TrainingResult } from '../../src/models/contract.js';
import { largestPart } from '../../src/models/grow-tree.js';
import { metricsOf, numericTarget } from '../../src/models/metrics/metrics-of.js';
import { loadModel } from '../../src/models/model.js';
import { trainerFor } from '../../src/models/trainer.js';
import { createRandom } from '../../src/util/random.js';
import { featureColumns, readBonds, treesOf } from './bond-panel.js';

const train = (table: Table, options: Partial<TrainingRequest> = {}): Promise<TrainingResult> =>
  trainerFor('cart').train({
    table,
    targetColumn: 'y',
    featureColumns: ['x'],
    task: 'regression',
    hyperparameters: {},
    random: createRandom(42),
    ...options,
  });

const score = (model: Model, table: Table, targetColumn: string): Record<string, number> =>
  metricsOf(model.task, numericTarget(table, targetColumn), model.predictBatch(table));

/** From scikit-learn; see make_reference.py beside it. */
const reference = JSON.parse(readFileSync('tests/reference-models/tree.json', 'utf8')) as {
  columns: number[][];
  target: number[];
  fresh: number[][];
  trees: { max_depth: number; min_samples_split: number; nodeCount: number; fitted: number[]; predicted: number[] }[];
};

const named = (columns: number[][]): Record<string, number[]> =>
  Object.fromEntries(columns.map((values, i) => [`x${i}`, values]));

describe('cart', () => {
  it.each(reference.trees)(
    'grows the tree of scikit-learn: depth $max_depth, at least $min_samples_split rows',
    async ({ max_depth, min_samples_split, nodeCount, fitted, predicted }) => {
      expect(reference.target.length).toBeGreaterThan(3 * largestPart);
      const table = toTable({ ...named(reference.columns), y: reference.target });
      const options = { featureColumns: ['x0', 'x1', 'x2'], hyperparameters: { max_depth, min_samples_split } };
      const { model, warnings } = await train(table, options);
      expect(warnings).toEqual([]);
      expect(treesOf(model)[0]!.feature).toHaveLength(nodeCount);
      model.predictBatch(table).forEach((value, i) => expect(value).toBeCloseTo(fitted[i]!, 10));
      model
        .predictBatch(toTable(named(reference.fresh)))
        .forEach((value, i) => expect(value).toBeCloseTo(predicted[i]!, 10));
    },
  );

  it('grows the tree that ml-cart grows alone, though far faster', async () => {
    const rows = 700;
    const columns = reference.columns.map((values) => values.slice(0, rows));
    const target = reference.target.slice(0, rows);
    const table = toTable({ ...named(columns), y: target });
    const options = { featureColumns: ['x0', 'x1', 'x2'], hyperparameters: { max_depth: 6, min_samples_split: 8 } };
    const { model } = await train(table, options);
    const library = new DecisionTreeRegression({ maxDepth: 6, minNumSamples: 7, gainThreshold: -1 });
    library.train(
      target.map((_, i) => columns.map((values) => values[i]!)),
      target,
    );
    const theirs = library.predict(reference.fresh[0]!.map((_, i) => reference.fresh.map((values) => values[i]!)));
    model
      .predictBatch(toTable(named(reference.fresh)))
      .forEach((value, i) => expect(value).toBeCloseTo(theirs[i]!, 10));
  });

  describe('on the bond panel', () => {
    let bonds: { train: Table; test: Table };
    let model: Model;
    beforeAll(async () => {
      bonds = await readBonds();
      ({ model } = await train(bonds.train, { targetColumn: 'spread_bps', featureColumns }));
    });

    it('explains half of the variance in a year it never saw', () => {
      expect(score(model, bonds.test, 'spread_bps')['r2_score']).toBeGreaterThan(0.48);
    });

    it('predicts a row as it predicts the table, also after a trip through JSON', () => {
      const table = bonds.test.slice(0, 300);
      const batch = model.predictBatch(table);
      const again = loadModel(JSON.parse(JSON.stringify(model)));
      batch.forEach((value, i) => {
        expect(model.predict(table.row(i))).toBe(value);
        expect(again.predict(table.row(i))).toBe(value);
      });
    });

    it('predicts without the columns it was trained on, too', () => {
      expect(model.predict({})).toSatisfy(Number.isFinite);
      expect([...model.predictBatch(bonds.test.select(['date']).slice(0, 2))]).toEqual([
        model.predict({}),
        model.predict({}),
      ]);
    });
  });

  it('predicts probabilities for classification, and finds a perfect split', async () => {
    const x = Array.from({ length: 60 }, (_, i) => i);
    const { model } = await train(toTable({ x, y: x.map((i) => i >= 30) }), { task: 'classification' });
    expect(model.task).toBe('classification');
    expect([model.predict({ x: 29 }), model.predict({ x: 30 })]).toEqual([0, 1]);
  });

  it('learns a constant from features that say nothing', async () => {
    const y = Array.from({ length: 400 }, (_, i) => i % 2);
    const { model, warnings } = await train(toTable({ x: y.map(() => null), y }));
    expect(model.predict({ x: 1 })).toBe(0.5);
    expect(warnings).toEqual(['feature x has no values and teaches nothing']);
  });

  it('does not stumble over infinite features', async () => {
    const x = Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? -Infinity : i % 4 === 1 ? Infinity : i));
    const { model } = await train(toTable({ x, y: x.map((value) => (value === Infinity ? 1 : 0)) }));
    expect([Infinity, -Infinity, 5].map((value) => model.predict({ x: value }))).toEqual([1, 0, 0]);
  });

  it('reports progress to the end and can be stopped on the way', async () => {
    const { train: table } = await readBonds();
    const controller = new AbortController();
    const seen: number[] = [];
    await train(table, { targetColumn: 'spread_bps', featureColumns, onProgress: (fraction) => seen.push(fraction) });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
    const stopped = train(table, {
      targetColumn: 'spread_bps',
      featureColumns,
      signal: controller.signal,
      onProgress: (fraction) => fraction > 0 && controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('lets others have a turn while it works', async () => {
    const { train: table } = await readBonds();
    let turns = 0;
    const ticking = setInterval(() => turns++, 0);
    await train(table, { targetColumn: 'spread_bps', featureColumns, hyperparameters: { max_depth: 12 } });
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(0);
  });

  it('warns about hyperparameters it does not have, identifiers, and long work', async () => {
    const x = Array.from({ length: 40 }, (_, i) => `bond-${i}`);
    const { warnings } = await train(toTable({ x, y: x.map((_, i) => i) }), {
      hyperparameters: { maxdepth: 3, alpha: 1 },
    });
    expect(warnings).toEqual([
      'cart ignores the hyperparameter maxdepth; did you mean max_depth?',
      'cart ignores the hyperparameter alpha; it knows max_depth, min_samples_split',
      'feature x has 40 categories in 40 rows: is it an identifier?',
    ]);
  });

  it.each([
    ['max_depth', 0],
    ['max_depth', 2.5],
    ['max_depth', '8'],
    ['min_samples_split', 1],
  ])('refuses %s = %j', async (name, value) => {
    await expect(train(toTable({ x: [1], y: [1] }), { hyperparameters: { [name]: value } })).rejects.toThrow(
      `hyperparameter ${name} must be`,
    );
  });

  it.each([
    [{ y: [1, null] }, 'regression', 'missing in row 1'],
    [{ y: [1, Infinity] }, 'regression', 'Infinity in row 1'],
    [{ y: [0, 2] }, 'classification', 'classification needs 0 and 1'],
    [{ y: ['a', 'b'] }, 'regression', 'holds the text "a"'],
    [{ y: [] }, 'regression', 'no rows'],
  ] as const)('refuses the target %j for %s', async ({ y }, task, message) => {
    await expect(train(toTable({ x: y.map(() => 1), y }), { task })).rejects.toThrow(message);
  });
});
