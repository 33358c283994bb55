import { describe, expect, it } from 'vitest';
import { MLOpsConfig } from '@bondx/mlops';
import { type StoredApproval, approversOf, statusOf, viewApproval } from '../../src/registry/approvals/approval.js';
import { bindingOf, changedSince } from '../../src/registry/approvals/binding.js';
import type { CustomGate } from '../../src/registry/custom-gate.js';
import { runCustomGates } from '../../src/registry/custom-gate.js';
import { type GateResult, isInTheWay, sayGates } from '../../src/registry/gate-result.js';
import { type GatedVersion, evaluateGates } from '../../src/registry/gates.js';

const { promotion, compliance, security } = MLOpsConfig.default({ environment: {} }).policy;
const off = {
  ...{ ...promotion, minAccuracy: 0.5, maxDrift: 1, requireSecurityScan: false, requireExplainability: false },
  ...{ requireFeatureImportance: false, requireBiasTesting: false, requireComplianceCheck: false },
};
const at = '2026-01-31T00:00:00.000Z';
const evidence = (passed: boolean, detail = {}) => ({ passed, detail, recordedAt: at, recordedBy: 'val' });

const judge = (
  version: Partial<GatedVersion>,
  rules: Partial<typeof promotion> = {},
  task: 'regression' | 'classification' = 'regression',
  problems: readonly string[] = [],
  now = Date.parse(at),
) => {
  const policy = { promotion: { ...off, ...rules }, compliance, security };
  return evaluateGates({ performanceMetrics: {}, evidence: {}, ...version }, task, { problems }, policy, now);
};
const only = (gates: readonly GateResult[], name: string): GateResult => gates.find(({ gate }) => gate === name)!;

const biasGate = (passed: boolean, verdict: string) =>
  only(
    judge({ evidence: { bias_testing: evidence(passed, { verdict }) } }, { requireBiasTesting: true }),
    'bias_testing',
  );

describe('the gate of bias testing', () => {
  it.each([
    [true, 'fair', 'passed'],
    [false, 'disparate', 'failed'],
    [false, 'inconclusive', 'not_assessed'],
    [true, 'inconclusive', 'passed'], // somebody looked, and said so
  ])('evidence that passed: %s, with the verdict %s, is %s', (passed, verdict, status) => {
    expect(biasGate(passed, verdict).status).toBe(status);
  });
});

describe('the gates of the policy', () => {
  it('call drift evidence that tells no score not assessed, and failed compliance failed, whatever was looked at', () => {
    for (const detail of [{}, { overallDriftScore: null }, { overallDriftScore: '0.01' }]) {
      const gates = judge({ evidence: { drift: evidence(true, detail) } }, { maxDrift: 0.1 });
      expect(only(gates, 'max_drift').status).toBe('not_assessed');
    }
    for (const detail of [{ frameworks: [], complianceChecks: [] }, {}, { frameworks: [] }]) {
      const gates = judge({ evidence: { compliance: evidence(false, detail) } }, { requireComplianceCheck: true });
      expect(only(gates, 'compliance').status).toBe('failed');
    }
  });

  it('are those that it asks for, in their order', () => {
    const names = (rules: Partial<typeof promotion>) => judge({}, rules).map(({ gate }) => gate);
    expect(names({})).toEqual(['min_accuracy', 'max_drift']);
    const each = {
      requireSecurityScan: 'security_scan',
      requireExplainability: 'explainability',
      requireFeatureImportance: 'feature_importance',
      requireBiasTesting: 'bias_testing',
      requireComplianceCheck: 'compliance',
    } as const;
    for (const [rule, gate] of Object.entries(each)) {
      expect(names({ [rule]: true })).toEqual(['min_accuracy', 'max_drift', gate]);
    }
  });

  it.each([
    ['regression', { r2_score: 0.5 }, 'passed'],
    ['regression', { r2_score: 0.4999 }, 'failed'],
    ['regression', { accuracy: 1 }, 'not_assessed'],
    ['classification', { accuracy: 0.5 }, 'passed'],
    ['classification', { accuracy: 0.4999 }, 'failed'],
    ['classification', { r2_score: 1 }, 'not_assessed'],
  ] as const)('min_accuracy of a %s with %j is %s', (task, performanceMetrics, status) => {
    const gate = only(judge({ performanceMetrics }, {}, task), 'min_accuracy');
    expect(gate.status).toBe(status);
    expect(gate.message).toContain(task === 'regression' ? 'r2_score' : 'accuracy');
  });

  it.each([
    [1, undefined, 'passed'],
    [1, 5, 'passed'],
    [0.2, undefined, 'not_assessed'],
    [0.2, 0.2, 'passed'],
    [0.2, 0.2001, 'failed'],
    [0.999, 'high', 'not_assessed'],
  ])('max_drift of %d with the score %s is %s', (maxDrift, overallDriftScore, status) => {
    const drift = overallDriftScore === undefined ? {} : { drift: evidence(true, { overallDriftScore }) };
    expect(only(judge({ evidence: drift }, { maxDrift }), 'max_drift').status).toBe(status);
  });

  it('security_scan passes without problems, and names those there are', () => {
    const rules = { requireSecurityScan: true };
    expect(only(judge({}, rules), 'security_scan').status).toBe('passed');
    expect(only(judge({}, rules, 'regression', ['a is gone', 'b is a pickle']), 'security_scan')).toMatchObject({
      ...{ status: 'failed', message: 'a is gone; b is a pickle' },
    });
  });

  it.each([
    ['explainability', 365],
    ['feature_importance', 365],
    ['bias_testing', 365],
    ['compliance', 90],
  ] as const)('%s counts evidence of exactly %d days, and none that is older', (kind, days) => {
    const rules = {
      ...{ requireExplainability: true, requireFeatureImportance: true },
      ...{ requireBiasTesting: true, requireComplianceCheck: true },
    };
    const lastAt = Date.parse(at) + days * 86_400_000;
    const judged = (now: number, passed = true) =>
      only(judge({ evidence: { [kind]: evidence(passed) } }, rules, 'regression', [], now), kind);
    expect(judged(lastAt).status).toBe('passed');
    expect(judged(lastAt + 1)).toMatchObject({
      status: 'not_assessed',
      message: expect.stringContaining(
        `${kind} evidence recorded by val at ${at} is more than ${days} days old`,
      ) as string,
    });
    expect(judged(lastAt + 86_400_000)).toEqual(judged(lastAt + 1)); // approvals hold for the words
    expect(judged(lastAt + 1, false).status).toBe('failed');
  });

  it('compliance that is missing or inconclusive names what assesses it', () => {
    const rules = { requireComplianceCheck: true };
    for (const found of [{}, { compliance: evidence(false, { verdict: 'inconclusive' }) }]) {
      const { status, message } = only(judge({ evidence: found }, rules), 'compliance');
      expect(status).toBe('not_assessed');
      expect(message).toContain('assessCompliance(...)');
    }
  });

  it('compliance of which nothing is asked is not assessed', () => {
    const nothing = { ...security, regulatoryFrameworks: [], complianceChecks: [] };
    const policy = { promotion: { ...off, requireComplianceCheck: true }, compliance, security: nothing };
    const version = {
      performanceMetrics: {},
      evidence: { compliance: evidence(false, { verdict: 'inconclusive' }) },
    };
    const gates = evaluateGates(version, 'regression', { problems: [] }, policy, Date.parse(at));
    const judged = only(gates, 'compliance');
    expect(judged).toMatchObject({ status: 'not_assessed' });
    expect(judged.message).toContain('names nothing to assess; name some under security.regulatory_frameworks');
  });

  it('compliance that was assessed under a policy with fewer checks does not count', () => {
    const asked = { frameworks: security.regulatoryFrameworks, complianceChecks: security.complianceChecks };
    const found = (detail: object) =>
      only(judge({ evidence: { compliance: evidence(true, detail) } }, { requireComplianceCheck: true }), 'compliance');
    expect(found(asked).status).toBe('passed');
    expect(found({ frameworks: ['IFRS 9'], complianceChecks: ['data_quality'] })).toMatchObject({
      status: 'not_assessed',
      message: expect.stringContaining(
        'without Basel III, MiFID II, model_fairness, bias_detection, explainability; assess it again',
      ) as string,
    });
  });

  it.each(['explainability', 'feature_importance', 'bias_testing', 'compliance'] as const)(
    '%s goes by the evidence of that kind, who recorded it and when',
    (kind) => {
      const rules = {
        ...{ requireExplainability: true, requireFeatureImportance: true },
        ...{ requireBiasTesting: true, requireComplianceCheck: true },
      };
      const status = (found: GatedVersion['evidence']) => only(judge({ evidence: found }, rules), kind);
      expect(status({})).toMatchObject({ status: 'not_assessed' });
      expect(status({ drift: evidence(true) })).toMatchObject({ status: 'not_assessed' });
      expect(status({ [kind]: evidence(true) })).toMatchObject({
        ...{ status: 'passed', message: `recorded by val at ${at}` },
      });
      expect(status({ [kind]: evidence(false) })).toMatchObject({ status: 'failed' });
    },
  );
});

describe('a gate', () => {
  const gate = (status: GateResult['status'], override?: GateResult['override']): GateResult => ({
    ...{ gate: 'max_drift', status, message: 'm' },
    ...(override !== undefined && { override }),
  });
  const granted = { reason: 'r', requestId: 'q', requestedBy: 'ada', approvedBy: ['bob'] };

  it('is in the way unless it passed, or people went past it', () => {
    expect([gate('passed'), gate('failed'), gate('not_assessed')].map(isInTheWay)).toEqual([false, true, true]);
    expect([gate('failed', granted), gate('not_assessed', granted)].map(isInTheWay)).toEqual([false, false]);
    expect(sayGates([gate('failed'), { ...gate('failed'), gate: 'x', message: 'n' }])).toBe('max_drift: m; x: n');
  });
});

describe('custom gates', () => {
  const run = (gates: Record<string, CustomGate>, demanded: readonly string[] = []) =>
    runCustomGates(gates, demanded, { version: '1.0.0' } as never, () => Promise.reject(new Error('closed')));

  it('are those of the code and those that the policy demands, each once', async () => {
    const passes: CustomGate = ({ version }) => ({ passed: true, message: version });
    const results = await run({ a: passes, b: passes }, ['b', 'c', 'toString']);
    expect(results.map(({ gate, status }) => [gate, status])).toEqual([
      ...[
        ['b', 'passed'],
        ['c', 'not_assessed'],
        ['toString', 'not_assessed'],
        ['a', 'passed'],
      ],
    ]);
    expect(results[0]!.message).toBe('1.0.0');
  });

  it('that fail, throw or say nothing do not pass', async () => {
    const results = await run({
      fails: () => ({ passed: false, message: 'too old' }),
      throws: async (_version, open) => ({ passed: (await open()).task === 'regression', message: 'opened' }),
      nothing: () => undefined as never,
      truthy: () => ({ passed: 1 as never, message: 'm' }),
    });
    expect(results.map(({ gate, status }) => `${gate} ${status}`)).toEqual([
      ...['fails failed', 'throws not_assessed', 'nothing not_assessed', 'truthy not_assessed'],
    ]);
    expect(results[0]!.message).toBe('too old');
    expect(results[1]!.message).toContain('closed');
  });

  it('that throw what is no error, or say what cannot be stored, do not end the promotion', async () => {
    const thrower = (thrown: unknown): CustomGate => {
      return () => {
        throw thrown;
      };
    };
    const results = await run({
      nothing: thrower(undefined),
      text: thrower('too late'),
      half: thrower(new Error('half \ud800')),
      said: () => ({ passed: false, message: 'half \ud800' }),
    });
    expect(results.map(({ status, message }) => [status, message])).toEqual([
      ['not_assessed', 'its check failed: undefined; mend it and try again'],
      ['not_assessed', 'its check failed: too late; mend it and try again'],
      ['not_assessed', 'its check failed: half \ufffd; mend it and try again'],
      ['failed', 'half \ufffd'],
    ]);
  });
});

describe('a request', () => {
  const vote = (by: string, verdict: 'approve' | 'reject' = 'approve') => ({ by, verdict, at });
  const request = (extra: Partial<StoredApproval> = {}): StoredApproval => ({
    ...{ requestId: 'q', modelName: 'spread', version: '1.0.0', reason: 'r', requestedBy: 'ada', requestedAt: 0 },
    ...{ expiresAt: 1000, requiredApprovals: 2, overrides: [], votes: [], gates: [], closed: null },
    ...{ binding: { artifacts: 'sha256:a', gates: 'sha256:b', policy: 'p' } },
    ...extra,
  });

  it.each<[string, Partial<StoredApproval>, number]>([
    ['open', {}, 999],
    ['expired', {}, 1000],
    ['open', { votes: [vote('bob')] }, 0],
    ['open', { votes: [vote('bob'), vote('cleo', 'reject')] }, 0],
    ['approved', { votes: [vote('bob'), vote('cleo')] }, 0],
    ['approved', { votes: [vote('bob'), vote('cleo'), vote('dan')] }, 0],
    ['expired', { votes: [vote('bob'), vote('cleo')] }, 1000],
    ['executed', { closed: { as: 'executed', by: 'ada', at: 5 } }, 5000],
    ['withdrawn', { closed: { as: 'withdrawn', by: 'ada', at: 5 }, votes: [vote('bob'), vote('cleo')] }, 0],
  ])('is %s with %j at %d', (status, extra, now) => {
    expect(statusOf(request(extra), now)).toBe(status);
    expect(viewApproval(request(extra), now)).toMatchObject({ status, expiresAt: '1970-01-01T00:00:01.000Z' });
  });

  it('shows who approved, and how it ended', () => {
    const ended = request({
      votes: [vote('bob'), vote('cleo', 'reject')],
      closed: { as: 'rejected', by: 'cleo', at: 7 },
    });
    expect(approversOf(ended)).toEqual(['bob']);
    expect(viewApproval(ended, 0)).toMatchObject({ closedAt: '1970-01-01T00:00:00.007Z', closedBy: 'cleo' });
    expect(viewApproval(request(), 0)).not.toHaveProperty('closedAt');
    expect(Object.isFrozen(viewApproval(request(), 0).votes)).toBe(true);
  });

  it('holds for the files, what the gates say and the policy; the words of custom gates may change', () => {
    const version = { digest: 'sha256:a' } as never;
    const gate = (name: string, message = 'm', status: GateResult['status'] = 'passed'): GateResult => ({
      ...{ gate: name, status, message },
    });
    const then = bindingOf(version, [gate('max_drift'), gate('mine')], 'p');
    const since = (gates: readonly GateResult[], now = version, policy = 'p') =>
      changedSince(then, bindingOf(now, gates, policy));
    expect(since([gate('max_drift'), gate('mine', 'at noon')])).toEqual([]);
    expect(since([gate('max_drift', 'n'), gate('mine')])).toEqual(['what the gates say']);
    expect(since([gate('max_drift'), gate('mine', 'm', 'failed')])).toEqual(['what the gates say']);
    expect(since([gate('max_drift')])).toEqual(['what the gates say']);
    expect(since([gate('max_drift'), gate('mine')], { digest: 'sha256:c' } as never, 'q')).toEqual([
      ...['the files of the version', 'the policy'],
    ]);
    for (const name of [
      ...['min_accuracy', 'security_scan', 'validation', 'findings', 'annual_report', 'test_environment', 'drift'],
      ...['explainability', 'feature_importance', 'bias_testing', 'compliance'],
    ]) {
      const [one, other] = ['m', 'n'].map((message) => bindingOf(version, [gate(name, message)], 'p'));
      expect(changedSince(one!, other!), name).toEqual(['what the gates say']);
    }
  });
});
