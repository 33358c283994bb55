import { describe, expect, it } from 'vitest';
import { MLOpsConfig } from '@bondx/mlops';
import { evaluateGates } from '../../src/registry/gates.js';

const { promotion } = MLOpsConfig.default({ environment: {} }).policy;

const biasGate = (passed: boolean, verdict: string) => {
  const bias_testing = { passed, detail: { verdict }, recordedAt: '2026-01-31T00:00:00.000Z', recordedBy: 'x' };
  const version = { performanceMetrics: {}, evidence: { bias_testing } };
  return evaluateGates(version, 'regression', { problems: [] }, promotion).find(({ gate }) => gate === 'bias_testing')!;
};

describe('the gate of bias testing', () => {
  it.each([
    [true, 'fair', 'passed'],
    [false, 'disparate', 'failed'],
    [false, 'inconclusive', 'not_assessed'],
  ])('evidence that passed: %s, with the verdict %s, is %s', (passed, verdict, status) => {
    expect(biasGate(passed, verdict).status).toBe(status);
  });
});
