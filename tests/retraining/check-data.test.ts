import { describe, expect, it } from 'vitest';
import { toTable } from '@bondx/mlops';
import { profileTable } from '../../src/data/profile.js';
import { checkData } from '../../src/retraining/checks/check-data.js';
import type { CheckInputs } from '../../src/retraining/checks/check-inputs.js';
import { knownTargets } from '../../src/retraining/split-data.js';
import { createRandom } from '../../src/util/random.js';
import { type SmallRow, smallRows } from '../helpers.js';

const plan = {
  modelType: 'spread',
  featureColumns: ['x', 'kind'],
  targetColumn: 'y',
  timeColumn: 'date',
  leakingColumns: [],
} as unknown as CheckInputs['plan'];
const honest = smallRows(1000);

/** Checks rows as if a version trained on honest ones were in production, which predicts 2x + 5 for a bond. */
async function findingsIn(
  rows: readonly Readonly<Record<string, unknown>>[],
  change: Partial<CheckInputs['plan']> = {},
  accepted: readonly string[] = [],
) {
  const data = toTable(rows);
  const cut = Math.floor(data.rowCount * 0.8);
  const train = knownTargets(data.slice(0, cut), 'y');
  const scores = Float64Array.from(
    rows.slice(0, cut).filter((row) => Number.isFinite(row['y'])),
    (row) => 2 * Number(row['x'] ?? 5) + (row['kind'] === 'BOND' ? 5 : 0),
  );
  const profile = profileTable(toTable(honest), ['x', 'kind', 'y']);
  const found = await checkData(
    {
      plan: { ...plan, ...change },
      data,
      train,
      holdout: data.slice(cut),
      now: Date.UTC(2021, 0, 1),
      random: createRandom(1),
      champion: { version: '1.0.0', scores, metrics: { r2_score: 0.9 }, profile },
    },
    accepted,
  );
  return found.map(({ check, severity, column }) =>
    [check, severity, ...(column === undefined ? [] : [column])].join(' '),
  );
}

const changed = (change: (row: SmallRow, i: number) => object) =>
  honest.map((row, i) => ({ ...row, ...change(row, i) }));

describe('the checks of training data', () => {
  it('find nothing in honest data, drifted data included', async () => {
    expect(await findingsIn(honest)).toEqual([]);
    expect(await findingsIn(smallRows(1000, { seed: 5, shift: 6, slope: 3 }))).toEqual([]);
  });

  it('do not blame a feature for a target that never changes', async () => {
    for (const y of [0, 1, 0.1]) {
      const found = await findingsIn(changed(() => ({ y })));
      expect(found).toContain('constant_target blocking y');
      expect(found.filter((finding) => finding.startsWith('leakage'))).toEqual([]);
    }
  });

  it('find a feature that tells the target outright where it has a value at all', async () => {
    for (const copy of [(y: number) => Math.exp(y / 10), (y: number) => (y > 10 ? 'high' : 'low')]) {
      const rows = changed((row, i) => ({ y: row.y > 10 ? 1 : 0, copy: i % 5 === 0 ? null : copy(row.y) }));
      expect(await findingsIn(rows, { featureColumns: ['kind', 'copy'] })).toContain('leakage blocking copy');
    }
    const rows = changed((row, i) => ({ copy: i % 3 === 0 ? null : Math.exp(row.y / 10) }));
    expect(await findingsIn(rows, { featureColumns: ['kind', 'copy'] })).toContain('leakage blocking copy');
  });

  it('blame no feature that is known of few rows, which chance may part', async () => {
    const random = createRandom(9);
    for (let run = 0; run < 20; run++) {
      const rows = changed(() => ({
        y: Number(random.next() < 0.02),
        x: random.next() < 0.1 ? random.next() : null,
        kind: random.next() < 0.1 ? `group ${Math.floor(8 * random.next() ** 3)}` : null,
      }));
      expect((await findingsIn(rows)).filter((finding) => finding.startsWith('leakage'))).toEqual([]);
    }
  });

  it('take rows of a few grades and sectors for alike, not for copies', async () => {
    const random = createRandom(4);
    const draw = (count: number): number => Math.floor(random.next() * count);
    const rows = Array.from({ length: 1000 }, () => ({ x: draw(7), kind: `sector ${draw(10)}`, y: draw(2) }));
    const found = await findingsIn(rows, { timeColumn: null });
    expect(found.filter((finding) => finding.includes('duplicate') || finding.includes('overlap'))).toEqual([]);
  });

  it('find rows that were exported twice under other numbers, most of them held back and learned from', async () => {
    const random = createRandom(6);
    const once = Array.from({ length: 500 }, () => ({ x: random.next(), kind: 'BOND', y: random.next() }));
    const twice = [...once, ...once.map((row) => ({ ...row }))].map((row) => ({ ...row, order: random.next() }));
    const rows = twice.sort((a, b) => a.order - b.order).map((row, id) => ({ ...row, id }));
    const found = await findingsIn(rows, { timeColumn: null });
    expect(found).toContain('holdout_overlap blocking');
    expect(found.filter((finding) => finding.startsWith('duplicate_rows'))).toEqual([]);
  });

  it('blame no pair of features for numbers whose squares are beyond a double', async () => {
    const rows = changed(({ x }, i) => ({ x: i === 7 ? Number.MAX_VALUE : x, z: i === 9 ? -Number.MAX_VALUE : i % 7 }));
    const found = await findingsIn(rows, { featureColumns: ['x', 'z'] });
    expect(found.filter((finding) => finding.startsWith('leakage'))).toEqual([]);
    expect(found).toContain('outlier_burst warning x');
  });

  const cases: [string, readonly object[], Partial<CheckInputs['plan']>, string][] = [
    [
      'a copy of the target',
      changed(({ y }) => ({ copy: 3 * y + 1 })),
      { featureColumns: ['x', 'copy'] },
      'leakage blocking copy',
    ],

    [
      'two columns whose difference it is',
      changed(({ y }, i) => ({ a: y + ((i * 7919) % 97), b: (i * 7919) % 97 })),
      { featureColumns: ['a', 'b'] },
      'leakage blocking a',
    ],
    [
      'a category that gives it away',
      changed((_, i) => ({ y: i % 3, group: `g${i % 3}` })),
      { featureColumns: ['x', 'group'] },
      'leakage blocking group',
    ],
    ['a declared leak', honest, { leakingColumns: ['x'] }, 'leaking_column blocking x'],
    ['copied rows', [...honest.slice(0, 700), ...honest.slice(0, 300)], {}, 'duplicate_rows blocking'],
    ['few copied rows', [...honest.slice(0, 980), ...honest.slice(0, 20)], {}, 'duplicate_rows warning'],
    [
      'a holdout that was learned from',
      [...honest.slice(0, 800), ...honest.slice(0, 200).map((row) => ({ ...row, date: '2020-12-30' }))],
      {},
      'holdout_overlap blocking',
    ],
    ['a constant target', changed(() => ({ y: 1 })), {}, 'constant_target blocking y'],
    ['a constant feature', changed(() => ({ kind: 'NOTE' })), {}, 'constant_feature warning kind'],
    ['a feature that is gone', changed(() => ({ x: null })), {}, 'missing_values blocking x'],
    ['a feature that is going', changed(({ x }, i) => ({ x: i % 2 === 0 ? null : x })), {}, 'missing_values warning x'],

    [
      'infinite values',
      changed(({ x }, i) => ({ x: i % 50 === 0 ? Infinity : x })),
      {},
      'impossible_values blocking x',
    ],
    ['infinite targets', changed(({ y }, i) => ({ y: i === 5 ? Infinity : y })), {}, 'impossible_values warning y'],
    [
      'targets whose squares are beyond a double',
      changed(({ y }, i) => ({ y: i === 5 ? Number.MAX_VALUE : y })),
      {},
      'impossible_values blocking y',
    ],
    [
      'negative values where there were none',
      changed(({ x }, i) => ({ x: i === 5 ? -3 : x })),
      {},
      'impossible_values warning x',
    ],
    ['a text among numbers', changed(({ x }, i) => ({ x: i === 3 ? 'see note' : x })), {}, 'changed_type blocking x'],
    ['a burst of sentinels', changed(({ x }, i) => ({ x: i % 20 === 0 ? -9999 : x })), {}, 'outlier_burst blocking x'],
    ['a single sentinel', changed(({ x }, i) => ({ x: i === 3 ? -9999 : x })), {}, 'outlier_burst warning x'],
    ['labels turned round', changed(({ y }) => ({ y: 30 - y })), {}, 'flipped_labels blocking y'],
    ['labels mixed up', changed((_, i) => ({ y: honest[(i * 617) % 1000]!.y })), {}, 'shuffled_labels blocking y'],
    [
      'rows from the future',
      changed(({ date }, i) => ({ date: i === 0 ? '2031-01-01' : date })),
      {},
      'future_dates blocking date',
    ],
    ['dates nobody splits by', honest, { timeColumn: null }, 'unused_dates warning date'],
  ];
  it.each(cases)('find %s', async (_name, rows, change, expected) => {
    const known = rows as Record<string, unknown>[];
    const findings = await findingsIn(known, change);
    expect(findings).toContain(expected);
    const [check] = expected.split(' ');
    const accepted = await findingsIn(known, change, [check!]);
    expect(accepted.filter((finding) => finding.startsWith(`${check} blocking`))).toEqual([]);
  });
});
