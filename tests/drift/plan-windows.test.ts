import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planWindows } from '../../src/drift/windows/plan-windows.js';

const day = 86_400_000;
const at = (...days: number[]): Float64Array => Float64Array.from(days, (value) => value * day);
const rowsOf = (plan: ReturnType<typeof planWindows>): number[][] => plan.windows.map(({ rows }) => [...rows]);

describe('windows by time', () => {
  it('begin at midnight before the first row, and are complete when the data reach their end', () => {
    const plan = planWindows(at(10.5, 11, 12.4, 13, 14), { lengthMs: 2 * day });
    expect(rowsOf(plan)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(plan.windows[1]).toMatchObject({ from: 12 * day, to: 14 * day });
    expect(plan.pending).toEqual({ from: 14 * day, rows: 1 });
  });

  it('take rows in whatever order, and leave those without a time out', () => {
    const plan = planWindows(at(12.4, NaN, 10, 14.5, 11.5), { lengthMs: 2 * day });
    expect(rowsOf(plan)).toEqual([[2, 4], [0]]);
    expect(plan.rowsWithoutTime).toBe(1);
  });

  it('may be empty', () => {
    expect(rowsOf(planWindows(at(1, 7), { lengthMs: 2 * day }))).toEqual([[0], [], []]);
  });

  it('go on where they are told, leaving late rows alone, up to where the data are said to be complete', () => {
    const plan = planWindows(at(9, 10, 11, 12), { lengthMs: day, from: 10 * day, until: 12 * day });
    expect(rowsOf(plan)).toEqual([[1], [2]]);
    expect(plan).toMatchObject({ lateRows: 1, pending: { from: 12 * day, rows: 1 } });
  });

  it('are not completed by a row that says it is of later than can be', () => {
    const plan = planWindows(at(1, 2, 3.5, 400), { lengthMs: day, latest: 5 * day });
    expect(rowsOf(plan)).toEqual([[0], [1]]);
    expect(plan).toMatchObject({ pending: { from: 3 * day, rows: 2 }, rowsAhead: 1 });
    expect(rowsOf(planWindows(at(1, 2, 3, 400), { rows: 2, latest: 5 * day }))).toEqual([[0, 1]]);
    expect(planWindows(at(400), { lengthMs: day, latest: 5 * day })).toMatchObject({ windows: [], rowsAhead: 1 });
  });

  it('are at most a thousand at once', () => {
    expect(() => planWindows(at(0, 1001), { lengthMs: day })).toThrow(/1001 windows; at most 1000/);
  });
});

describe('windows by rows', () => {
  it('keep rows of one time together, and wait for a later row', () => {
    const plan = planWindows(at(1, 2, 2, 3, 4, 5), { rows: 2 });
    expect(rowsOf(plan)).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    expect(plan.windows.map(({ from, to }) => [from / day, to / day])).toEqual([
      [1, 3],
      [3, 5],
    ]);
    expect(plan.pending).toEqual({ from: 5 * day, rows: 1 });
    expect(rowsOf(planWindows(at(1, 2), { rows: 2 }))).toEqual([]);
    expect(rowsOf(planWindows(at(1, 2), { rows: 2, until: 3 * day }))).toEqual([[0, 1]]);
  });
});

describe('any windows', () => {
  const shapes = fc.oneof(
    fc.record({ lengthMs: fc.integer({ min: 1, max: 20 }).map((days) => days * day) }),
    fc.record({ rows: fc.integer({ min: 1, max: 9 }) }),
  );
  const days = fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 60 });

  it('hold each row once, in order, within their bounds, which touch', () => {
    fc.assert(
      fc.property(days, shapes, (values, shape) => {
        const times = at(...values);
        const { windows, pending, lateRows } = planWindows(times, shape);
        const rows = windows.flatMap((window) => [...window.rows]);
        expect(new Set(rows).size).toBe(rows.length);
        expect(rows.length + pending.rows + lateRows).toBe(values.length);
        windows.forEach(({ from, to, rows: own }, i) => {
          expect(own.every((row) => times[row]! >= from && times[row]! < to)).toBe(true);
          if (i > 0) expect(from).toBe(windows[i - 1]!.to);
        });
      }),
    );
  });

  it('are the same when the data come in two parts, the second with all rows', () => {
    fc.assert(
      fc.property(days, shapes, fc.integer({ min: 0, max: 99 }), (values, shape, seen) => {
        const times = at(...values, 0); // both begin at one row
        const first = Float64Array.from(times).filter((time) => time <= seen * day);
        const before = planWindows(first, shape).windows;
        const after = planWindows(times, { ...shape, from: before.at(-1)?.to ?? 0 }).windows;
        const bounds = (windows: typeof before) => windows.map(({ from, to, rows }) => [from, to, rows.length]);
        expect([...bounds(before), ...bounds(after)]).toEqual(bounds(planWindows(times, shape).windows));
      }),
    );
  });
});
