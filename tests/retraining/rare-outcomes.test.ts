import { describe, expect, it } from 'vitest';
import { toTable, type Model, type Table } from '@bondx/mlops';
import { challenge } from '../../src/retraining/challenge.js';
import { holdoutMetrics } from '../../src/retraining/holdout-metrics.js';
import { losses, outcomeVariance } from '../../src/retraining/losses.js';
import { assessPerformance } from '../../src/retraining/performance/assess-performance.js';
import { createRandom } from '../../src/util/random.js';

const random = createRandom('rare outcomes');
const aim = { task: 'classification', quantile: undefined } as const;

/** Says so many times the column `p`. */
const saying = (times: number): Model =>
  ({
    task: 'classification',
    predictBatch: (table: Table) => (table.column('p') as { values: Float64Array }).values.map((p) => times * p),
  }) as unknown as Model;

/** Loans that default with a probability of one in a hundred, about, or so many times that. */
function loans(rows: number, times = 1): Table {
  const p = Float64Array.from({ length: rows }, (_, i) => 0.005 * (1 + (i % 3)));
  return toTable({ p, y: p.map((probability) => Number(random.next() < times * probability)) });
}

async function isAccepted(holdout: Table, challenger: number, champion: number): Promise<boolean> {
  const rows = { holdout, task: 'classification', targetColumn: 'y', timeColumn: null, split: '' } as const;
  const { comparison } = await challenge({ ...rows, algorithm: 'cart', hyperparameters: {} }, saying(challenger), {
    version: '1.0.0',
    digest: 'sha256:00',
    model: saying(champion),
    metrics: {},
  });
  return comparison!.upper < 0;
}

describe('outcomes of which one in a hundred is of a class', () => {
  it('do not make a model better that says less, since none has happened', async () => {
    let accepted = 0;
    for (let round = 0; round < 100; round++) if (await isAccepted(loans(100), 0.5, 1)) accepted++;
    expect(accepted).toBeLessThanOrEqual(7); // 2.5%, and three standard errors; by the losses alone 38
  }, 120_000);

  it('tell a model that says three times too much', async () => {
    let accepted = 0;
    for (let round = 0; round < 20; round++) if (await isAccepted(loans(4000), 1, 3)) accepted++;
    expect(accepted).toBe(20);
  }, 120_000);

  /** What is said of so many loans by a version that was registered on others. */
  const assess = async (held: Table, recent: Table): Promise<string> => {
    const { values: actual } = held.column('y') as { values: Float64Array };
    const said = saying(1).predictBatch(held);
    const { verdict } = await assessPerformance({
      model: saying(1),
      table: recent,
      targetColumn: 'y',
      timeColumn: null,
      metrics: holdoutMetrics('classification', actual, said, undefined),
      threshold: 0.1,
    });
    return verdict;
  };

  it('are no proof that performance is held, since none has happened', async () => {
    let held = 0;
    for (let round = 0; round < 100; round++) {
      // Twice as many defaults as is said, and a loss that is 80% higher.
      if ((await assess(loans(3000), loans(60, 2))) === 'held') held++;
    }
    expect(held).toBeLessThanOrEqual(7); // by the losses alone 30
  }, 120_000);

  it('are no drop since none had happened when the version was registered', async () => {
    let dropped = 0;
    for (let round = 0; round < 100; round++) {
      if ((await assess(loans(100), loans(1000))) === 'dropped') dropped++;
    }
    expect(dropped).toBeLessThanOrEqual(7); // by the losses alone 20
  }, 120_000);
});

describe('the variance that outcomes give a loss', () => {
  const p = Float64Array.of(0.01, 0.2, 0.5, 0.97);
  const q = Float64Array.of(0.03, 0.2, 0.4, 0.6);
  const at = (outcome: number, said: Float64Array): Float64Array =>
    losses(
      aim,
      said.map(() => outcome),
      said,
    );

  it('is that of the mean over all outcomes, each as likely as is said', () => {
    const [zero, one] = [at(0, p), at(1, p)];
    let variance = 0;
    p.forEach((chance, i) => (variance += chance * (1 - chance) * (one[i]! - zero[i]!) ** 2));
    expect(outcomeVariance(aim, p)).toBeCloseTo(variance / 16, 12);
  });

  it('is of a difference that of outcomes which both expect the same loss of', () => {
    const [zero, one] = [0, 1].map((outcome) => at(outcome, p).map((loss, i) => loss - at(outcome, q)[i]!));
    let variance = 0;
    p.forEach((_, i) => {
      if (p[i] === q[i]) return;
      const chance = zero![i]! / (zero![i]! - one![i]!); // chance·one + (1 − chance)·zero = 0
      expect(chance).toBeGreaterThan(Math.min(p[i]!, q[i]!));
      expect(chance).toBeLessThan(Math.max(p[i]!, q[i]!));
      variance += chance * (1 - chance) * (one![i]! - zero![i]!) ** 2;
    });
    expect(outcomeVariance(aim, p, q)).toBeCloseTo(variance / 16, 12);
    expect(outcomeVariance(aim, q, p)).toBeCloseTo(variance / 16, 12);
    expect(outcomeVariance(aim, p, p.slice())).toBe(0);
  });

  it('is 0 of regressions, and finite of certainties', () => {
    expect(outcomeVariance({ ...aim, task: 'regression' }, p, q)).toBe(0);
    const sure = Float64Array.of(0, 1, 0, 1);
    expect(Number.isFinite(outcomeVariance(aim, sure))).toBe(true);
    expect(Number.isFinite(outcomeVariance(aim, sure, Float64Array.of(1, 0, 0, 0.5)))).toBe(true);
  });
});
