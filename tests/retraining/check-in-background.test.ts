import { describe, expect, it } from 'vitest';
import { toTable } from '../../src/data/table.js';
import { checkData } from '../../src/retraining/checks/check-data.js';
import { checkInBackground } from '../../src/retraining/checks/check-in-background.js';
import type { CheckInputs } from '../../src/retraining/checks/check-inputs.js';
import { createRandom } from '../../src/util/random.js';

const random = createRandom(2);
const rows = 50_000;
const data = toTable({
  x: Float64Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? i : random.next())),
  copy: Float64Array.from({ length: rows }, (_, i) => 2 * i),
  kind: Array.from({ length: rows }, (_, i) => (i % 7 === 0 ? null : `k${i % 4}`)),
  y: Float64Array.from({ length: rows }, (_, i) => i),
});
const inputs: CheckInputs = {
  plan: {
    modelType: 'spread',
    featureColumns: ['x', 'copy', 'kind'],
    targetColumn: 'y',
    timeColumn: null,
    leakingColumns: ['x'],
  } as unknown as CheckInputs['plan'],
  data,
  train: data.slice(0, 40_000),
  holdout: data.slice(40_000),
  now: Date.UTC(2026, 0, 1),
  random: createRandom(3).split('check'),
};
const signal = new AbortController().signal;

describe('the checks of many rows, in a thread of their own', () => {
  it('find what they find here', async () => {
    const found = await checkInBackground(inputs, ['leakage'], signal);
    expect(found).toEqual(await checkData(inputs, ['leakage']));
    expect(found.map(({ check, severity }) => `${check} ${severity}`)).toContain('leaking_column blocking');
    expect(found.map(({ check, severity }) => `${check} ${severity}`)).toContain('leakage warning');
  }, 60_000);

  it('can be stopped', async () => {
    await expect(checkInBackground(inputs, [], AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
