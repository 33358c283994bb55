import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BaselineProfile, createProfile, mergeProfiles, toTable } from '@bondx/mlops';
import { createRandom } from '../../src/util/random.js';

const cell = fc.oneof(
  { weight: 6, arbitrary: fc.double({ noNaN: false }) },
  { weight: 2, arbitrary: fc.integer({ min: -5, max: 5 }) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const text = fc.oneof(fc.constantFrom('AAA', 'AA+', 'NR', 'ü', '__proto__'), fc.string(), fc.constant(null));
const row = fc.record({ number: cell, text, day: fc.constantFrom('2024-01-31', '2025-02-28', null) });

const columnOf = (profile: BaselineProfile, name: string) => profile.columns.find((column) => column.name === name)!;

/** Rows of many different texts and numbers. */
const wide = (seed: string, rows: number, length: number) => {
  const random = createRandom(seed);
  return Array.from({ length: rows }, () => ({
    id: `${Math.floor(random.next() * 1e9).toString(36)}${'é'.repeat(length)}`,
    number: Math.exp(20 * (random.next() - 0.5)) * (random.next() < 0.5 ? -1 : 1),
    mixed: random.next() < 0.5 ? random.next() : `w${Math.floor(random.next() * 5000)}`,
  }));
};

describe('a profile', () => {
  it('of parts merges to the profile of the whole, in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 60 }), fc.nat(), async (rows, at) => {
        // Kinds are told, since a part of a column of texts may spell numbers only.
        const options = { types: { text: 'categorical' } } as const;
        const table = (part: typeof rows) => toTable({ ...columns(part) }, options);
        const cut = at % (rows.length + 1);
        const parts = [rows.slice(0, cut), rows.slice(cut)].map(table);
        const whole = await createProfile(table(rows));
        const [first, second] = await Promise.all(parts.map(async (part) => createProfile(part)));
        expect(mergeProfiles(first!, second!)).toEqual(whole);
        expect(mergeProfiles(second!, first!)).toEqual(whole);
        expect(mergeProfiles(JSON.parse(JSON.stringify(whole)) as BaselineProfile)).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });

  it('merges exactly beyond what is counted one by one, too', async () => {
    const rows = wide('a', 9000, 3);
    const whole = await createProfile(rows);
    expect(columnOf(whole, 'id').groups).toBeDefined();
    expect(columnOf(whole, 'number').numbers!.dropped).toBeGreaterThan(0);
    const parts = await Promise.all(
      [0, 1, 2].map(async (part) => createProfile(rows.filter((_, i) => i % 3 === part))),
    );
    expect(mergeProfiles(parts[2]!, parts[0]!, parts[1]!)).toEqual(whole);
  });

  it.each([0, 3, 200])('takes at most 64 KiB a column, texts being longer by %i', async (length) => {
    const profile = await createProfile(wide('b', 12_000, length));
    for (const column of profile.columns) {
      expect(Buffer.byteLength(JSON.stringify(column)), column.name).toBeLessThanOrEqual(64 * 1024);
    }
  });

  it('is refused when it is none, damaged, or of a later version', async () => {
    const good = await createProfile([{ x: 1, k: 'a' }]);
    const broken = (change: object) => () => mergeProfiles({ ...good, ...change });
    expect(broken({ format: 'csv' })).toThrow('no profile');
    expect(broken({ version: 2 })).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    expect(broken({ rowCount: 0 })).toThrow('more values than there are rows');
    expect(broken({ columns: [{ ...good.columns[1], numbers: { dropped: 0, bins: 'AAAA' } }] })).toThrow(
      'broken length',
    );
    expect(() => mergeProfiles(null as unknown as BaselineProfile)).toThrow(
      expect.objectContaining({ code: 'CORRUPT' }),
    );
  });
});

const columns = (rows: readonly Record<string, unknown>[]): Record<string, unknown[]> =>
  Object.fromEntries(['number', 'text', 'day'].map((name) => [name, rows.map((each) => each[name])]));
