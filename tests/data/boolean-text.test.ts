import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  DriftMonitor,
  MLOpsConfig,
  classifierTest,
  createProfile,
  createRandom,
  readCsv,
  toTable,
  trainModel,
} from '@bondx/mlops';
import { areBooleans, withSameBooleans } from '../../src/data/boolean-text.js';
import { CategoryPositions } from '../../src/models/category-positions.js';
import { numericTarget } from '../../src/models/target.js';
import { createWorld } from '../helpers.js';

const folder = mkdtempSync(join(tmpdir(), 'booleans-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const random = createRandom(1);
const flags = Array.from({ length: 600 }, () => random.next() < 0.3);
const rows = (spell: (flag: boolean) => unknown) => flags.map((flag, i) => ({ flag: spell(flag), x: i % 7 }));
const asPandas = (flag: boolean) => (flag ? 'True' : 'False');

/** As `DataFrame.to_csv` writes a column of bool. */
const pandasCsv = join(folder, 'pandas.csv');
writeFileSync(
  pandasCsv,
  `flag,x\n${rows(asPandas)
    .map(({ flag, x }) => `${String(flag)},${x}`)
    .join('\n')}\n`,
);

const spelled = (cells: readonly unknown[], other: readonly unknown[]) =>
  withSameBooleans(toTable({ c: cells }).column('c'), toTable({ c: other }).column('c')).map((column) =>
    column?.kind === 'categorical' ? Array.from(column.codes, (code) => column.categories[code] ?? null) : column,
  );

describe('booleans that two programs write differently', () => {
  it('are written alike where both columns hold nothing else', () => {
    expect(spelled(['True', 'False', null, 'true'], [true, 'FALSE'])).toEqual([
      ['true', 'false', null, 'true'],
      ['true', 'false'],
    ]);
    expect(spelled(['True', 'False', 'Maybe'], [true])).toEqual([['True', 'False', 'Maybe'], ['true']]);
    expect(areBooleans(['tRUE'])).toBe(false);
  });

  it('are no drift, of rows, profiles, and all features together', async () => {
    const { config, options } = createWorld();
    const check = async (more: object) => {
      const report = await new DriftMonitor(config, options).detectDrift({
        modelName: 'm',
        featureColumns: ['flag'],
        currentData: pandasCsv,
        ...more,
      });
      const [column] = report.columns;
      expect(column).toMatchObject({ verdict: 'stable', findings: [] });
    };
    await check({ baselineData: rows(Boolean) });
    await check({ baselineData: rows(Boolean), streaming: true });
    await check({ baselineProfile: await createProfile(toTable(rows(Boolean))) });
    await check({ baselineData: rows((flag) => String(flag).toUpperCase()) });
    const joint = await classifierTest(toTable(rows(Boolean)), await readCsv(pandasCsv));
    expect(joint.pValue).toBeGreaterThan(0.001);
  });

  it('are still drift where their shares differ', async () => {
    const { config, options } = createWorld();
    const report = await new DriftMonitor(config, options).detectDrift({
      modelName: 'm',
      featureColumns: ['flag'],
      baselineData: rows((flag) => !flag),
      currentData: pandasCsv,
    });
    expect(report.columns[0]).toMatchObject({ verdict: 'drifted' });
  });

  it('are the categories of a model, whichever of the two it learned from', () => {
    for (const categories of [
      ['False', 'True'],
      ['false', 'true'],
    ]) {
      const positions = new CategoryPositions('flag', categories, -9);
      expect(['True', true, 'TRUE', 'False', false, 'yes', null].map((cell) => positions.ofCell(cell))).toEqual([
        1, 1, 1, 0, 0, -9, -9,
      ]);
    }
    expect(new CategoryPositions('flag', ['False', 'True', 'Maybe'], -9).ofCell(true)).toBe(-9);
  });

  it('are a target', async () => {
    const table = await readCsv(pandasCsv);
    expect([...numericTarget(table, 'flag')]).toEqual(flags.map(Number));
    const trained = await trainModel(MLOpsConfig.fromObject({ models: { m: { task: 'classification' } } }), {
      modelType: 'm',
      data: table,
      featureColumns: ['x'],
      targetColumn: 'flag',
    });
    expect(trained.metrics['accuracy']).toBeGreaterThan(0.5);
  });
});
