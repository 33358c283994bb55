import { describe, expect, it } from 'vitest';
import { toTable } from '@bondx/mlops';
import { Predictions } from '../../src/drift/comparisons.js';
import type { Model } from '../../src/models/model.js';
import { atOnce } from '../../src/util/in-steps.js';

describe('Predictions', () => {
  it('asks the model once for each row, however often they are wanted', () => {
    let rows = 0;
    const model = {
      predictBatch: (table: { rowCount: number }) => {
        rows += table.rowCount;
        return new Float64Array(table.rowCount).fill(1);
      },
    } as unknown as Model;
    const tables = [toTable({ x: new Float64Array(3000) }), toTable({ x: new Float64Array(10) })];
    const predictions = new Predictions(undefined, model);
    for (const table of [...tables, ...tables]) {
      expect(atOnce(predictions.steps(table))).toHaveLength(table.rowCount);
    }
    expect(rows).toBe(3010);
  });

  it('takes predictions that were given, and has none without a model', () => {
    const table = toTable({ p: Float64Array.of(1, 2) });
    expect(atOnce(new Predictions('p', undefined).steps(table))).toEqual(Float64Array.of(1, 2));
    expect(atOnce(new Predictions(undefined, undefined).steps(table))).toBeUndefined();
  });
});
