import { describe, expect, it, vi } from 'vitest';
import { ExperimentTracker, MLOpsConfig, MemoryArtifactStore, MemoryStorage, ModelRegistry } from '@bondx/mlops';
import { showPath, valuePaths } from '../../src/config/key-tree.js';
import { fromText } from './policy-fixture.js';

const uri = 'tracking: { tracking_uri: https://mlflow.example }\n';

describe('keys without effect', () => {
  it('are keys of the policy, listed with a reason', () => {
    const pending = MLOpsConfig.default({ environment: {} }).pending();
    expect(pending.map(({ key }) => key)).toEqual(['tracking.tracking_uri']);
    const known = valuePaths().map(showPath);
    for (const { key, reason, isExplicit } of pending) {
      expect(known).toContain(key);
      expect(reason.length).toBeGreaterThan(10);
      expect(isExplicit).toBe(false);
    }
  });

  it('tell which of them the policy sets, by file or by variable, and written out whole', () => {
    const explicit = (policy: string, environment = {}): readonly boolean[] =>
      fromText(policy, environment)
        .pending()
        .map(({ isExplicit }) => isExplicit);
    expect(explicit('seed: 1\n')).toEqual([false]);
    expect(explicit('tracking: { tracking_uri: null }\n')).toEqual([false]);
    expect(explicit(uri)).toEqual([true]);
    expect(explicit(fromText(uri).toYaml())).toEqual([true]);
    expect(explicit('seed: 1\n', { BONDX_TRACKING__TRACKING_URI: 'https://mlflow.example' })).toEqual([true]);
  });

  it('are told of once in a process where they are set, and not where they are not', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const texts = () => warned.mock.calls.flatMap(([text]) => (String(text).includes('tracking_uri') ? [text] : []));
    const options = { storage: new MemoryStorage(), artifacts: new MemoryArtifactStore() };
    try {
      await using _without = new ExperimentTracker(fromText('seed: 1\n'), options);
      expect(texts()).toEqual([]);
      await using _tracker = new ExperimentTracker(fromText(uri), options);
      await using _registry = new ModelRegistry(fromText(uri), options);
      expect(texts()).toEqual([
        'tracking.tracking_uri is set and has no effect: runs are tracked in the store; nothing is mirrored; remove it from the policy',
      ]);
    } finally {
      warned.mockRestore();
    }
  });
});
