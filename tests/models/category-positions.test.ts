import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MLOpsConfig, toTable } from '@bondx/mlops';
import { CategoryPositions } from '../../src/models/category-positions.js';
import { trainModel } from '../../src/retraining/train-model.js';

const positionsIn = (categories: readonly string[], cells: readonly unknown[]): number[] => {
  const table = toTable({ code: cells });
  return [...new CategoryPositions('code', categories, -9).ofColumn(table.column('code'), table.rowCount)];
};

describe('the positions of categories', () => {
  it('are those of the texts, also where all cells of a table spell numbers or dates, which keeps no text', () => {
    const categories = ['A12', '010', '7.50', '2020-01-31', '5%'];
    expect(positionsIn(categories, ['010', 'A12', null, 'B'])).toEqual([1, 0, -9, -9]);
    expect(positionsIn(categories, ['010', '7.50', '8', null])).toEqual([1, 2, -9, -9]);
    expect(positionsIn(categories, [10, 7.5, NaN])).toEqual([1, 2, -9]);
    expect(positionsIn(categories, ['2020-01-31', '2020-02-01'])).toEqual([3, -9]);
    expect(positionsIn(categories, ['5%', '6%'])).toEqual([4, -9]);
  });

  it('are refused where a number may be one of several', () => {
    expect(positionsIn(['7', '007', '8'], ['8'])).toEqual([2]);
    expect(positionsIn(['7', '007', '8'], ['007', 'x', '7'])).toEqual([1, -9, 0]);
    expect(() => positionsIn(['7', '007', '8'], ['007', '8'])).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        message:
          'feature "code" was read as numeric, and 7 may be one of several categories of the model; read it as texts: toTable(rows, { types: { "code": \'categorical\' } })',
      }),
    );
    const table = toTable([{ code: '007' }], { types: { code: 'categorical' } });
    expect([...new CategoryPositions('code', ['7', '007'], -9).ofColumn(table.column('code'), 1)]).toEqual([1]);
    expect(new CategoryPositions('code', ['7', '007'], -9).ofCell(7)).toBe(0);
    expect(new CategoryPositions('code', ['07', '007'], -9).ofCell(7)).toBe(-9);
  });

  it('are one by one what they are in a table, or refused there', () => {
    const code = fc.constantFrom('7', '007', '07.0', '010', '10', 'A1', '1e3', '1000', 'x', '2020-01-01', '5%');
    fc.assert(
      fc.property(fc.uniqueArray(code), fc.array(code, { minLength: 1, maxLength: 4 }), (categories, cells) => {
        const positions = new CategoryPositions('code', categories, -9);
        const table = toTable({ code: cells });
        let found: number[];
        try {
          found = [...positions.ofColumn(table.column('code'), cells.length)];
        } catch {
          return;
        }
        for (const [i, cell] of cells.entries())
          if (categories.includes(cell)) expect(found[i]).toBe(positions.ofCell(cell));
      }),
    );
  });
});

it.each(['gradient_boosting', 'random_forest', 'extra_forest', 'cart'])(
  'a %s predicts a batch whose codes all spell numbers as it predicts them one by one',
  async (algorithm) => {
    const codes = ['007', 'A12', '010', 'B7'];
    const data = Array.from({ length: 400 }, (_, i) => ({ code: codes[i % 4], x: (i * 7919) % 13, y: (i % 4) * 10 }));
    const config = MLOpsConfig.default({ environment: {} });
    const options = { modelType: 'm', featureColumns: ['code', 'x'], targetColumn: 'y', data, algorithm };
    const model = (await trainModel(config, options)).model;
    const rows = data.filter(({ code }) => code === '007' || code === '010').slice(0, 20);
    expect([...model.predictBatch(toTable(rows))]).toEqual(rows.map((row) => model.predict(row)));
    expect(Math.abs(model.predict(rows[0]!) - 0)).toBeLessThan(3);
  },
);
