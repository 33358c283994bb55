import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/canary/evidence/decide.js';
import { type DecisionInputs, noLimits } from '../../../src/canary/evidence/decision-inputs.js';
import type { EvidenceCollector } from '../../../src/canary/evidence/evidence-collector.js';
import type { EvidenceSettings } from '../../../src/canary/evidence/evidence-settings.js';
import { mergeStatistics, noStatistics } from '../../../src/canary/evidence/merge-statistics.js';
import { replayDecision } from '../../../src/canary/evidence/replay-decision.js';
import { createRandom } from '../../../src/util/random.js';
import { collectedInputs, regression } from './inputs.js';

const settings: EvidenceSettings = { ...regression, latencyBudgetMs: 50 };

type Fill = (collector: EvidenceCollector) => void;

const inputsOf = (fill: Fill, changes: Partial<DecisionInputs> = {}): DecisionInputs =>
  collectedInputs(fill, { settings, ...changes });

interface Traffic {
  readonly requests: number;
  readonly share?: number;
  readonly loss?: (isCanary: boolean, segment: string) => number;
  readonly error?: (isCanary: boolean) => number;
  readonly latencyMs?: (isCanary: boolean) => number;
  /** Share of outcomes that are recorded at all, and of those that get a label. */
  readonly kept?: (isCanary: boolean) => number;
  readonly labelled?: (isCanary: boolean) => number;
  readonly segments?: readonly string[];
}

/** Requests without routing keys; losses are exponential with the mean given. */
const serve =
  (traffic: Traffic): Fill =>
  (collector) => {
    const random = createRandom('decide');
    const always = (): number => 1;
    const { share = 0.5, loss = always, error = () => 0, latencyMs = () => 10, segments } = traffic;
    for (let i = 0; i < traffic.requests; i++) {
      const isCanary = random.next() < share;
      const unit = Math.floor(random.next() * 2 ** 32);
      const segment = segments?.[i % segments.length];
      if (random.next() >= (traffic.kept ?? always)(isCanary)) continue;
      const size = -Math.log(1 - random.next()) * loss(isCanary, segment ?? '');
      collector.record(isCanary ? 'canary' : 'production', 0, unit, 0, {
        prediction: size,
        ...(random.next() < (traffic.labelled ?? always)(isCanary) && { actual: 0 }),
        latencyMs: latencyMs(isCanary),
        error: random.next() < error(isCanary),
        value: 100,
        ...(segment !== undefined && { segment }),
      });
    }
  };

describe('a canary decision', () => {
  it('promotes what is proved good enough, and not before the window is over', () => {
    const fill = serve({ requests: 6000, loss: (isCanary) => (isCanary ? 0.8 : 1) });
    expect(decide(inputsOf(fill))).toMatchObject({
      verdict: 'promote',
      cause: 'proved',
      metrics: [{ status: 'good_enough' }],
    });
    const waiting = inputsOf(fill, { evaluationWindowMs: 3_600_000 });
    expect(decide(waiting)).toMatchObject({ verdict: 'hold', cause: 'evaluation_window' });
    expect(decide({ ...waiting, now: 3_600_000 }).verdict).toBe('promote');
  });

  it('rolls back what is proved harmful: losses, errors, latency', () => {
    expect(decide(inputsOf(serve({ requests: 6000, loss: (isCanary) => (isCanary ? 2 : 1) })))).toMatchObject({
      verdict: 'rollback',
      cause: 'metric',
    });
    const failing = decide(inputsOf(serve({ requests: 600, error: (isCanary) => (isCanary ? 0.3 : 0.03) })));
    expect(failing).toMatchObject({ verdict: 'rollback', cause: 'guardrail' });
    expect(failing.reason).toContain('the canary fails in');
    expect(decide(inputsOf(serve({ requests: 200, latencyMs: (isCanary) => (isCanary ? 60 : 10) })))).toMatchObject({
      cause: 'guardrail',
      guardrails: [{ guardrail: 'errors' }, { guardrail: 'latency', status: 'harmful' }],
    });
  });

  it('holds without data, and says how much more it takes', () => {
    expect(decide(inputsOf(() => undefined))).toMatchObject({ verdict: 'hold', cause: 'insufficient_evidence' });
    const { verdict, metrics } = decide(inputsOf(serve({ requests: 1500, loss: (isCanary) => (isCanary ? 0.9 : 1) })));
    expect(verdict).toBe('hold');
    expect(metrics[0]!.needed).toBeGreaterThan(1500);
    expect(decide(inputsOf(serve({ requests: 3000 }), { metrics: ['accuracy'] })).cause).toBe('no_metric');
  });

  it('never takes a mean below 1,000 outcomes of the smaller arm, however clear', () => {
    const inputs = inputsOf(serve({ requests: 1900, loss: (isCanary) => (isCanary ? 100 : 1) }));
    expect(decide(inputs)).toMatchObject({ verdict: 'hold', cause: 'insufficient_evidence' });
  });

  it('stops at a limit or at the kill switch, whatever the evidence', () => {
    const fill = serve({ requests: 1000 });
    const limited = (limits: Partial<DecisionInputs['limits']>) =>
      decide(inputsOf(fill, { limits: { ...noLimits, ...limits } }));
    expect(limited({ maxPredictions: 100 })).toMatchObject({ verdict: 'rollback', cause: 'limit' });
    expect(limited({ maxValue: 1000 })).toMatchObject({ verdict: 'rollback', cause: 'limit' });
    expect(limited({ maxPredictions: 10_000, maxErrors: 0 }).verdict).toBe('hold');
    expect(decide(inputsOf(fill, { halt: { by: 'ada', reason: 'strange prices' } }))).toMatchObject({
      verdict: 'rollback',
      cause: 'halted',
      reason: 'halted by ada: strange prices',
    });
  });

  it('holds when outcomes or labels of one arm are lost', () => {
    const better = (isCanary: boolean): number => (isCanary ? 0.5 : 1);
    const lost = serve({ requests: 8000, loss: better, kept: (isCanary) => (isCanary ? 0.8 : 1) });
    expect(decide(inputsOf(lost))).toMatchObject({ verdict: 'hold', cause: 'sample_ratio' });
    const unlabelled = serve({ requests: 8000, loss: better, labelled: (isCanary) => (isCanary ? 0.6 : 0.9) });
    expect(decide(inputsOf(unlabelled))).toMatchObject({ verdict: 'hold', cause: 'label_join' });
  });

  it('rolls back a candidate that is wrong in one segment only, and names it', () => {
    const segments = ['banks', 'energy', 'toString', 'utilities'];
    const verdict = decide(
      inputsOf(
        serve({
          requests: 16_000,
          segments,
          loss: (isCanary, segment) =>
            segment === 'energy' && isCanary ? 2 : segment === 'energy' ? 1 : isCanary ? 0.9 : 1,
        }),
      ),
    );
    expect(verdict).toMatchObject({ verdict: 'rollback', cause: 'segment', metrics: [{ status: 'undecided' }] });
    expect(verdict.segments.filter(({ isHarmful }) => isHarmful).map(({ segment }) => segment)).toEqual(['energy']);
  });

  it('counts only cohorts whose labels are complete', () => {
    const hour = 3_600_000;
    const cohorts = { ...settings, cohortMs: hour };
    const fill: Fill = (collector) => {
      for (let i = 0; i < 5000; i++) {
        const loss = i % 2 === 0 ? 0.5 : 1;
        const arm = i % 2 === 0 ? 'canary' : 'production';
        collector.record(arm, 0, i * 2_654_435_761, 0, { prediction: loss * (1 + ((i * 7) % 10) / 10), actual: 0 });
      }
    };
    const at = (now: number) => decide(inputsOf(fill, { settings: cohorts, labelWindowMs: 8 * hour, now }));
    expect(at(9 * hour - 1).metrics[0]!.canary).toBeNull();
    expect(at(9 * hour).metrics[0]!.canary).toMatchObject({ n: 2500 });
  });
});

describe('shadow evidence', () => {
  const shadow = (fill: Fill, changes: Partial<DecisionInputs>): DecisionInputs =>
    inputsOf(fill, { steps: [{ step: 0, mode: 'shadow', share: 1, beganAt: 0 }], ...changes });

  it('proves 95% non-inferiority of equal classifiers from a few hundred requests', () => {
    const fill: Fill = (collector) => {
      const random = createRandom('shadow');
      for (let i = 0; i < 400; i++) {
        // Both are right in 90%, and wrong together in most of the rest, as two versions of one model are.
        const production = Number(random.next() < 0.9);
        const canary = random.next() < 0.96 ? production : Number(random.next() < 0.9);
        collector.recordPair(0, i * 2_654_435_761, 0, {
          canary: { prediction: canary },
          production: { prediction: production },
          actual: 1,
        });
      }
    };
    const inputs = shadow(fill, { settings: { ...settings, task: 'classification' } });
    expect(decide(inputs)).toMatchObject({ verdict: 'promote' });
    const precision = decide({ ...inputs, metrics: ['accuracy', 'precision'] });
    expect(precision.metrics.map(({ status }) => status)).toEqual(['good_enough', 'undecided']);
  });

  it('sees harm in losses and in failures of the same requests', () => {
    const fill =
      (requests: number, factor: number, failures: number): Fill =>
      (collector) => {
        const random = createRandom('pairs');
        for (let i = 0; i < requests; i++) {
          const loss = random.next();
          const canary = { prediction: factor * loss, error: random.next() < failures };
          collector.recordPair(0, i * 2_654_435_761, 0, { canary, production: { prediction: loss }, actual: 0 });
        }
      };
    expect(decide(shadow(fill(1500, 2, 0), {}))).toMatchObject({ verdict: 'rollback', cause: 'metric' });
    expect(decide(shadow(fill(300, 1, 0.1), {}))).toMatchObject({ verdict: 'rollback', cause: 'guardrail' });
    const bounded = { ...settings, lossBound: 2 };
    expect(decide(shadow(fill(500, 2, 0), { settings: bounded }))).toMatchObject({
      verdict: 'rollback',
      cause: 'metric',
    });
    expect(decide(shadow(fill(500, 2, 0), {})).verdict).toBe('hold');
  });
});

describe('shadow evidence of repeated requests', () => {
  const shadow = (fill: Fill, changes: Partial<DecisionInputs> = {}): DecisionInputs =>
    inputsOf(fill, { steps: [{ step: 0, mode: 'shadow', share: 1, beganAt: 0 }], ...changes });
  /** The same pair again and again, of one key or of a different one each time. */
  const repeat =
    (pair: Parameters<EvidenceCollector['recordPair']>[3], unit: (i: number) => number): Fill =>
    (collector) => {
      for (let i = 0; i < 3000; i++) collector.recordPair(0, unit(i), 0, pair);
    };
  const oneKey = (): number => 7;
  const manyKeys = (i: number): number => i * 2_654_435_761;
  const cases = [
    { name: 'a failure', pair: { canary: { error: true }, production: { prediction: 1 } }, cause: 'guardrail' },
    {
      name: 'a slow answer',
      pair: { canary: { prediction: 1, latencyMs: 80 }, production: { prediction: 1, latencyMs: 8 } },
      cause: 'guardrail',
    },
    {
      name: 'a miss',
      pair: { canary: { prediction: 5 }, production: { prediction: 0 }, actual: 0 },
      settings: { missBudget: 3 },
      cause: 'guardrail',
    },
    {
      name: 'a wrong class',
      pair: { canary: { prediction: 0 }, production: { prediction: 1 }, actual: 1 },
      settings: { task: 'classification' as const },
      cause: 'metric',
    },
    {
      name: 'a bounded loss',
      pair: { canary: { prediction: 5 }, production: { prediction: 1 }, actual: 0 },
      settings: { lossBound: 5 },
      cause: 'metric',
    },
  ];

  it.each(cases)('proves nothing by $name of one client, however often, and does so by those of many', (one) => {
    const changes = { settings: { ...settings, ...one.settings } };
    for (const segment of [undefined, 'energy']) {
      const pair = { ...one.pair, ...(segment !== undefined && { segment }) };
      expect(decide(shadow(repeat(pair, oneKey), changes)).verdict).toBe('hold');
      expect(decide(shadow(repeat(pair, manyKeys), changes))).toMatchObject({ verdict: 'rollback', cause: one.cause });
    }
  });

  it('is taken pair by pair where some were stored without their keys', () => {
    const inputs = shadow(repeat(cases[0]!.pair, oneKey));
    const [stratum] = inputs.statistics.strata;
    const { keys: _keys, ...all } = stratum!.pairs.all;
    const before = { ...inputs.statistics, strata: [{ ...stratum!, pairs: { ...stratum!.pairs, all } }] };
    expect(decide({ ...inputs, statistics: before })).toMatchObject({ verdict: 'rollback' });
    const merged = mergeStatistics(before, inputs.statistics);
    expect(merged.strata[0]!.pairs.all).toMatchObject({ requests: 6000 });
    expect(merged.strata[0]!.pairs.all).not.toHaveProperty('keys');
    expect(mergeStatistics(noStatistics('regression'), inputs.statistics)).toEqual(inputs.statistics);
  });
});

describe('a stored decision', () => {
  it('is the same to the bit when computed again, and a changed one is found out', () => {
    const inputs = inputsOf(serve({ requests: 5000, loss: (isCanary) => (isCanary ? 0.9 : 1), segments: ['a', 'b'] }));
    const stored = JSON.parse(JSON.stringify({ ...decide(inputs), inputs, decidedAt: 'x' })) as object;
    expect(replayDecision(stored)).toMatchObject({ isSame: true, differences: [] });
    expect(replayDecision({ ...stored, verdict: 'rollback' })).toMatchObject({
      isSame: false,
      differences: ['verdict'],
    });
    expect(() => replayDecision({ inputs: {} })).toThrow('another version');
  });
});
