import { describe, expect, it } from 'vitest';
import type { DriftReport, HealthReport, PerformanceReport } from '@bondx/mlops';
import type { StoredDeployment } from '../../src/canary/deployment.js';
import type { StoredPolicy } from '../../src/governance/policy/stored-policy.js';
import {
  canaryFinding,
  driftFinding,
  healthFinding,
  performanceFinding,
  policyFinding,
  refusalFinding,
  retrainingFinding,
} from '../../src/monitoring/alerts/rules.js';
import type { StoredRetraining } from '../../src/retraining/retraining-record.js';
import { createWorld } from '../helpers.js';

const { monitoring } = createWorld().config.policy;
const at = Date.parse('2026-01-01T00:00:00.000Z');
const createdAt = new Date(at).toISOString();

describe('drift', () => {
  const column = (name: string, verdict: string, value?: number) => ({
    ...{ column: name, verdict, message: `${name} is ${verdict}` },
    ...(value !== undefined && { distance: { value } }),
  });
  const report = (verdict: DriftReport['verdict'], ...columns: object[]): DriftReport =>
    ({ ...{ reportId: 'r', modelName: 'pd', verdict, createdAt, columns }, driftedFeatures: ['x'] }) as never;

  it('tells of the columns that drifted, and is as severe as the largest of them', () => {
    const drifted = [column('x', 'drifted', 0.2), column('y', 'drifted', 0.31), column('new', 'drifted')];
    const found = driftFinding(report('drifted', ...drifted, column('z', 'stable', 0.9)), monitoring);
    expect(found).toEqual({
      ...{ key: 'drift/pd', source: 'drift', state: 'bad', severity: 'critical', modelName: 'pd' },
      title: 'pd: the data drifted',
      message: 'x is drifted; y is drifted; new is drifted',
      evidence: { reportId: 'r', verdict: 'drifted', driftedFeatures: ['x'], largestDistance: 0.31 },
      ...{ evidenceId: 'r', evidenceAt: at },
    });
  });

  it('is over once the data are stable', () => {
    const found = driftFinding(report('stable', column('z', 'stable', 0.9)), monitoring);
    expect(found).toMatchObject({ state: 'good', severity: 'warning', title: 'pd: the data is stable' });
    expect(found!.message).toBe('no column drifted');
  });
});

describe('a performance report', () => {
  it.each([
    ['dropped', 'bad', 'pd 1.0.0: performance dropped'],
    ['held', 'good', 'pd 1.0.0: performance holds'],
    ['inconclusive', 'unclear', 'pd 1.0.0 is in production now'],
    ['not_assessed', 'unclear', 'pd 1.0.0 is in production now'],
  ] as const)('with the verdict %s is %s', (verdict, state, title) => {
    const report = { reportId: 'p', modelName: 'pd', modelVersion: '1.0.0', verdict, reason: 'why', createdAt };
    expect(performanceFinding(report as PerformanceReport, monitoring)).toEqual({
      ...{ key: 'performance/pd', source: 'performance', state, severity: 'critical', modelName: 'pd', title },
      ...{ message: 'why', evidence: { reportId: 'p', verdict, modelVersion: '1.0.0' } },
      ...{ evidenceId: 'p', evidenceAt: at },
    });
  });
});

describe('a canary', () => {
  const deployment = (status: string, rest: object = {}): StoredDeployment =>
    ({
      ...{ deploymentId: 'd', modelName: 'pd', candidateVersion: '1.1.0', status, createdAt: at },
      ...{ history: [{ reason: 'the first' }, { reason: 'the last' }], endReason: null, ...rest },
    }) as never;

  it.each([
    ['rolled_back', 'bad', 'warning', 'was rolled back'],
    ['halted', 'bad', 'critical', 'was halted'],
    ['promoted', 'good', 'warning', 'was promoted'],
  ])('that is %s is %s (%s)', (status, state, severity, said) => {
    expect(canaryFinding(deployment(status), monitoring)).toEqual({
      ...{ key: 'canary/pd', source: 'canary', state, severity, modelName: 'pd' },
      ...{ title: `pd: the canary of 1.1.0 ${said}`, message: 'the last' },
      ...{ evidence: { deploymentId: 'd', candidateVersion: '1.1.0', status } },
      ...{ evidenceId: `d/${status}`, evidenceAt: at },
    });
  });

  it.each(['shadow', 'active', 'paused'])('that is %s says nothing', (status) => {
    expect(canaryFinding(deployment(status), monitoring)).toBeUndefined();
  });

  it('tells why it ended, if that is known', () => {
    expect(canaryFinding(deployment('halted', { endReason: 'by hand' }), monitoring)!.message).toBe('by hand');
    expect(canaryFinding(deployment('halted', { history: [] }), monitoring)!.message).toBe('no reason was given');
  });
});

describe('a retraining', () => {
  const retraining = (status: string, error?: string): StoredRetraining =>
    ({ ...{ retrainingId: 'r', status, error, plan: { modelName: 'pd' }, startedAt: at } }) as never;

  it.each([
    ['failed', 'bad', 'the retraining failed', 'no room'],
    ['registered', 'good', 'the retraining ended (registered)', 'retraining r ended: registered'],
    ['rejected', 'good', 'the retraining ended (rejected)', 'retraining r ended: rejected'],
  ])('that is %s is %s', (status, state, said, message) => {
    const error = status === 'failed' ? message : undefined;
    expect(retrainingFinding(retraining(status, error), monitoring)).toEqual({
      ...{ key: 'retraining/pd', source: 'retraining', state, severity: 'warning', modelName: 'pd' },
      ...{ title: `pd: ${said}`, message, evidence: { retrainingId: 'r', status } },
      ...{ evidenceId: `r/${status}`, evidenceAt: at },
    });
  });

  it.each(['running', 'interrupted'])('that is %s says nothing', (status) => {
    expect(retrainingFinding(retraining(status), monitoring)).toBeUndefined();
  });

  it('that could not begin is bad, unless such alerts are off', () => {
    const refusal = {
      refusalId: 'f',
      modelName: 'pd',
      trigger: 'drift',
      error: 'no rows',
      since: at - 1000,
      at,
    } as const;
    expect(refusalFinding(refusal, monitoring)).toEqual({
      ...{ key: 'retraining/pd', source: 'retraining', state: 'bad', severity: 'warning', modelName: 'pd' },
      ...{ title: 'pd: a retraining could not begin', message: 'no rows' },
      evidence: { trigger: 'drift', since: '2025-12-31T23:59:59.000Z' },
      ...{ evidenceId: 'f/refused', evidenceAt: at },
    });
    expect(refusalFinding(refusal, { ...monitoring, alertOnRetrainingFailure: false })).toBeUndefined();
  });
});

describe('health', () => {
  it.each([
    ['healthy', 'good', 'warning', 'every check passed'],
    ['degraded', 'bad', 'warning', 'audit: late'],
    ['unhealthy', 'bad', 'critical', 'audit: late; storage: away'],
  ] as const)('that is %s is %s (%s)', (status, state, severity, message) => {
    const checks = [
      { name: 'keys', status: 'healthy', reason: 'fine' },
      { name: 'models', status: 'skipped', reason: 'none' },
      ...(status === 'healthy' ? [] : [{ name: 'audit', status: 'degraded', reason: 'late' }]),
      ...(status === 'unhealthy' ? [{ name: 'storage', status: 'unhealthy', reason: 'away' }] : []),
    ];
    const found = healthFinding({ status, checks } as unknown as HealthReport, 'c', monitoring);
    const named = checks.slice(2).map(({ name, status: its }) => ({ name, status: its }));
    expect(found).toEqual({
      ...{ key: 'health', source: 'health', state, severity, modelName: null, title: `health: ${status}`, message },
      ...{ evidence: { status, checks: named }, evidenceId: 'c' },
    });
  });
});

describe('a policy', () => {
  const policy = (rest: object): StoredPolicy => ({ safeguards: { environment: 'production' }, ...rest }) as never;
  const key = 'promotion.min_r2_score';

  it('that was made weaker is critical, and tells what changed', () => {
    const changes = [
      { key, from: 0.8, to: 0.1 },
      { key, from: 0.1, to: null },
    ];
    expect(policyFinding(policy({ recordId: 'later', weakened: { recordId: 'a', changes } }))).toEqual({
      ...{ key: 'policy/production', source: 'policy', state: 'bad', severity: 'critical', modelName: null },
      title: 'the policy for production was made weaker',
      message: `${key} 0.8 → 0.1; ${key} 0.1 → null`,
      ...{ evidence: { recordId: 'a', keys: [key] }, evidenceId: 'a' },
    });
  });

  it('that was taken back is good, and the first that was seen says nothing', () => {
    expect(policyFinding(policy({ recordId: 'b', weakened: null }))).toMatchObject({
      ...{ state: 'good', title: 'the policy for production is as strict as before' },
      ...{ message: 'what was weakened was taken back', evidence: { recordId: 'b', keys: [] }, evidenceId: 'b' },
    });
    expect(policyFinding(policy({ recordId: null, weakened: null }))).toBeUndefined();
  });
});
