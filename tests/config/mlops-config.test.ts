import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { valuePaths } from '../../src/config/key-tree.js';
import { MLOpsConfig } from '../../src/config/mlops-config.js';
import type { PolicyInput } from '../../src/config/mlops-config.js';
import { MLOpsError } from '../../src/errors.js';
import { digestJson } from '../../src/util/digest.js';
import type { JsonValue } from '../../src/util/json.js';
import { fromText, issuesOf, withPolicyFile } from './policy-fixture.js';

const none = { environment: {} };
const exampleFile = resolve('policy.example.yaml');

function isDeeplyFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen);
}

describe('defaults', () => {
  const { policy } = MLOpsConfig.default(none);

  it('are those that are documented', () => {
    expect(policy).toMatchObject({
      environment: 'development',
      seed: 42,
      supportedModels: ['spread', 'downgrade', 'liquidity_shock', 'anomaly'],
      dataStoragePath: './data',
      drift: { ksTestThreshold: 0.05, psiThreshold: 0.25, featureDriftThreshold: 0.1, driftWindowDays: 30 },
      canary: { initialCanaryPercentage: 0.05, maxCanaryPercentage: 0.2, promotionThreshold: 0.95 },
      promotion: { minAccuracy: 0.85, maxDrift: 0.1, requireSecurityScan: true },
      tracking: { trackingBackend: 'local', trackingUri: null, logGitSha: true, maxArtifactSizeMb: 100 },
      storage: {
        kind: 'filesystem',
        path: null,
        url: null,
        schema: null,
        artifactsPath: null,
        artifactsUrl: null,
        durability: 'power',
      },
      models: {},
      retraining: { testSize: 0.2, scheduledRetraining: { enabled: false, frequency: 'monthly' } },
      monitoring: { criticalDriftThreshold: 0.3 },
      security: { requireAuthentication: true, regulatoryFrameworks: ['Basel III', 'IFRS 9', 'MiFID II'] },
      backup: { backupFrequency: 'daily', recoveryPointObjectiveHours: 4 },
    });
  });

  it('are what policy.example.yaml says, which names every key', () => {
    const config = MLOpsConfig.fromYaml(exampleFile, none);
    expect(config.policy).toEqual(policy);
    const lines = readFileSync(exampleFile, 'utf8').split('\n');
    for (const path of valuePaths()) {
      const line = new RegExp(`^${' '.repeat(2 * (path.length - 1))}${path.at(-1)!}: `);
      expect(
        lines.some((text) => line.test(text)),
        path.join('.'),
      ).toBe(true);
    }
  });

  it('are what the commented model section of policy.example.yaml says', () => {
    const commented = readFileSync(exampleFile, 'utf8').match(/^# {3}models:\n(# {5,}.*\n)+/m)![0];
    const config = fromText(commented.replace(/^# {3}/gm, ''));
    expect(config.modelPolicy('spread')).toEqual(MLOpsConfig.default(none).modelPolicy('spread'));
    expect(Object.keys(config.policy.models['spread']!)).toHaveLength(13);
  });
});

describe('MLOpsConfig', () => {
  it('fills what a partial policy leaves out', () => {
    const { policy } = fromText('drift:\n  psi_threshold: 0.3\ncanary:\nmodels:\n  spread:\n');
    expect(policy.drift).toEqual({ ...MLOpsConfig.default(none).policy.drift, psiThreshold: 0.3 });
    expect(policy.canary).toEqual(MLOpsConfig.default(none).policy.canary);
    expect(policy.models['spread']!.algorithm).toBe('auto');
  });

  it('is frozen through and through', () => {
    const config = fromText('models: {spread: {feature_columns: [a], hyperparameters: {max_depth: 3}}}');
    expect(Object.isFrozen(config)).toBe(true);
    expect(isDeeplyFrozen(config.policy)).toBe(true);
    expect(isDeeplyFrozen(config.modelPolicy('spread'))).toBe(true);
    expect(isDeeplyFrozen(config.pending())).toBe(true);
    expect(isDeeplyFrozen(MLOpsConfig.default(none).policy)).toBe(true);
  });

  it('leaves the given object alone', () => {
    const given = { drift: { psiThreshold: 0.3 }, models: { spread: { featureColumns: ['a'] } } };
    const config = MLOpsConfig.fromObject(given, none);
    given.models.spread.featureColumns.push('b');
    given.drift.psiThreshold = 1;
    expect(config.policy.models['spread']!.featureColumns).toEqual(['a']);
    expect(config.policy.drift.psiThreshold).toBe(0.3);
  });

  it('takes camelCase and snake_case from objects, keeping free names as they are', () => {
    const config = MLOpsConfig.fromObject(
      {
        supported_models: ['a'],
        drift: { psiThreshold: 0.3, ks_test_threshold: 0.01, driftWindowDays: undefined },
        canary: null,
        models: { my_model: { time_column: 'as_of', hyperparameters: { max_depth: 3, minLeaf: 2 } } },
      },
      none,
    );
    expect(config.policy.supportedModels).toEqual(['a']);
    expect(config.policy.drift).toMatchObject({ psiThreshold: 0.3, ksTestThreshold: 0.01, driftWindowDays: 30 });
    expect(config.policy.models['my_model']).toMatchObject({
      timeColumn: 'as_of',
      hyperparameters: { max_depth: 3, minLeaf: 2 },
    });
  });

  it('refuses a key in both spellings', () => {
    const load = () => MLOpsConfig.fromObject({ drift: { psiThreshold: 0.3, psi_threshold: 0.3 } }, none);
    expect(issuesOf(load)).toEqual([
      { path: 'drift.psi_threshold', message: 'is given twice, as psiThreshold and as psi_threshold; keep one' },
    ]);
  });

  it('does not take camelCase from files', () => {
    const issues = issuesOf(() => fromText('drift:\n  psiThreshold: 0.3\n'));
    expect(issues).toEqual([
      {
        path: 'drift.psiThreshold',
        line: 2,
        column: 3,
        message: 'unknown key; did you mean drift.psi_threshold?',
      },
    ]);
  });

  it.each([[[]], [null], ['drift'], [3], [undefined]])('refuses %j in place of an object', (given) => {
    const issues = issuesOf(() => MLOpsConfig.fromObject(given as unknown as PolicyInput, none));
    expect(issues).toHaveLength(1);
    expect(issues[0]!.message).toMatch(/^expected an object of sections and keys, got /);
  });

  it('refuses what are no variables, and no folder', () => {
    const load = (options: object) => () => MLOpsConfig.fromObject({}, options);
    expect(load({ environment: 'production' })).toThrow('is a key of its own');
    expect(load({ environment: null })).toThrow('environment must be variables by name');
    expect(load({ environment: { BONDX_SEED: 7 } })).toThrow('BONDX_SEED must be a text, got 7');
    expect(load({ environment: {}, baseDirectory: 7 })).toThrow('baseDirectory must be a string');
    expect(load({ environment: { BONDX_SEED: undefined } })).not.toThrow();
    expect(() => MLOpsConfig.default({ environment: {} }).resolvePath(7 as never)).toThrow('path must be a string');
  });

  it('refuses a path that is no text', () => {
    expect(() => MLOpsConfig.fromYaml(undefined as unknown as string)).toThrow(MLOpsError);
  });

  it('resolves paths from the folder of the file, or from the given folder', () => {
    withPolicyFile('data_storage_path: ./records\n', (path) => {
      const config = MLOpsConfig.fromYaml(path, none);
      expect(config.file).toBe(path);
      expect(config.baseDirectory).toBe(join(path, '..'));
      expect(config.resolvePath(config.policy.dataStoragePath)).toBe(join(path, '..', 'records'));
      expect(config.resolvePath('/absolute')).toBe(resolve('/absolute'));
    });
    expect(MLOpsConfig.default(none).resolvePath('data')).toBe(resolve('data'));
    expect(MLOpsConfig.default(none).file).toBeUndefined();
    const elsewhere = MLOpsConfig.default({ ...none, baseDirectory: 'some/folder' });
    expect(elsewhere.resolvePath('data')).toBe(resolve('some/folder/data'));
  });

  it('has the digest of the policy in force, wherever it came from', () => {
    const config = fromText('seed: 7\n');
    expect(config.digest).toBe(digestJson(config.policy as unknown as JsonValue));
    expect(MLOpsConfig.fromObject({ seed: 7 }, none).digest).toBe(config.digest);
    expect(MLOpsConfig.default({ environment: { BONDX_SEED: '7' } }).digest).toBe(config.digest);
    expect(MLOpsConfig.default(none).digest).not.toBe(config.digest);
  });

  it('gives model types the global drift thresholds where they have none', () => {
    const config = fromText(
      'drift: {feature_drift_threshold: 0.12}\n' +
        'models: {spread: {target_column: spread_bps, drift_thresholds: {target_drift_threshold: 0.3}}}\n',
    );
    expect(config.modelPolicy('spread')).toMatchObject({
      targetColumn: 'spread_bps',
      driftThresholds: {
        featureDriftThreshold: 0.12,
        targetDriftThreshold: 0.3,
        residualDriftThreshold: 0.2,
        columns: {},
      },
    });
    for (const unmentioned of ['downgrade', 'constructor', '__proto__', 'toString']) {
      expect(config.modelPolicy(unmentioned)).toEqual({
        featureColumns: [],
        canary: { segmentColumn: null, missBudget: null, lossBound: null },
        leakingColumns: [],
        fairnessColumns: [],
        targetColumn: null,
        task: 'regression',
        algorithm: 'auto',
        hyperparameters: {},
        monotoneConstraints: {},
        categoryOrder: {},
        command: {
          program: null,
          arguments: [],
          workingFolder: '.',
          dataFormat: 'csv',
          modelFile: 'model.onnx',
          environmentVariables: ['PATH', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'],
          timeLimitMinutes: 60,
          memoryLimitMb: null,
        },
        timeColumn: null,
        driftThresholds: {
          featureDriftThreshold: 0.12,
          targetDriftThreshold: 0.15,
          residualDriftThreshold: 0.2,
          columns: {},
        },
      });
    }
  });
});
