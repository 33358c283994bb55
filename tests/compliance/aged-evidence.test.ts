import { beforeEach, describe, expect, it } from 'vitest';
import {
  type CheckName,
  type CheckResult,
  type ComplianceInputs,
  type EvidenceKind,
  MLOpsConfig,
  assessCompliance,
} from '@bondx/mlops';
import { aged } from '../../src/compliance/checks/aged.js';
import { type Finding, met, notAssessed, notMet } from '../../src/compliance/checks/check.js';
import type { ComplianceFacts } from '../../src/compliance/checks/facts.js';
import { mifidChecks } from '../../src/compliance/checks/mifid.js';
import { modelRiskChecks } from '../../src/compliance/checks/model-risk.js';
import { sayAge } from '../../src/registry/evidence-age.js';
import { createWorld } from '../helpers.js';
import { described, goodInputs, pdWorld } from './pd-world.js';

const at = { modelName: 'pd', version: '1.0.0' } as const;
const dayMs = 86_400_000;
type PdWorld = Awaited<ReturnType<typeof pdWorld>>;

const promotion = { minAccuracy: 0, maxDrift: 1, requireExplainability: false, requireFeatureImportance: false };
const gated = {
  promotion: { ...promotion, requireBiasTesting: true, requireComplianceCheck: true },
  security: { regulatoryFrameworks: [], complianceChecks: ['model_fairness', 'bias_detection', 'explainability'] },
} as const;

let world: PdWorld;
const begin = async (policy: Parameters<typeof pdWorld>[0]): Promise<void> => void (world = await pdWorld(policy));

const record = (kind: EvidenceKind, passed = true, detail = {}) =>
  world.registry.recordEvidence({ ...at, kind, passed, detail });
const assess = (inputs: ComplianceInputs = {}) => assessCompliance(world.registry, { ...at, inputs });
const check = async (name: CheckName, inputs?: ComplianceInputs): Promise<CheckResult> =>
  (await assess(inputs)).results.find((result) => result.check === name)!;
const gate = async (name: string) => (await world.registry.checkGates('pd', '1.0.0')).find((one) => one.gate === name)!;
const iso = (ms: number): string => new Date(ms).toISOString();

describe('evidence of tests', () => {
  beforeEach(() => begin(gated));

  it.each([
    ['bias_testing', 'policy.model_fairness', 'the bias test'],
    ['bias_testing', 'policy.bias_detection', 'the bias test'],
    ['explainability', 'policy.explainability', 'the explanation'],
  ] as const)('of %s counts in %s for exactly a year of 365 days', async (kind, name, what) => {
    const madeAt = world.clock.now();
    await record(kind);
    world.clock.advance(365 * dayMs);
    const goodUntil = iso(madeAt + 365 * dayMs);
    expect(await check(name)).toMatchObject({ status: 'met', goodUntil });
    world.clock.advance(1);
    const old = await check(name);
    expect(old).toMatchObject({
      status: 'not_assessed',
      message: `${what} of ${iso(madeAt)} is more than 365 days old; it counts for 365 days (compliance.max_evidence_age_days.${kind})`,
      evidence: { recordedAt: iso(madeAt), madeAt: iso(madeAt), countedUntil: goodUntil },
    });
    expect(old).not.toHaveProperty('goodUntil');
    await record(kind);
    expect((await check(name)).status).toBe('met');
  });

  it('that failed or was inconclusive does not get better by waiting', async () => {
    await record('bias_testing', false);
    world.clock.advance(2_000 * dayMs);
    expect((await check('policy.model_fairness')).status).toBe('not_met');
    expect((await gate('bias_testing')).status).toBe('failed');
    await record('bias_testing', false, { verdict: 'inconclusive' });
    expect((await gate('bias_testing')).status).toBe('not_assessed');
  });

  it('that is too old can be vouched for, until a date', async () => {
    await record('explainability');
    world.clock.advance(366 * dayMs);
    const expiresAt = iso(world.clock.now() + 7 * dayMs);
    await world.inventoryOf('sue').attestations.record({
      ...{ modelName: 'pd', check: 'policy.explainability', statement: 'nothing changed since', expiresAt },
    });
    expect(await check('policy.explainability')).toMatchObject({
      status: 'attested',
      goodUntil: iso(Date.parse(expiresAt) - 1),
    });
  });

  it('counts in the gate for as long as in the check', async () => {
    const madeAt = world.clock.now();
    await record('bias_testing');
    world.clock.advance(365 * dayMs);
    expect((await gate('bias_testing')).status).toBe('passed');
    world.clock.advance(1);
    expect(await gate('bias_testing')).toMatchObject({
      status: 'not_assessed',
      message: expect.stringContaining(
        `recorded by ada at ${iso(madeAt)} is more than 365 days old (compliance.max_evidence_age_days.bias_testing); look again`,
      ) as string,
    });
    expect(await world.registry.promoteModel({ ...at, targetStage: 'production' })).toMatchObject({
      status: 'refused',
    });
  });

  it('grows old in words that do not change from day to day, so that an approval which goes past it holds', async () => {
    await begin({ ...gated, promotion: { ...gated.promotion, requireComplianceCheck: false, requiredApprovals: 1 } });
    await record('bias_testing');
    world.clock.advance(400 * dayMs);
    const { registry, registryOf } = world;
    await registry.promoteModel({ ...at, targetStage: 'staging' });
    const overrides = [{ gate: 'bias_testing', reason: 'the test runs next week' }];
    const { requestId } = await registry.approvals.request({ ...at, reason: 'urgent', overrides });
    await registryOf('bob').approvals.approve({ requestId });
    world.clock.advance(dayMs);
    expect(await registry.approvals.execute({ requestId })).toMatchObject({ status: 'promoted' });
  });

  it('that is looked at as the gate opens, such as the files in require_security_scan, does not grow old', async () => {
    world.clock.advance(5_000 * dayMs);
    expect((await gate('security_scan')).status).toBe('passed');
  });
});

describe('an assessment as evidence', () => {
  beforeEach(() => begin(gated));

  it('counts in the compliance gate for exactly 90 days', async () => {
    await record('bias_testing');
    await record('explainability');
    expect((await assess()).verdict).toBe('passed');
    world.clock.advance(90 * dayMs);
    expect((await gate('compliance')).status).toBe('passed');
    world.clock.advance(1);
    expect(await gate('compliance')).toMatchObject({
      status: 'not_assessed',
      message: expect.stringContaining(
        'is more than 90 days old (compliance.max_evidence_age_days.compliance)',
      ) as string,
    });
    await assess();
    expect((await gate('compliance')).status).toBe('passed');
  });

  it('counts no longer than the oldest evidence that it goes by', async () => {
    const madeAt = world.clock.now();
    await record('bias_testing');
    world.clock.advance(300 * dayMs);
    await record('explainability');
    const goodUntil = iso(madeAt + 365 * dayMs);
    expect(await assess()).toMatchObject({ verdict: 'passed', goodUntil });
    world.clock.advance(65 * dayMs);
    expect((await gate('compliance')).status).toBe('passed');
    world.clock.advance(1);
    expect(await gate('compliance')).toMatchObject({
      status: 'not_assessed',
      message: expect.stringContaining(
        `goes by other evidence, which counted until ${goodUntil}; assess it again`,
      ) as string,
    });
    expect((await assess()).verdict).toBe('inconclusive');
  });

  it('says nothing of a date where nothing that it goes by grows old', async () => {
    await begin({ security: { regulatoryFrameworks: [], complianceChecks: [] } });
    const report = await assess();
    expect(report).not.toHaveProperty('goodUntil');
    expect(report).toMatchObject({ verdict: 'inconclusive', results: [] }); // that nothing was looked at is no pass
  });
});

describe('checks of frameworks', () => {
  it('take outcomes for a year from the end of their horizon', async () => {
    await begin({ security: { regulatoryFrameworks: ['Basel III', 'IFRS 9'], complianceChecks: [] } });
    await world.inventoryOf('olga').describe({ ...described, measures: ['pd', 'ecl'] });
    const names = [
      'basel.discrimination',
      'basel.calibration',
      'basel.grade_stability',
      'ifrs9.pd_calibration',
    ] as const;
    const statuses = async (horizonEndsAt: string, worse = 1) => {
      const pd = goodInputs.pd!;
      const grades = pd.grades.map((grade) => ({ ...grade, pd: grade.pd * worse }));
      const { results } = await assess({ ...goodInputs, pd: { ...pd, grades, horizonEndsAt } });
      return names.map((name) => results.find((result) => result.check === name)!);
    };
    const ends = world.clock.now() - 365 * dayMs;
    for (const result of await statuses(iso(ends))) {
      expect(result, result.check).toMatchObject({ status: 'met', goodUntil: iso(world.clock.now()) });
    }
    for (const { check, status, message } of await statuses(iso(ends - 1))) {
      expect(status, check).toBe('not_assessed');
      expect(message).toContain(`the outcome at the horizon of ${iso(ends - 1)} is more than 365 days old`);
    }
    expect((await statuses(iso(ends - 1), 0.5))[1]!.status).toBe('not_met');
  });

  it('hold a model to drift checks that go on: a late one is not met', async () => {
    await begin({ security: { regulatoryFrameworks: ['SR 26-2'], complianceChecks: [] } });
    const madeAt = world.clock.now();
    await record('drift', true, { overallDriftScore: 0.1 });
    world.clock.advance(30 * dayMs);
    expect(await check('model_risk.ongoing_monitoring')).toMatchObject({
      status: 'met',
      goodUntil: iso(madeAt + 30 * dayMs),
    });
    world.clock.advance(1);
    expect(await check('model_risk.ongoing_monitoring')).toMatchObject({
      status: 'not_met',
      message: `the last drift check, of ${iso(madeAt)}, is more than 30 days old; one is due every 30 days (compliance.max_evidence_age_days.drift)`,
    });
  });

  it('name the last day of a review, a yearly report and a drill as theirs', async () => {
    await begin({ security: { regulatoryFrameworks: ['SR 26-2'], complianceChecks: [] } });
    await world.inventoryOf('olga').describe(described);
    await world.inventoryOf('vera').recordValidation({ ...at, outcome: 'approved' });
    expect(await check('model_risk.review_cadence')).toMatchObject({
      status: 'met',
      goodUntil: '2026-12-31T23:59:59.999Z', // validated on 2026-01-01, twelve months for tier 1
    });
    world.clock.advance(365 * dayMs - 1);
    expect((await check('model_risk.review_cadence')).status).toBe('met');
    world.clock.advance(1);
    expect((await check('model_risk.review_cadence')).status).toBe('not_met');
  });
});

describe('what frameworks ask for by the year', () => {
  const { policy } = MLOpsConfig.default({ environment: {} });
  const finding = (name: CheckName, facts: object, now: number) =>
    [...modelRiskChecks, ...mifidChecks]
      .find(({ check }) => check === name)!
      .assess({ policy, now, ...facts } as unknown as ComplianceFacts) as Finding;
  const madeAt = Date.UTC(2025, 2, 1);
  const ends = Date.UTC(2026, 2, 1); // a year later, of 365 days
  const against = { championVersion: '1.0.0' };

  it.each<[string, object]>([
    ['a retraining', { retraining: { steps: [{ name: 'compare', endedAt: madeAt, output: against }] }, decisions: [] }],
    ['a canary', { decisions: [{ verdict: 'promote', decidedAt: iso(madeAt) }] }],
    [
      'the later of both',
      {
        retraining: { steps: [{ name: 'compare', endedAt: madeAt - 900 * dayMs, output: against }] },
        decisions: [
          { verdict: 'rollback', decidedAt: iso(madeAt) },
          { verdict: 'promote', decidedAt: iso(madeAt - 500 * dayMs) },
          { verdict: 'hold', decidedAt: iso(madeAt + 300 * dayMs) },
        ],
      },
    ],
  ])('a comparison by %s counts for a year', (_what, facts) => {
    const name = 'model_risk.effective_challenge';
    const about = { version: {}, ...facts };
    expect(finding(name, about, ends)).toMatchObject({ status: 'met', goodUntil: iso(ends) });
    expect(finding(name, about, ends + 1)).toMatchObject({
      status: 'not_assessed',
      message: expect.stringContaining(`the last comparison of ${iso(madeAt)} is more than 365 days old`) as string,
    });
  });

  it('the first retraining of a model, which had nothing to be compared with, is no challenge', () => {
    const steps = [{ name: 'compare', endedAt: madeAt, output: { holdoutRows: 30, challengerMetrics: { mae: 1 } } }];
    const about = { version: {}, retraining: { steps }, decisions: [] };
    expect(finding('model_risk.effective_challenge', about, madeAt)).toMatchObject({
      status: 'not_assessed',
      message: expect.stringContaining('no comparison') as string,
    });
  });

  it('a drift check with too few rows to tell is no watching', () => {
    const checked = (passed: boolean, verdict: string) => {
      const drift = { passed, recordedAt: iso(madeAt), detail: { verdict } };
      return finding('model_risk.ongoing_monitoring', { version: { evidence: { drift } } }, madeAt).status;
    };
    expect([checked(true, 'stable'), checked(true, 'inconclusive'), checked(false, 'drifted')]).toEqual([
      'met',
      'not_assessed',
      'not_met',
    ]);
  });

  it('each entry into production has the approvals that the policy asks for, but for rollbacks', () => {
    const entry = { version: '1.0.0', from: 'Staging', to: 'Production', at: iso(madeAt), by: 'ada' };
    const approved = { ...entry, gates: [{ gate: 'approval', status: 'passed', message: 'by bob' }] };
    const alone = { ...entry, from: 'Archived', gates: [{ gate: 'min_accuracy', status: 'passed', message: '' }] };
    const rolledBack = { ...entry, from: 'Archived', reason: 'the new one errs' };
    const approvals = [{ requestId: 'r', closed: { as: 'executed' } }];
    const recorded = (history: readonly object[], requiredApprovals: number) => {
      const facts = { version: { version: '1.0.0' }, history, approvals };
      const asked = { ...policy, promotion: { ...policy.promotion, requiredApprovals } };
      return finding('mifid.change_record', { ...facts, policy: asked }, madeAt).status;
    };
    expect(recorded([approved, rolledBack], 1)).toBe('met');
    expect(recorded([approved, alone], 1)).toBe('not_met');
    expect(recorded([approved, alone], 0)).toBe('met');
  });

  it('thousands of decisions of one canary make no long report', () => {
    const limits = { maxPredictions: 1e6, maxValue: 1e9, maxErrors: 100 };
    const decisions = Array.from({ length: 200_000 }, (_, i) => ({
      ...{ decisionId: `d${i}`, verdict: 'promote', productionVersion: '1.0.0', decidedAt: iso(madeAt + i) },
      limits: i < 1_000 ? limits : { ...limits, maxErrors: 50 },
    }));
    const facts = { version: {}, decisions, deployments: [{ deploymentId: 'c', status: 'active', steps: [] }] };
    const challenged = finding('model_risk.effective_challenge', facts, ends);
    expect(challenged).toMatchObject({ status: 'met', evidence: { decided: 200_000 } });
    expect((challenged.evidence['decisions'] as readonly unknown[]).at(-1)).toMatchObject({ decisionId: 'd199999' });
    const limited = finding('mifid.controlled_deployment', facts, ends);
    expect(limited).toMatchObject({
      status: 'met',
      evidence: {
        limits: [
          { decisionId: 'd0', ...limits },
          { decisionId: 'd1000', maxErrors: 50 },
        ],
      },
    });
    for (const { evidence } of [challenged, limited]) expect(JSON.stringify(evidence).length).toBeLessThan(5_000);
    const unlimited = [...decisions, { ...decisions[0]!, limits: { ...limits, maxValue: null } }];
    expect(finding('mifid.controlled_deployment', { ...facts, decisions: unlimited }, ends).status).toBe('not_met');
  });

  it('limits of the policy say nothing of a canary that nothing was decided on', () => {
    const facts = { version: {}, decisions: [], deployments: [{ deploymentId: 'c', status: 'active', steps: [] }] };
    const under = (canary: object) => {
      const asked = { ...policy, canary: { ...policy.canary, ...canary } };
      return finding('mifid.controlled_deployment', { ...facts, policy: asked }, ends).status;
    };
    expect(under({ maxPredictions: 1e6, maxValue: 1e9, maxErrors: 100 })).toBe('not_assessed');
    expect(under({ maxPredictions: null })).toBe('not_met');
  });

  it('a drill and a yearly report are not met when the next was due, which is the day after their last', () => {
    const drills = [{ at: iso(madeAt), isHalted: true, latencyMs: 5 }];
    const reports = [{ status: 'signed', signatures: [{ at: iso(madeAt) }] }];
    for (const name of ['mifid.kill_functionality', 'mifid.annual_report'] as const) {
      expect(finding(name, { drills, reports }, ends - 1)).toMatchObject({ status: 'met', goodUntil: iso(ends - 1) });
      expect(finding(name, { drills, reports }, ends).status).toBe('not_met');
    }
  });
});

describe('the gate of drift', () => {
  it('takes a drift check for exactly 30 days, and no longer', async () => {
    await begin({
      promotion: { ...promotion, maxDrift: 0.2, requireComplianceCheck: false, requireBiasTesting: false },
    });
    await record('drift', true, { overallDriftScore: 0.1 });
    world.clock.advance(30 * dayMs);
    expect((await gate('max_drift')).status).toBe('passed');
    world.clock.advance(1);
    expect(await gate('max_drift')).toMatchObject({
      status: 'not_assessed',
      message: expect.stringContaining('is more than 30 days old (compliance.max_evidence_age_days.drift)') as string,
    });
    await record('drift', false, { overallDriftScore: 0.3 });
    world.clock.advance(31 * dayMs);
    expect((await gate('max_drift')).status).toBe('failed');
  });
});

describe('compliance.max_evidence_age_days', () => {
  it('sets the longest age of each kind, and leaves the others', async () => {
    await begin({ ...gated, compliance: { maxEvidenceAgeDays: { biasTesting: 7 } } });
    await record('bias_testing');
    await record('explainability');
    world.clock.advance(7 * dayMs);
    expect((await check('policy.model_fairness')).status).toBe('met');
    world.clock.advance(1);
    expect((await check('policy.model_fairness')).status).toBe('not_assessed');
    expect((await check('policy.explainability')).status).toBe('met');
    expect(world.config.policy.compliance.maxEvidenceAgeDays).toEqual({
      ...{ drift: 30, biasTesting: 7, explainability: 365, featureImportance: 365 },
      ...{ challenge: 365, outcomes: 365, compliance: 90 },
    });
  });

  it.each([0, -1, 1.5, 36_501, NaN, '30', null])('refuses %j, and says what it takes', (drift) => {
    const policy = { compliance: { maxEvidenceAgeDays: { drift } } };
    expect(() => MLOpsConfig.fromObject(policy as never, { environment: {} })).toThrow(
      /compliance\.max_?[eE]vidence_?[aA]ge_?[dD]ays\.drift: expected a whole number of days from 1 to 36500/,
    );
  });

  it('takes a hundred years, and the smallest age', async () => {
    for (const days of [1, 36_500]) {
      const { config } = createWorld({ compliance: { maxEvidenceAgeDays: { challenge: days } } });
      expect(config.policy.compliance.maxEvidenceAgeDays.challenge).toBe(days);
    }
  });
});

describe('what is met by evidence', () => {
  const { policy } = MLOpsConfig.default({ environment: {} });
  const evidence = { kind: 'challenge', what: 'the last comparison', madeAt: 0 } as const;

  it('is not assessed when that is too old; nothing else changes with age', () => {
    const at = (now: number) => ({ policy, now });
    expect(aged(met('m', { a: 1 }, ['c']), evidence, at(365 * dayMs))).toEqual({
      ...{ status: 'met', message: 'm', evidence: { a: 1 }, caveats: ['c'], goodUntil: '1971-01-01T00:00:00.000Z' },
    });
    expect(aged(met('m', { a: 1 }, ['c']), evidence, at(400 * dayMs))).toEqual({
      status: 'not_assessed',
      message:
        'the last comparison of 1970-01-01T00:00:00.000Z is 400 days old; it counts for 365 days (compliance.max_evidence_age_days.challenge)',
      evidence: { a: 1, madeAt: '1970-01-01T00:00:00.000Z', countedUntil: '1971-01-01T00:00:00.000Z' },
      caveats: ['c'],
    });
    for (const found of [notMet('m'), notAssessed('m')]) expect(aged(found, evidence, at(1e13))).toBe(found);
    expect(aged(met('m'), evidence, at(-dayMs)).status).toBe('met'); // a clock that ran ahead of this one
  });

  it('has its age told in whole days', () => {
    expect([0, 1, dayMs, dayMs + 1, 2 * dayMs - 1].map((age) => sayAge(5, 5 + age))).toEqual([
      ...['0 days', 'more than 0 days', '1 days', 'more than 1 days', 'more than 1 days'],
    ]);
  });
});
