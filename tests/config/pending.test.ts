import { describe, expect, it } from 'vitest';
import { MLOpsConfig } from '../../src/config/mlops-config.js';
import { expand, pendingTable } from '../../src/config/pending.js';
import { fromText } from './policy-fixture.js';

describe('pending keys', () => {
  it('are all keys of the policy', () => {
    for (const { keys } of pendingTable) expect(expand(keys), keys).not.toEqual([]);
  });

  it('are listed once each, sections key by key, with a reason', () => {
    const pending = MLOpsConfig.default({ environment: {} }).pending();
    const keys = pending.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toContain('tracking.tracking_uri');
    expect(keys).not.toContain('retraining.scheduled_retraining.enabled');
    expect(keys).not.toContain('seed');
    expect(pending.every(({ reason, isExplicit }) => reason.length > 10 && !isExplicit)).toBe(true);
  });

  it('tell which of them the policy sets, by file or by variable', () => {
    const key = 'tracking.tracking_uri';
    const explicit = (policy: string, environment = {}): readonly string[] =>
      fromText(policy, environment)
        .pending()
        .flatMap((pending) => (pending.isExplicit ? [pending.key] : []));
    expect(explicit('seed: 1\n')).toEqual([]);
    expect(explicit('tracking: { tracking_uri: https://mlflow.example }\n')).toEqual([key]);
    expect(explicit('seed: 1\n', { BONDX_TRACKING__TRACKING_URI: 'https://mlflow.example' })).toEqual([key]);
  });
});
