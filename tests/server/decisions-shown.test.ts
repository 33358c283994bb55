import { describe, expect, it } from 'vitest';
import type { CanaryDecision, CanaryDeploymentManager } from '@bondx/mlops';
import { decisionsShown } from '../../src/server/pages/decisions-shown.js';

const began = Date.parse('2026-01-01T00:00:00.000Z');
const deployment = { deploymentId: 'd', createdAt: new Date(began).toISOString() };

/** Decisions every ten seconds, and how many of them were read. */
function canaryOf(count: number) {
  const all = Array.from({ length: count }, (_, i) => ({
    decisionId: `decision-${i}`,
    decidedAt: new Date(began + (i + 1) * 10_000).toISOString(),
  })) as unknown as readonly CanaryDecision[];
  const seen = { read: 0 };
  const listDecisions: CanaryDeploymentManager['listDecisions'] = (_, options) => {
    const { limit = Infinity, until } = { ...options };
    const decisions = all.filter(({ decidedAt }) => until === undefined || decidedAt <= until).slice(-limit);
    seen.read += decisions.length;
    return Promise.resolve(decisions);
  };
  return { all, seen, canaries: { listDecisions } };
}

describe('the decisions on the page of a canary', () => {
  it.each([0, 1, 100])('are all of %i', async (count) => {
    const { all, canaries } = canaryOf(count);
    expect(await decisionsShown(canaries, deployment)).toEqual({ decisions: all, isSampled: false });
  });

  it.each([101, 8_640, 60_480])('are some of %i from the whole time, the last one among them', async (count) => {
    const { all, seen, canaries } = canaryOf(count);
    const { decisions, isSampled } = await decisionsShown(canaries, deployment);
    expect(isSampled).toBe(true);
    expect(seen.read).toBeLessThan(200);
    expect(decisions.length).toBeGreaterThan(10);
    const positions = decisions.map((decision) => all.indexOf(decision));
    expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
    expect(positions.at(-1)).toBe(count - 1);
    expect(Math.max(...positions.map((at, i) => at - (positions[i - 1] ?? 0)))).toBeLessThan(count / 10 + 1);
  });
});
