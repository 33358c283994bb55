import { describe, expect, it } from 'vitest';
import { type Table, toTable } from '../../../src/data/table.js';
import { type GroupFairnessOptions, groupFairness } from '../../../src/models/fairness/group-fairness.js';
import { createRandom } from '../../../src/util/random.js';

const sectors = ['bank', 'utility', 'energy'];

/** Spreads of three sectors and predictions; `spoil` says what is done to those of energy. */
function world(
  rows: number,
  spoil: (truth: number, noise: number) => number,
): { table: Table; predicted: Float64Array } {
  const random = createRandom('fairness');
  const records = Array.from({ length: rows }, (_, i) => {
    const truth = 100 + 50 * random.next();
    const noise = 10 * (random.next() - 0.5);
    const sector = sectors[i % 3]!;
    return { sector, truth, predicted: sector === 'energy' ? spoil(truth, noise) : truth + noise };
  });
  return { table: toTable(records), predicted: Float64Array.from(records, ({ predicted }) => predicted) };
}

const options: GroupFairnessOptions = { task: 'regression', targetColumn: 'truth', groupColumn: 'sector' };
const fair = (truth: number, noise: number): number => truth + noise;

describe('groupFairness', () => {
  it('says nothing that JSON has no number for, also of a group without any error', () => {
    const { table, predicted } = world(900, (truth) => truth);
    const report = groupFairness(table, predicted, options);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    const errors = report.groups.map(({ disparities }) => disparities![0]!);
    expect(errors.map(({ verdict }) => verdict)).toContain('inconclusive');
    expect(errors.find(({ value }) => value === 0)).toMatchObject({ lower: 0, upper: Number.MAX_VALUE });
  });

  it('finds a model fair that treats all groups alike, when there are rows enough', () => {
    const { table, predicted } = world(12_000, fair);
    const report = groupFairness(table, predicted, options);
    expect(report.verdict).toBe('fair');
    expect(report.groups.map(({ group, rows }) => [group, rows])).toEqual(sectors.map((sector) => [sector, 4000]));
    for (const { measures } of report.groups) {
      expect(measures!.error.value).toBeCloseTo(2.5, 0);
      expect(measures!.selectionRate.lower).toBeLessThan(0.52);
      expect(measures!.calibration.lower).toBeLessThan(measures!.calibration.upper);
    }
  });

  it('says that it does not know when rows are few', () => {
    const { table, predicted } = world(330, fair);
    expect(groupFairness(table, predicted, options).verdict).toBe('inconclusive');
  });

  it.each([
    ['larger errors', (truth: number, noise: number) => truth + 3 * noise, 'error_ratio'],
    ['fewer selected', (truth: number, noise: number) => truth + noise - 15, 'selection_ratio'],
    ['predictions too high', (truth: number, noise: number) => truth + noise + 3, 'calibration_difference'],
  ])('finds %s in one group', (_, spoil, measure) => {
    const { table, predicted } = world(6000, spoil);
    const report = groupFairness(table, predicted, options);
    expect(report.verdict).toBe('disparate');
    const energy = report.groups.find(({ group }) => group === 'energy')!;
    expect(energy.disparities!.find((disparity) => disparity.measure === measure)!.verdict).toBe('disparate');
  });

  it('counts small groups and does not judge them', () => {
    const { table, predicted } = world(6000, fair);
    const few = {
      kind: 'categorical' as const,
      name: 'sector',
      missingCount: 0,
      categories: ['bank', 'utility', 'tiny'],
      codes: Int32Array.from({ length: 6000 }, (_, i) => (i < 90 ? 2 : i % 2)),
    };
    const report = groupFairness(table.withColumn(few), predicted, options);
    expect(report.groups[2]).toEqual({ group: 'tiny', rows: 90, verdict: 'too_few_rows' });
    expect(report.verdict).toBe('fair');
    const alone = { ...few, codes: new Int32Array(6000), categories: ['bank'] };
    expect(groupFairness(table.withColumn(alone), predicted, options).verdict).toBe('inconclusive');
  });

  it('judges classes by the share of wrong ones', () => {
    const random = createRandom(8);
    const records = Array.from({ length: 8000 }, (_, i) => {
      const isDefault = random.next() < 0.4;
      const isWrong = random.next() < (i % 2 === 0 ? 0.1 : 0.2);
      return { sector: sectors[i % 2], isDefault, p: isDefault !== isWrong ? 0.7 : 0.3 };
    });
    const predicted = Float64Array.from(records, ({ p }) => p);
    const report = groupFairness(records, predicted, { ...options, task: 'classification', targetColumn: 'isDefault' });
    expect(report.threshold).toBe(0.5);
    expect(report.groups[1]!.measures!.error.value).toBeCloseTo(0.2, 1);
    const [ratio] = report.groups[1]!.disparities!;
    expect(ratio).toMatchObject({ measure: 'error_ratio', verdict: 'disparate' });
    expect(ratio!.value).toBeCloseTo(2, 0);
  });

  it('gives a false alarm for at most one fair model in twenty, exactly at the limit of what is tolerated', () => {
    const random = createRandom(21);
    const alarms = Array.from({ length: 200 }, () => {
      const rows = Array.from({ length: 600 }, (_, i) => {
        const truth = random.next();
        return { sector: sectors[i % 2], truth, predicted: truth + (i % 2 === 0 ? 1.25 : 1) * (random.next() - 0.5) };
      });
      const predicted = Float64Array.from(rows, (row) => row.predicted);
      return groupFairness(rows, predicted, { ...options, limits: { calibration: 1, ratio: 0.8 } }).verdict;
    });
    expect(alarms.filter((verdict) => verdict === 'disparate').length / 200).toBeLessThanOrEqual(0.05);
  });

  it('makes groups of numbers, and of rows without a value', () => {
    const { table, predicted } = world(6000, fair);
    const numbers = toTable({ size: Array.from({ length: 6000 }, (_, i) => (i % 10 === 0 ? null : i)) }).column('size');
    const report = groupFairness(table.withColumn(numbers), predicted, { ...options, groupColumn: 'size' });
    expect(report.groups.map(({ rows }) => rows)).toEqual([1350, 1350, 1350, 1350, 600]);
    expect(report.groups[4]!.group).toBe('(missing)');
    const flag = toTable({ flag: Array.from({ length: 6000 }, (_, i) => i % 2) }).column('flag');
    const flags = groupFairness(table.withColumn(flag), predicted, { ...options, groupColumn: 'flag' });
    expect(flags.groups.map(({ group }) => group)).toEqual(['0', '1']);
  });

  it.each([
    [{ groupColumn: 'country' }, 'there is no column "country"'],
    [{ minRows: 5 }, 'minRows must be an integer from 30'],
    [{ confidence: 2 }, 'confidence'],
    [{ task: 'ranking' }, 'task must be one of regression, classification'],
    [{ treshold: 0.9 }, 'no option "treshold"'],
    [{ threshold: NaN }, 'threshold must be a number'],
    [{ limits: { ratio: 0 } }, 'limits.ratio must be above 0 and at most 1'],
    [{ limits: { calibration: -1 } }, 'limits.calibration must be at least 0'],
    [{ limits: { ratios: 0.9 } }, 'limits has no option "ratios"'],
  ])('refuses %j', (wrong, message) => {
    const { table, predicted } = world(60, fair);
    expect(() => groupFairness(table, predicted, { ...options, ...(wrong as object) })).toThrow(message);
  });
});
