import { describe, expect, it } from 'vitest';
import type { CanaryVerdict } from '../../../src/canary/evidence/canary-verdict.js';
import { decide } from '../../../src/canary/evidence/decide.js';
import type { DecisionInputs } from '../../../src/canary/evidence/decision-inputs.js';
import type { EvidenceCollector } from '../../../src/canary/evidence/evidence-collector.js';
import type { ModelAnswer } from '../../../src/canary/evidence/outcome.js';
import { collectedInputs } from './inputs.js';

const hour = 3_600_000;

/** What is decided of outcomes, at `now`. */
const judge = (fill: (collector: EvidenceCollector) => void, changes: Partial<DecisionInputs> = {}): CanaryVerdict =>
  decide(collectedInputs(fill, changes));

const unit = (i: number): number => Math.imul(i + 1, 2_654_435_761) >>> 0;
const arms = ['canary', 'production'] as const;

/** So many requests an arm, each with a key of its own; losses around the mean given. */
const serve =
  (each: number, losses: { canary: number; production: number }, segment?: string) =>
  (collector: EvidenceCollector): void => {
    for (let i = 0; i < 2 * each; i++) {
      const arm = arms[i % 2]!;
      const prediction = losses[arm] * (0.5 + ((i * 7) % 11) / 10);
      collector.record(arm, 0, unit(i), 0, { prediction, actual: 0, ...(segment !== undefined && { segment }) });
    }
  };

const shadow = { steps: [{ step: 0, mode: 'shadow' as const, share: 1, beganAt: 0 }] };
const pair =
  (count: number, canary: (i: number) => ModelAnswer, production: (i: number) => ModelAnswer, actual = 0) =>
  (collector: EvidenceCollector): void => {
    for (let i = 0; i < count; i++)
      collector.recordPair(0, unit(i), 0, { canary: canary(i), production: production(i), actual });
  };

describe('a verdict', () => {
  it('holds where nothing was seen, and says so', () => {
    for (const changes of [{}, shadow, { steps: [] }]) {
      const found = judge(() => undefined, changes);
      expect(found).toMatchObject({
        verdict: 'hold',
        cause: 'insufficient_evidence',
        reason: 'mae: no labelled outcomes of the canary yet',
        metrics: [{ logEvidenceGoodEnough: 0, logEvidenceHarmful: 0, canary: null, production: null, needed: null }],
        guardrails: [{ logEvidence: 0, canary: { requests: 0, events: 0 } }],
        segments: [],
        sampleRatio: { status: 'as_intended', logEvidence: 0 },
        labelJoin: { status: 'no_labels', canary: null, production: null, logEvidence: 0 },
        latency: [
          { quantile: 0.5, canary: null, production: null },
          { quantile: 0.99, canary: null, production: null },
        ],
        used: { predictions: 0, errors: 0, value: 0 },
      });
    }
  });

  it('names the arm that has no labels', () => {
    const onlyCanary = judge((collector) => collector.record('canary', 0, 1, 0, { prediction: 1, actual: 0 }));
    expect(onlyCanary.reason).toBe('mae: no labelled outcomes of production yet');
    expect(onlyCanary.labelJoin).toMatchObject({ status: 'balanced', canary: 1, production: null });
    const unlabelled = judge((collector) => {
      for (const arm of arms) collector.record(arm, 0, 1, 0, { prediction: 1 });
    });
    expect(unlabelled.labelJoin).toMatchObject({ status: 'no_labels', canary: 0, production: 0 });
  });

  it('says what was proved, or how much a proof would take', () => {
    const better = judge(serve(1500, { canary: 0.8, production: 1 }), { metrics: ['mae', 'accuracy'] });
    expect(better).toMatchObject({
      verdict: 'promote',
      reason: 'proved at least 0.95 as good as production on mae',
      metrics: [
        {
          message:
            'mae (mean absolute error) canary 0.7999 of 1500, production 1 of 1500: proved at least 0.95 as good',
        },
        { status: 'not_applicable', message: 'accuracy is not a measure of a regression' },
      ],
    });
    const worse = judge(serve(1500, { canary: 1.5, production: 1 }));
    expect(worse).toMatchObject({ verdict: 'rollback', cause: 'metric' });
    expect(worse.reason).toMatch(
      /^mae \(mean absolute error\) canary 1.5 of 1500, .*: proved worse than 0.8 of production$/,
    );
    const few = judge(serve(400, { canary: 0.9, production: 1 }));
    expect(few.metrics[0]!.needed).toBe(2000); // 1,000 in the smaller arm
    expect(few.reason).toMatch(
      /: not proved either way; about 2000 labelled outcomes in all would prove it good enough if this is the truth$/,
    );
    const hopeless = judge(serve(400, { canary: 1.2, production: 1 }));
    expect(hopeless.metrics[0]!.needed).toBeNull();
    expect(hopeless.reason).toMatch(
      /: not proved either way \(asymptotic proofs take at least 1000 in the smaller arm\)$/,
    );
  });

  it('waits for the end of the window, and says how long it was', () => {
    const options = { evaluationWindowMs: 24 * hour, now: 10.5 * hour };
    const fill = serve(1500, { canary: 0.8, production: 1 });
    const steps = [{ step: 0, mode: 'split' as const, share: 0.5, beganAt: 6 * hour }];
    expect(judge(fill, { ...options, steps })).toMatchObject({
      cause: 'evaluation_window',
      reason: 'proved good enough; promotion waits until 24 hours are over, 4.5 are',
    });
    expect(judge(fill, { ...options, steps, now: 30 * hour }).verdict).toBe('promote');
  });

  it('names the segments that are harmed, in the order of their names', () => {
    const found = judge((collector) => {
      serve(1200, { canary: 1, production: 1 }, 'utilities')(collector);
      serve(1200, { canary: 1, production: 1 }, 'energy')(collector);
      serve(1200, { canary: 3, production: 1 }, 'banks')(collector);
      serve(1200, { canary: 3, production: 1 }, 'autos')(collector);
      serve(9000, { canary: 0.2, production: 1 })(collector); // on the whole it is better
    });
    expect(found.segments.map(({ segment, isHarmful }) => [segment, isHarmful])).toEqual([
      ['autos', true],
      ['banks', true],
      ['energy', false],
      ['utilities', false],
    ]);
    expect(found).toMatchObject({
      verdict: 'rollback',
      cause: 'segment',
      reason: 'the canary is harmful in autos, banks',
    });
    const later = judge(
      (collector) => {
        collector.record('canary', 0, 1, 0, { prediction: 1, segment: 'energy' });
        collector.record('canary', 1, 1, 0, { prediction: 1, segment: 'banks' });
        collector.recordPair(2, 1, 0, { canary: {}, production: {}, segment: 'autos' });
      },
      { steps: [0, 1, 2].map((step) => ({ step, mode: step === 2 ? 'shadow' : 'split', share: 0.5, beganAt: 0 })) },
    );
    expect(later.segments.map(({ segment }) => segment)).toEqual(['autos', 'banks', 'energy']);
  });

  it('says which labels are lost, unless there are too few to tell', () => {
    const fill = (each: number) => (collector: EvidenceCollector) => {
      for (let i = 0; i < 2 * each; i++) {
        const isLabelled = i % 2 === 0 || i % 4 === 1;
        collector.record(arms[i % 2]!, 0, unit(i), 0, { prediction: 1, ...(isLabelled && { actual: 0 }) });
      }
    };
    expect(judge(fill(3000))).toMatchObject({
      cause: 'label_join',
      reason:
        "labels come back for 100.0% of the canary's requests and 50.0% of production's: find out why before comparing",
    });
    const few = judge(fill(999)).labelJoin;
    expect(few).toMatchObject({ status: 'balanced', canary: 1 });
    expect(few.logEvidence).toBeCloseTo(0, 12);
    const lopsided = judge((collector) => {
      fill(900)(collector);
      for (let i = 0; i < 5000; i++) collector.record('production', 0, unit(9000 + i), 0, { prediction: 1 });
    });
    expect(lopsided.labelJoin.status).toBe('balanced');
    expect(lopsided.labelJoin.logEvidence).toBeCloseTo(0, 12);
  });

  it('judges from a thousand in the smaller arm on, neither before nor later', () => {
    const losses = { canary: 0.5, production: 1 };
    expect(judge(serve(999, losses)).metrics[0]!.logEvidenceGoodEnough).toBe(0);
    expect(judge(serve(1000, losses)).metrics[0]!.logEvidenceGoodEnough).toBeGreaterThan(3);
    const pairs = (count: number): CanaryVerdict =>
      judge(
        pair(
          count,
          (i) => ({ prediction: 0.5 + (i % 3) / 10 }),
          (i) => ({ prediction: 1 + (i % 4) / 10 }),
        ),
        shadow,
      );
    expect(pairs(999).metrics[0]!.logEvidenceGoodEnough).toBe(0);
    expect(pairs(1000).metrics[0]!.logEvidenceGoodEnough).toBeGreaterThan(3);
  });

  it('finds nothing in answers that are all the same', () => {
    const same = (): ModelAnswer => ({ prediction: 1 });
    const found = judge(pair(2000, same, same), shadow);
    expect(found.metrics[0]!.logEvidenceGoodEnough).toBeLessThanOrEqual(0);
    expect(found.metrics[0]!.logEvidenceHarmful).toBeLessThanOrEqual(0);
    expect(found.verdict).toBe('hold');
  });
});

describe('the latency of both arms', () => {
  it('is an interval around the median and the p99, of shadow answers too', () => {
    const fill = (collector: EvidenceCollector): void => {
      for (let i = 0; i < 8000; i++) {
        const latencyMs = i % 50 === 0 ? 400 : 20 + (i % 7);
        collector.record(arms[i % 2]!, 0, unit(i), 0, { prediction: 1, latencyMs: i % 2 === 0 ? latencyMs : 4 });
      }
    };
    const [median, p99] = judge(fill).latency;
    expect(median).toMatchObject({ quantile: 0.5, canary: { requests: 4000 }, production: { requests: 4000 } });
    const { canary, production } = median!;
    expect(canary!.lower).toBeGreaterThan(16);
    expect(canary!.lower).toBeLessThanOrEqual(24);
    expect(canary!.upper).toBeGreaterThanOrEqual(22);
    expect(canary!.upper).toBeLessThan(32);
    expect([production!.lower <= 4, production!.upper! >= 4, production!.upper! < 8]).toEqual([true, true, true]);
    expect(p99!.canary!.upper).toBeGreaterThanOrEqual(400);
    expect(p99!.canary!.lower).toBeLessThanOrEqual(416);

    const few = judge((collector) => {
      for (let i = 0; i < 200; i++) collector.record('canary', 0, unit(i), 0, { prediction: 1, latencyMs: 5 });
    }).latency;
    expect(few[1]!.canary).toMatchObject({ requests: 200, upper: null });
    expect(few[1]!.production).toBeNull();

    const answers = (latencyMs: number) => (): ModelAnswer => ({ prediction: 1, latencyMs });
    const ofPairs = judge(pair(3000, answers(60), answers(5)), shadow).latency[0]!;
    expect(ofPairs.canary).toMatchObject({ requests: 3000 });
    expect(ofPairs.canary!.lower).toBeLessThanOrEqual(60);
    expect(ofPairs.canary!.upper).toBeGreaterThanOrEqual(60);
    expect(ofPairs.production).toBeNull(); // production's own requests are not counted here
  });

  it('is put together over steps, whatever the order of their buckets', () => {
    const steps = [0, 1].map((step) => ({ step, mode: 'split' as const, share: 0.5, beganAt: 0 }));
    const found = judge(
      (collector) => {
        for (let i = 0; i < 3000; i++) {
          collector.record('canary', 0, unit(i), 0, { prediction: 1, latencyMs: 100 });
          collector.record('canary', 1, unit(i), 0, { prediction: 1, latencyMs: i % 3 === 0 ? 100 : 3 });
        }
      },
      { steps },
    ).latency[0]!.canary!;
    expect(found.requests).toBe(6000);
    expect(found.lower).toBeGreaterThan(80); // two thirds of all took 100
    expect(found.lower).toBeLessThanOrEqual(100);
    expect(found.upper).toBeGreaterThanOrEqual(100);
  });
});
