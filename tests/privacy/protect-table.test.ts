import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataProtection, KeyAdministration, toTable } from '@bondx/mlops';
import { protectTable } from '../../src/privacy/protect-table.js';
import { createWorld } from '../helpers.js';

const key = { keyId: '0123456789abcdef', secret: Buffer.alloc(32, 1) };
const column = (data: Parameters<typeof toTable>[0], rules: Parameters<typeof protectTable>[1]): unknown[] => {
  const table = protectTable(toTable(data), rules, key);
  return Array.from({ length: table.rowCount }, (_, i) => table.row(i)['c']);
};

describe('pseudonyms', () => {
  it('are keyed, normalized, and told apart by column and key', () => {
    const rule = { c: { action: 'pseudonymize' } } as const;
    const [first, second, composed, decomposed, missing] = column(
      { c: ['US1', 'US2', 'caf\u00e9', 'cafe\u0301', null] },
      rule,
    );
    const code = createHmac('sha256', key.secret).update('bondx-mlops pseudonym v1\0c\0US1').digest().subarray(0, 16);
    expect(first).toBe(`01234567:${code.toString('base64url')}`);
    expect(second).not.toBe(first);
    expect(composed).toBe(decomposed);
    expect(missing).toBeNull();
    const elsewhere = protectTable(toTable({ d: ['US1'] }), { d: { action: 'pseudonymize' } }, key);
    expect(elsewhere.row(0)['d']).not.toBe(first);
  });

  it('follow the key of the store and change when it is rotated', async () => {
    const { config, options } = createWorld();
    const protection = new DataProtection(config, options);
    const rules = { isin: { action: 'pseudonymize' } } as const;
    const [a, b] = [await protection.protect([{ isin: 'X' }], rules), await protection.protect([{ isin: 'X' }], rules)];
    expect(a.row(0)).toEqual(b.row(0));
    await new KeyAdministration(config, options).rotate('pseudonym');
    expect((await protection.protect([{ isin: 'X' }], rules)).row(0)).not.toEqual(a.row(0));
  });
});

describe('generalization', () => {
  it('takes dates to quarters', () => {
    const dates = ['2026-01-01', '2026-03-31', '2026-04-01', '2025-12-31', null];
    expect(column({ c: dates }, { c: { action: 'generalize', to: 'quarter' } })).toEqual([
      '2026-Q1',
      '2026-Q1',
      '2026-Q2',
      '2025-Q4',
      null,
    ]);
  });

  it('takes amounts to powers of ten, exact at the bounds', () => {
    const rule = { c: { action: 'generalize', to: 'power_of_ten' } } as const;
    expect(column({ c: [1000, 999, 1e15, -2_500_000, 0, 0.05, NaN] }, rule)).toEqual([
      '1e3',
      '1e2',
      '1e15',
      '-1e6',
      '0',
      '1e-2',
      null,
    ]);
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (value) => {
        const [text] = column({ c: [value] }, rule);
        const low = Number(text);
        return low <= value && value < Number(`1e${Number(String(text).slice(2)) + 1}`);
      }),
    );
  });

  it('takes ratings to bands', () => {
    const bands = { investment: ['AAA', 'BBB'], high_yield: ['BB'] };
    const rule = { c: { action: 'generalize', to: 'band', bands } } as const;
    expect(column({ c: ['AAA', 'BB', 'BBB', 'NR', null] }, rule)).toEqual([
      'investment',
      'high_yield',
      'investment',
      'other',
      null,
    ]);
  });
});

it('masks all but the end, and shows no length', () => {
  const rule = { c: { action: 'mask', keep: 4 } } as const;
  expect(column({ c: ['DE0001102580', 'abcd', 'a longer account 9917'] }, rule)).toEqual([
    '****2580',
    '****',
    '****9917',
  ]);
  expect(column({ c: ['x', 'y'] }, { c: { action: 'mask' } })).toEqual(['****', '****']);
});

it('leaves columns out, and all others as they are', () => {
  const table = protectTable(toTable([{ name: 'Ada', x: 1 }]), { name: { action: 'drop' } }, key);
  expect(table.row(0)).toEqual({ x: 1 });
});

it('refuses rules it does not know and columns that are not there', () => {
  const table = toTable([{ c: 'x', n: 1 }]);
  const rules: [object, RegExp][] = [
    [{ d: { action: 'drop' } }, /no column "d"/],
    [{ c: { action: 'hash' } }, /action/],
    [{ c: null }, /object/],
    [{ c: { action: 'mask', keep: -1 } }, /keep/],
    [{ c: { action: 'drop', keep: 1 } }, /no option "keep"/],
    [{ c: { action: 'generalize', to: 'decade' } }, /quarter, power_of_ten or band/],
    [{ c: { action: 'generalize', to: 'band' } }, /bands go with/],
    [{ c: { action: 'generalize', to: 'band', bands: { a: ['x'], b: ['x'] } } }, /each text in one/],
    [{ c: { action: 'generalize', to: 'quarter' } }, /only dates/],
    [{ c: { action: 'generalize', to: 'power_of_ten' } }, /only numbers/],
  ];
  for (const [rule, message] of rules) expect(() => protectTable(table, rule as never, key)).toThrow(message);
});
