import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assessAnonymity } from '@bondx/mlops';

const rows = (sector: string, rating: string, defaults: readonly string[]): object[] =>
  defaults.map((value) => ({ sector, rating, default: value }));

describe('anonymity', () => {
  it('is met when enough rows look alike and do not give the secret away', () => {
    const data = [
      ...rows('bank', 'A', ['y', 'n', 'n', 'n', 'y']),
      ...rows('auto', 'B', ['n', 'y', 'n', 'n', 'n', 'n']),
    ];
    expect(assessAnonymity(data as never, { quasiIdentifiers: ['sector', 'rating'], sensitive: ['default'] })).toEqual({
      verdict: 'met',
      k: 5,
      l: { default: 2 },
      groups: 2,
      rowsBelowK: 0,
      rowsBelowL: 0,
      findings: [],
    });
  });

  it('is not met by small groups, nor by groups with one secret', () => {
    const data = [...rows('bank', 'A', ['y', 'n']), ...rows('auto', 'B', ['n', 'n', 'n', 'n', 'n'])];
    const report = assessAnonymity(data, { quasiIdentifiers: ['sector'], sensitive: ['default'] });
    expect(report).toMatchObject({ verdict: 'not_met', k: 2, l: { default: 1 }, rowsBelowK: 2, rowsBelowL: 5 });
    expect(report.findings).toHaveLength(2);
  });

  it('is not assessed without rows, and takes missing cells as alike', () => {
    expect(assessAnonymity({ a: [] }, { quasiIdentifiers: ['a'] }).verdict).toBe('not_assessed');
    expect(assessAnonymity({ a: [NaN, null, 1, 1] }, { quasiIdentifiers: ['a'], k: 2 })).toMatchObject({
      k: 2,
      groups: 2,
    });
  });

  it('counts as the definition does, for any table', () => {
    const cell = fc.integer({ min: 0, max: 2 });
    const table = fc.array(fc.record({ a: cell, b: cell, s: cell }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(table, (data) => {
        const alike = (x: { a: number; b: number }) => data.filter(({ a, b }) => a === x.a && b === x.b);
        const report = assessAnonymity(data, { quasiIdentifiers: ['a', 'b'], sensitive: ['s'] });
        expect(report.k).toBe(Math.min(...data.map((row) => alike(row).length)));
        expect(report.l['s']).toBe(Math.min(...data.map((row) => new Set(alike(row).map(({ s }) => s)).size)));
        expect(report.rowsBelowK).toBe(data.filter((row) => alike(row).length < 5).length);
      }),
    );
  });

  it('refuses what makes no sense', () => {
    expect(() => assessAnonymity({ a: [1] }, { quasiIdentifiers: [] })).toThrow(/at least one/);
    expect(() => assessAnonymity({ a: [1] }, { quasiIdentifiers: ['a'], k: 0 })).toThrow(/whole number/);
    expect(() => assessAnonymity({ a: [1] }, { quasiIdentifiers: ['b'] })).toThrow(/no column "b"/);
  });
});
