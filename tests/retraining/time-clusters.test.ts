import { describe, expect, it } from 'vitest';
import { toTable } from '../../src/data/table.js';
import { timeClusters } from '../../src/retraining/time-clusters.js';

describe('rows of one time stamp', () => {
  it.each([
    ['dates', ['2024-03-01', '2024-01-01', '2024-02-01', '2024-01-01']],
    ['numbers', [30, 4, 10, 4]],
    ['texts', ['2024-Q3', '2024-Q1', '2024-Q2', '2024-Q1']],
  ])('are numbered in the order of time, whatever that of the rows: %s', (_, when) => {
    const found = timeClusters(toTable({ when }), 'when');
    expect(found).toEqual({ codes: Int32Array.of(2, 0, 1, 0), count: 3 });
  });
});
