import { beforeAll, describe, expect, it } from 'vitest';
import { ExperimentTracker, type CanaryDecision, type CanaryDeployment, type ModelRegistry } from '@bondx/mlops';
import { relativeQuality, renderCanaryReport, renderModelCard, renderRunComparison } from '@bondx/mlops/report';
import { decide } from '../../src/canary/evidence/decide.js';
import { cardFacts } from '../../src/report/model/card-facts.js';
import { compareRuns } from '../../src/tracking/compare-runs.js';
import { metricCurves } from '../../src/report/charts/metric-curves.js';
import { figure } from '../../src/report/page/figure.js';
import { leftOut, metricHistories } from '../../src/report/runs/metric-histories.js';
import { createWorld } from '../helpers.js';
import { ranCanary } from './canary-fixture.js';

const noScript = /<script|<link|<img|\son\w+=|\b(?:src|href)=/i;
const hostile = '</title></style><script>alert(1)</script>"\'';

let deployment: CanaryDeployment;
let decisions: readonly CanaryDecision[];
let registry: ModelRegistry;
beforeAll(async () => {
  ({ deployment, decisions, registry } = await ranCanary(2500, 0.5));
});

describe('the confidence sequence of a canary', () => {
  it('reaches over the thresholds that the decision neither proves nor refutes', () => {
    const last = decisions.at(-1)!;
    const [quality] = relativeQuality(last);
    const { lower, upper } = quality!;
    const proof = -Math.log(last.inputs.alpha);
    const at = (promotionThreshold: number, rollbackThreshold: number) =>
      decide({ ...last.inputs, promotionThreshold, rollbackThreshold }).metrics[0]!;
    expect(lower).toBeGreaterThan(1);
    expect(at(lower! * 0.999, 0.8).logEvidenceGoodEnough).toBeGreaterThanOrEqual(proof);
    expect(at(lower! * 1.01, 0.8).logEvidenceGoodEnough).toBeLessThan(proof);
    expect(at(0.95, upper! * 1.001).logEvidenceHarmful).toBeGreaterThanOrEqual(proof);
    expect(at(0.95, upper! * 0.99).logEvidenceHarmful).toBeLessThan(proof);
    expect(quality!.outcomes).toBe(5000);
  });

  it('is narrower with more outcomes, and open where nothing is proved', async () => {
    const width = ({ lower = 0, upper = Infinity }: { lower?: number; upper?: number }): number => upper - lower;
    expect(width(relativeQuality(decisions.at(-1)!)[0]!)).toBeLessThan(width(relativeQuality(decisions[0]!)[0]!));
    const { decisions: early } = await ranCanary(20, 1);
    expect(relativeQuality(early[0]!)).toEqual([{ metric: 'mae', outcomes: expect.any(Number) as number }]);
  });
});

describe('a canary report', () => {
  it('says how it stands, shows the sequence and everything that was decided', async () => {
    const page = await renderCanaryReport({ deployment, decisions });
    expect(page.indexOf('Under way')).toBeLessThan(page.indexOf('<h2'));
    expect(page).toContain('how good the canary is in relation to production');
    expect(page).toContain(decisions.at(-1)!.decisionId);
    expect(page).toMatch(/Decisions kept<[^0-9]*2</);
    const some = await renderCanaryReport({ deployment, decisions, isSampled: true });
    expect(some).toContain('many, of which 2 are shown');
    expect(page).not.toMatch(noScript);
  });

  it('shows no evidence where no metric of the policy applies to the task', async () => {
    const metrics = decisions.at(-1)!.metrics.map((metric) => ({
      ...{ ...metric, status: 'not_applicable' as const, canary: null, production: null },
      ...{ logEvidenceGoodEnough: 0, logEvidenceHarmful: 0 },
    }));
    const page = await renderCanaryReport({ deployment, decisions: [{ ...decisions.at(-1)!, metrics }] });
    expect(page).toContain('Last: good enough 0, harmful');
    expect(page).not.toContain('∞');
  });

  it.each([
    ['active', /Traffic<[^0-9]*50 %/],
    ['paused', /Traffic<[^0-9]*none; 50 % once it is resumed/],
    ['halted', /Traffic<[^0-9]*none</],
    ['rolled_back', undefined],
  ] as const)('names no traffic that a canary does not get: %s', async (status, expected) => {
    const page = await renderCanaryReport({ deployment: { ...deployment, status }, decisions: [] });
    if (expected === undefined) expect(page).not.toContain('Traffic<');
    else expect(page).toMatch(expected);
  });

  it('can be made before anything was decided, and of hostile reasons', async () => {
    const page = await renderCanaryReport({
      deployment: { ...deployment, endReason: hostile, modelName: hostile },
      decisions: [],
    });
    expect(page).not.toMatch(noScript);
    expect(page).toContain('&lt;script&gt;');
  });
});

describe('a comparison of runs', () => {
  it('says what differs, draws curves, and names every digest', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const ids: string[] = [];
    for (const [i, runName] of ['shallow', hostile].entries()) {
      const runId = await tracker.startRun({ experimentName: 'spreads', runName });
      await tracker.logParameters(runId, { depth: 4 + i, note: hostile });
      for (let step = 0; step < 500; step++) await tracker.logMetrics(runId, { mae: 3 - step / 250 - i }, { step });
      await tracker.endRun(runId);
      ids.push(runId);
    }
    const comparison = await tracker.compareRuns(ids);
    const page = await renderRunComparison(comparison, { histories: await metricHistories(tracker, comparison) });
    expect(page).toContain('2 runs, 1 different parameter');
    expect(page).toMatch(/<svg role="img" aria-label="mae\. mae over steps: shallow ends at 1\.004/);
    expect(page).toContain(comparison.metrics[0]!.values[1]!.digest);
    expect(page).not.toMatch(noScript);
  });
});

describe('curves of many points', () => {
  it('reach from the first to the last, and say how many of them are drawn', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'spreads' });
    for (let from = 0; from < 25_000; from += 1_000) {
      const metrics = Array.from({ length: 1_000 }, (_, i) => ({
        key: 'mae',
        value: 1 / (from + i + 1),
        step: from + i,
      }));
      await tracker.logBatch(runId, { metrics });
    }
    for (let i = 0; i < 13; i++)
      for (const step of [0, 1]) await tracker.logMetrics(runId, { [`x${i}`]: step }, { step });
    const comparison = compareRuns([await tracker.getRun(runId)]);
    const histories = await metricHistories(tracker, comparison);
    const steps = histories['mae']![0]!.map(({ step }) => step);
    expect([steps.length, steps[0], steps.at(-1)]).toEqual([10_000, 0, 24_999]);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(leftOut(comparison, histories)).toEqual([
      'mae: 10,000 of 25,000 points are drawn',
      'curves of 2 more metrics are not drawn',
    ]);
    expect(await renderRunComparison(comparison, { histories })).toContain('10,000 of 25,000 points are drawn');
  });
});

describe('curves', () => {
  const curve = (values: readonly number[], steps?: readonly number[]): Promise<string> =>
    figure(
      metricCurves('loss', [
        { run: 'a', points: values.map((value, i) => ({ value, step: steps?.[i] ?? 0, timestamp: 0 })) },
      ]),
    ).then(({ markup }) => markup);

  it.each([
    ['a constant', [5, 5], '>5<'],
    ['money', [1_200_000, 1_900_000], '>1,500,000<'],
    ['tiny values', [1e-12, -7e-12], '>−2e-12<'],
    ['huge values', [1, 1e300], '>1e+300<'],
    ['values far from nothing', [1e5, 1e5 + 0.7], '>100,000.5<'],
  ])('say on their axis what %s are', async (_, values, label) => {
    expect(await curve(values)).toContain(label);
  });

  it('go from point to point where none has a step, which one above the other would show nothing', async () => {
    expect(await curve([1, 2, 3])).toContain('loss over points');
    expect(await curve([1, 2, 3], [0, 10, 20])).toContain('loss over steps');
  });
});

describe('a model card as HTML', () => {
  it('says what stands in the way, and what is not recorded', async () => {
    const facts = await cardFacts(registry, 'spread', { version: '1.1.0' });
    const page = await renderModelCard(facts);
    expect(page).toContain('passes every gate to production');
    expect(page).toContain('not recorded');
    expect(page).toContain(facts.version.digest);
    const refused = await renderModelCard({
      ...facts,
      gates: [{ gate: 'max_drift', status: 'failed', message: hostile }],
    });
    expect(refused).toContain('1 gate stands in the way of production');
    expect(refused).not.toMatch(noScript);
  });
});
