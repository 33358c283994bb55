import { describe, expect, it } from 'vitest';
import { toTable } from '../../src/data/table.js';
import type { ClusterPair } from '../../src/drift/clusters.js';
import { measurePerformance } from '../../src/drift/measure-performance.js';
import { judgePerformance } from '../../src/drift/performance-change.js';
import { intervalOf } from '../../src/stats/estimate.js';
import { createRandom } from '../../src/util/random.js';

const random = createRandom('dependent');
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

type Task = 'classification' | 'regression';

/** Months of sixty rows; in each the model is as good as the month lets it be. */
function draw(months: number, task: Task, worse = 1) {
  const code = Int32Array.from({ length: 60 * months }, (_, row) => Math.floor(row / 60));
  const kinds = Array.from({ length: months }, () => Math.exp(0.5 * normal()));
  const x = Float64Array.from(code, () => random.next());
  const logistic = (score: number): number => 1 / (1 + Math.exp(-score));
  const scores = x.map((value) => 3 * (value - 0.5));
  const p = task === 'classification' ? scores.map(logistic) : x;
  const y = p.map((said, row) =>
    task === 'classification'
      ? Number(random.next() < logistic(scores[row]! * kinds[code[row]!]!))
      : said + worse * kinds[code[row]!]! * normal(),
  );
  return { x, p, y, clusters: { codes: code, count: months } };
}

const measure = async (
  task: Task,
  [before, now]: readonly ReturnType<typeof draw>[],
  { labels, clusters }: { labels: boolean; clusters: boolean },
) => {
  const pair: ClusterPair = { baseline: before!.clusters, current: now!.clusters };
  const { x, y, p: predictions } = now!;
  return (await measurePerformance(
    {
      baseline: { table: toTable({ x: before!.x, y: before!.y }), predictions: before!.p },
      current: { table: toTable(labels ? { x, y } : { x }), predictions },
      task,
      targetColumn: 'y',
      featureColumns: ['x'],
      clusters: clusters ? pair : undefined,
      random: createRandom(1),
    },
    {},
  ))!;
};

describe('the performance of rows that go together', () => {
  it.each([
    ['classification', 1],
    ['regression', 6],
  ] as const)(
    'is within its estimate without labels as often as stated: %s, months now: %d',
    async (task, months) => {
      const rounds = 60;
      const held = { clusters: 0, rows: 0 };
      for (let round = 0; round < rounds; round++) {
        const sides = [draw(24, task), draw(months, task)];
        const truth = (await measure(task, sides, { labels: true, clusters: false })).current.value;
        for (const how of ['clusters', 'rows'] as const) {
          const estimate = await measure(task, sides, { labels: false, clusters: how === 'clusters' });
          const { lower, upper } = intervalOf(estimate.current, 0.95);
          if (truth >= lower && truth <= upper) held[how]++;
        }
      }
      expect(held.clusters / rounds).toBeGreaterThan(0.86); // 95% less three standard errors of 60 rounds
      expect(held.rows / rounds).toBeLessThan(0.86);
    },
    120_000,
  );

  it('is not called dropped, or kept, since two months were bad, or good', async () => {
    const rounds = 300;
    const said = { dropped: 0, kept: 0, inconclusive: 0 };
    for (let round = 0; round < rounds; round++) {
      // As much worse as is tolerated: each verdict but the last is wrong half of the time by chance alone.
      const sides = [draw(24, 'regression'), draw(2, 'regression', 1.1)];
      const measured = await measure('regression', sides, { labels: true, clusters: true });
      said[judgePerformance(measured, { threshold: 0.1, confidence: 0.95 }).verdict]++;
    }
    expect(said.dropped / rounds).toBeLessThan(0.055); // 2.5%, and three standard errors of 300 rounds
    expect(said.kept / rounds).toBeLessThan(0.055);
  }, 120_000);
});

describe('the accuracy on few rows', () => {
  it('is not called kept because hardly any of them was wrong', async () => {
    const rounds = 400;
    let kept = 0;
    for (let round = 0; round < rounds; round++) {
      // Right in 99% of the rows before, and in as much less now as is tolerated.
      const side = (rows: number, accuracy: number) => {
        const p = Float64Array.from({ length: rows }, () => (random.next() < 0.5 ? 0.1 : 0.9));
        const y = p.map((said) => Number(said > 0.5 === random.next() < accuracy));
        return { x: p, p, y, clusters: { codes: Int32Array.from(p.keys()), count: rows } };
      };
      const sides = [side(1000, 0.99), side(30, 0.99 * 0.9)];
      const measured = await measure('classification', sides, { labels: true, clusters: false });
      if (judgePerformance(measured, { threshold: 0.1, confidence: 0.95 }).verdict === 'kept') kept++;
    }
    expect(kept / rounds).toBeLessThan(0.06); // without imagined rows 15%
  });
});
