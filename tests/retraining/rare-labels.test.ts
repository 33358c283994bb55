import { describe, expect, it } from 'vitest';
import { toTable } from '@bondx/mlops';
import type { CheckInputs } from '../../src/retraining/checks/check-inputs.js';
import { labels } from '../../src/retraining/checks/labels.js';
import { createRandom, shuffle } from '../../src/util/random.js';

const random = createRandom('rare');
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** Scores of loans of which a share defaults; those of defaults are higher by so much. */
function draw(rows: number, rate: number, shift: number) {
  const y = Float64Array.from({ length: rows }, () => Number(random.next() < rate));
  return { y, score: y.map((isDefault) => shift * isDefault + normal()), noise: y.map(normal) };
}

/** What is found of these labels, with a champion in production that gives the scores. */
async function found(y: Float64Array, { score, noise }: ReturnType<typeof draw>, auc: number): Promise<string> {
  const findings = await labels({
    plan: { targetColumn: 'y', featureColumns: ['score', 'noise'], task: 'classification' },
    train: toTable({ score, noise, y }),
    champion: { version: '1.0.0', scores: score, metrics: { roc_auc: auc } },
    random: createRandom(1),
  } as unknown as CheckInputs);
  return findings.map(({ check, severity }) => `${check} ${severity}`).join(' ');
}

describe('labels of which one in a hundred, or in twenty, is of a class', () => {
  // The AUC of two normal distributions that are 0.95 standard deviations apart is 0.75, of 0.36 it is 0.6.
  it.each([
    [0.01, 0.75, 0.95, 5000],
    [0.05, 0.6, 0.36, 5000],
    [0.02, 0.75, 0.95, 1000],
    [0.01, 0.6, 0.36, 150],
  ])('are taken for honest when they are: %d of them, AUC %d', async (rate, auc, shift, rows) => {
    let blocked = 0;
    for (let round = 0; round < 40; round++) {
      const loans = draw(rows, rate, shift);
      if ((await found(loans.y, loans, auc)).includes('blocking')) blocked++;
    }
    // 2.5%, and two standard errors of 40 rounds.
    expect(blocked).toBeLessThanOrEqual(3);
  });

  it('are found when they were turned round, or mixed up', async () => {
    const rounds = 20;
    const seen = { flipped: 0, shuffled: 0 };
    for (let round = 0; round < rounds; round++) {
      const loans = draw(3000, 0.02, 0.95);
      const turned = loans.y.map((isDefault) => 1 - isDefault);
      if ((await found(turned, loans, 0.75)) === 'flipped_labels blocking') seen.flipped++;
      const mixed = loans.y.slice();
      shuffle(mixed, random);
      if ((await found(mixed, loans, 0.75)).includes('blocking')) seen.shuffled++;
    }
    expect(seen.flipped).toBe(rounds);
    expect(seen.shuffled).toBeGreaterThanOrEqual(0.7 * rounds);
  });
});
