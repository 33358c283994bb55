import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Table, toTable } from '../../src/data/table.js';
import type { Model, Task, TrainingRequest, TrainingResult } from '../../src/models/contract.js';
import { metricsOf, numericTarget } from '../../src/models/metrics/metrics-of.js';
import { pinball } from '../../src/models/metrics/regression-metrics.js';
import { loadModel } from '../../src/models/model.js';
import { trainerFor } from '../../src/models/trainer.js';
import type { JsonObject } from '../../src/util/json.js';
import { createRandom } from '../../src/util/random.js';
import { featureColumns, readBonds, treesOf } from './bond-panel.js';

const train = (table: Table, options: Partial<TrainingRequest> = {}): Promise<TrainingResult> =>
  trainerFor('gradient_boosting').train({
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

/** From scikit-learn; see make_boosting_reference.py beside it. */
const reference = JSON.parse(readFileSync('tests/reference-models/boosting.json', 'utf8')) as {
  columns: (number | null)[][];
  categories: string[];
  target: number[];
  classes: number[];
  cases: {
    task: Task;
    options: JsonObject;
    predicted: number[];
  }[];
};

describe('gradient_boosting', () => {
  const fitReference = async ({ task, options }: (typeof reference.cases)[number]): Promise<Float64Array> => {
    const [x0, x1, x2] = reference.columns;
    const table = toTable({
      ...{ x0: x0!, x1: x1!, x2: x2!, x3: reference.categories },
      y: task === 'regression' ? reference.target : reference.classes,
    });
    const { model } = await train(table, {
      task,
      featureColumns: ['x0', 'x1', 'x2', 'x3'],
      hyperparameters: { max_iterations: 20, ...options },
    });
    return model.predictBatch(table);
  };
  const hasTies = ({ options }: { options: JsonObject }): boolean => /absolute|quantile/.test(JSON.stringify(options));

  it.each(reference.cases.filter((given) => !hasTies(given)))(
    'predicts what scikit-learn predicts: $task $options',
    async (given) => {
      // Its gradients are single precision.
      (await fitReference(given)).forEach((value, i) =>
        expect(Math.abs(value - given.predicted[i]!)).toBeLessThan(1e-4),
      );
    },
  );

  it.each(reference.cases.filter(hasTies))(
    'fits as well as scikit-learn where splits tie, and the first one found decides: $options',
    async (given) => {
      const alpha = given.options['loss'] === 'quantile' ? (given.options['quantile'] as number) : 0.5;
      const lossOf = (predicted: Float64Array): number =>
        pinball(Float64Array.from(reference.target), predicted, alpha);
      expect(lossOf(await fitReference(given)) / lossOf(Float64Array.from(given.predicted))).toBeLessThan(1.02);
    },
  );

  describe('on the bond panel', () => {
    let bonds: { train: Table; test: Table };
    let model: Model;
    beforeAll(async () => {
      bonds = await readBonds();
      ({ model } = await train(bonds.train, { targetColumn: 'spread_bps', featureColumns }));
    });

    it('explains more of a year it never saw than a single tree', () => {
      expect(score(model, bonds.test, 'spread_bps')['r2_score']).toBeGreaterThan(0.52);
    });

    it('predicts a row as it predicts the table, also after a trip through JSON', () => {
      const table = bonds.test.slice(0, 300);
      const again = loadModel(JSON.parse(JSON.stringify(model)));
      expect(JSON.stringify(again)).toBe(JSON.stringify(model));
      model.predictBatch(table).forEach((value, i) => {
        expect(model.predict(table.row(i))).toBe(value);
        expect(again.predict(table.row(i))).toBe(value);
      });
    });

    it('takes whatever a record holds: nothing, other types, categories never seen', () => {
      const nothing = model.predict({});
      expect(nothing).toSatisfy(Number.isFinite);
      expect(model.predict({ term: '99-Year', coupon_rate: 'high', maturity_years: null, age_years: {} })).toBe(
        nothing,
      );
      expect([...model.predictBatch(bonds.test.select(['date']).slice(0, 2))]).toEqual([nothing, nothing]);
      expect(model.predict({ coupon_rate: Infinity })).toSatisfy(Number.isFinite);
    });
  });

  it('is the same for the same seed, another for another, where rows and features are drawn', async () => {
    const { train: table } = await readBonds();
    const make = async (seed: number): Promise<string> => {
      const hyperparameters = { subsample: 0.5, max_features: 0.5, max_iterations: 10 };
      const options = { targetColumn: 'spread_bps', featureColumns, hyperparameters, random: createRandom(seed) };
      return JSON.stringify((await train(table, options)).model);
    };
    expect(await make(1)).toBe(await make(1));
    expect(await make(1)).not.toBe(await make(2));
  });

  it('learns from a part of rows and features nearly as well', async () => {
    const { train: table, test } = await readBonds();
    const hyperparameters = { subsample: 0.5, max_features: 0.6 };
    const { model } = await train(table, { targetColumn: 'spread_bps', featureColumns, hyperparameters });
    expect(score(model, test, 'spread_bps')['r2_score']).toBeGreaterThan(0.5);
  });

  it('never lets predictions move against a constraint, whatever the other features', async () => {
    const ratings = ['AAA', 'AA', 'A', 'BBB', 'BB', 'B', 'CCC'];
    const random = createRandom(5);
    const rows = Array.from({ length: 1500 }, () => {
      const notch = Math.floor(random.next() * ratings.length);
      const years = random.next() * 30;
      const noise = 150 * (random.next() - 0.5);
      return { rating: ratings[notch], years, spread: 20 * notch + years * (1 + notch) + noise };
    });
    for (const loss of ['squared', 'absolute', 'quantile']) {
      const { model } = await train(toTable(rows), {
        targetColumn: 'spread',
        featureColumns: ['rating', 'years'],
        hyperparameters: { loss, min_samples_leaf: 5 },
        categoryOrder: { rating: ratings },
        monotoneConstraints: { rating: 'increasing' },
      });
      const spreads = (years: number): number[] => ratings.map((rating) => model.predict({ rating, years }));
      expect(spreads(10).at(-1)).toBeGreaterThan(spreads(10)[0]! + 100);
      fc.assert(
        fc.property(fc.double({ min: -5, max: 40, noNaN: true }), (years) => {
          const curve = spreads(years);
          expect(curve).toEqual([...curve].sort((a, b) => a - b));
        }),
      );
    }
  });

  it.each(['gradient_boosting', 'extra_forest'])('%s warns of values that an order leaves out', async (algorithm) => {
    const fit = async (x: readonly unknown[], order: readonly string[]): Promise<readonly string[]> =>
      (
        await trainerFor(algorithm).train({
          table: toTable(x.map((value, i) => ({ x: value, y: i % 7 }))),
          ...{ targetColumn: 'y', featureColumns: ['x'], task: 'regression', hyperparameters: {} },
          ...{ random: createRandom(1), categoryOrder: { x: order } },
        })
      ).warnings;
    const grades = Array.from({ length: 60 }, (_, i) => ['A', 'B', 'CCC', null][i % 4]);
    expect(await fit(grades, ['B', 'A'])).toEqual([
      'category_order of x leaves out 15 of 60 values, such as "CCC": they count as missing',
    ]);
    expect(await fit(grades, ['CCC', 'B', 'A', 'AA'])).toEqual([]);
    const numbers = Array.from({ length: 60 }, (_, i) => i % 3);
    expect(await fit(numbers, ['0', '1'])).toEqual([
      'category_order of x leaves out 20 of 60 values, such as 2: they count as missing',
    ]);
    expect(await fit(numbers, ['2', '1', '0'])).toEqual([]);
  });

  it.each(['squared', 'absolute', 'quantile'])(
    'fits the same curve under a constraint in whatever unit the target is: %s',
    async (loss) => {
      const random = createRandom(11);
      const x = Float64Array.from({ length: 800 }, () => random.next());
      const z = Float64Array.from({ length: 800 }, () => random.next());
      const y = x.map((value, i) => 3 * value ** 2 - z[i]! + 0.1 * random.next());
      const fit = async (unit: number): Promise<Float64Array> => {
        const table = toTable({ x, z, y: y.map((value) => value * unit) });
        const { model } = await train(table, {
          featureColumns: ['x', 'z'],
          hyperparameters: { loss },
          monotoneConstraints: { x: 'increasing', z: 'decreasing' },
        });
        return model.predictBatch(table);
      };
      const predicted = await fit(1);
      // Powers of two, so that nothing is rounded otherwise.
      expect([...(await fit(1 / 128))]).toEqual([...predicted.map((value) => value / 128)]);
      expect([...(await fit(1024))]).toEqual([...predicted.map((value) => value * 1024)]);
      expect(metricsOf('regression', y, predicted)['mae']).toBeLessThan(0.04);
    },
  );

  it('quantile loss leaves the share of rows below that it is told', async () => {
    const random = createRandom(3);
    const x = Float64Array.from({ length: 4000 }, () => random.next());
    const table = toTable({ x, y: x.map((value) => 5 * value + random.next()) });
    const { model } = await train(table, { hyperparameters: { loss: 'quantile', quantile: 0.8 } });
    const below = model.predictBatch(table).filter((value, i) => value >= 5 * x[i]! + 0.8).length;
    expect(below / 4000).toBeGreaterThan(0.3);
    const covered = numericTarget(table, 'y').filter((y, i) => y <= model.predict({ x: x[i] })).length;
    expect(covered / 4000).toBeCloseTo(0.8, 1);
  });

  describe('early stopping', () => {
    const random = createRandom(9);
    const noise = toTable({
      x: Float64Array.from({ length: 600 }, () => random.next()),
      y: Float64Array.from({ length: 600 }, () => random.next()),
    });

    it('keeps the trees up to the least loss on held-back rows', async () => {
      const hyperparameters = { validation_size: 0.3, early_stopping_patience: 3, max_iterations: 50 };
      const seen: number[] = [];
      const { model } = await train(noise, { hyperparameters, onProgress: (fraction) => seen.push(fraction) });
      expect(treesOf(model).length).toBeLessThan(5);
      expect(seen.at(-1)).toBe(1);
      expect(seen.length).toBeLessThan(20);
    });

    it('warns of hyperparameters that have no effect without another one', async () => {
      const told = { quantile: 0.9, early_stopping_patience: 3, max_iterations: 1 };
      expect((await train(noise, { hyperparameters: told })).warnings).toEqual([
        'gradient_boosting ignores the hyperparameter quantile without loss: quantile',
        'gradient_boosting ignores the hyperparameter early_stopping_patience without validation_size',
      ]);
      const used = { ...told, loss: 'quantile', validation_size: 0.2 };
      expect((await train(noise, { hyperparameters: used })).warnings).toEqual([]);
    });

    it('goes by the rows of the request where it has some', async () => {
      const x = Float64Array.from({ length: 600 }, (_, i) => i);
      const validation = toTable({ x, y: x.map((value) => value % 7) });
      const table = toTable({ x, y: x.map((value) => value % 7) });
      const { model } = await train(table, { validation, hyperparameters: { max_iterations: 30 } });
      expect(treesOf(model)).toHaveLength(30);
    });
  });

  it('predicts a rare class as rare, not as impossible', async () => {
    const hyperparameters = { max_iterations: 1 };
    const { model } = await train(toTable({ x: [1, 2, 3], y: [0, 0, 0] }), { task: 'classification', hyperparameters });
    expect(model.predict({ x: 1 })).toBeCloseTo(0.11, 1);
  });

  it.each([0, 1])(
    'predicts a probability where every row is of class %i, however many trees it grows',
    async (label) => {
      const table = toTable(Array.from({ length: 40 }, (_, x) => ({ x, y: label })));
      const hyperparameters = { learning_rate: 1, max_iterations: 1000 };
      const { model } = await train(table, { task: 'classification', hyperparameters });
      expect(Math.abs(model.predict({ x: 1 }) - label)).toBeLessThan(1e-9);
    },
  );

  it('tells apart the 255 most frequent of many categories', async () => {
    const x = Array.from({ length: 3000 }, (_, i) => `c${i < 2550 ? i % 255 : i}`);
    const table = toTable({ x, y: x.map((name) => Number(name.slice(1)) % 2) });
    const hyperparameters = { min_samples_leaf: 1 };
    const { model } = await train(table, { hyperparameters });
    expect(model.predict({ x: 'c7' })).toBeGreaterThan(0.9);
    expect(model.predict({ x: 'c8' })).toBeLessThan(0.1);
    expect(model.predict({ x: 'c2999' })).toBe(model.predict({}));
  });

  it.each([
    [{ categoryOrder: { rating: ['A'] } }, 'category_order names "rating", which is no feature'],
    [{ monotoneConstraints: { rating: 'increasing' } }, 'monotone_constraints names "rating", which is no feature'],
    [{ categoryOrder: { x: ['A', 'A'] } }, 'names a category twice'],
    [{ categoryOrder: { x: Array.from({ length: 300 }, (_, i) => `${i}`) } }, 'more than 255 members'],
    [{ monotoneConstraints: { x: 'increasing' } }, 'have no order; give it one in category_order'],
    [{ hyperparameters: { loss: 'huber' } }, 'must be one of squared, absolute, quantile, got "huber"'],
    [{ hyperparameters: { learning_rate: 2 } }, 'learning_rate must be a number from'],
    [{ featureColumns: ['day'] }, 'is a date'],
  ] as const)('refuses %j', async (options, message) => {
    const table = toTable({ x: ['A', 'B'], day: ['2020-01-01', '2020-01-02'], y: [1, 2] });
    await expect(train(table, options as Partial<TrainingRequest>)).rejects.toThrow(message);
  });

  it('can be stopped on the way', async () => {
    const controller = new AbortController();
    const { train: table } = await readBonds();
    const stopped = train(table, {
      targetColumn: 'spread_bps',
      featureColumns,
      signal: controller.signal,
      onProgress: (fraction) => fraction > 0.2 && controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
