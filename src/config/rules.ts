import { accessRules } from './access-rules.js';
import { channelRule } from './channel-rules.js';
import { isGateName } from './gate-names.js';
import { modelRules } from './model-rules.js';
import { privacyRules } from './privacy-rules.js';
import type { Rule } from './rule.js';
import { storageRules } from './storage-rules.js';

/** Every rule of the policy. */
export const rules: readonly Rule[] = [
  {
    paths: [['security', 'require_authentication'], ['environment']],
    problem: ({ environment, security }) =>
      environment === 'production' && !security.require_authentication
        ? 'production refuses false: anybody could change what is deployed, and the audit trail would not know who; set it to true, or use environment: staging'
        : undefined,
  },
  {
    paths: [['promotion', 'require_security_scan'], ['environment']],
    problem: ({ environment, promotion }) =>
      environment === 'production' && !promotion.require_security_scan
        ? 'production refuses false: a damaged or exchanged model file could be deployed; set it to true, or use environment: staging'
        : undefined,
  },
  {
    paths: [['tracking', 'tracking_backend']],
    problem: ({ tracking }) => {
      switch (tracking.tracking_backend) {
        case 'local':
          return undefined;
        case 'mlflow':
          return 'mirroring runs to an MLflow server is not available in this version; use local';
        case 'weights_biases':
          return 'Weights & Biases is not supported: runs would leave your own infrastructure; use local, which keeps them in data_storage_path';
      }
    },
  },
  {
    paths: [
      ['tracking', 'run_lease_seconds'],
      ['tracking', 'heartbeat_interval_seconds'],
    ],
    problem: ({ tracking }) =>
      tracking.run_lease_seconds < 2 * tracking.heartbeat_interval_seconds
        ? `run_lease_seconds (${tracking.run_lease_seconds}) must be at least twice heartbeat_interval_seconds (${tracking.heartbeat_interval_seconds}), or one late heartbeat ends a living run`
        : undefined,
  },
  {
    paths: [
      ['canary', 'initial_canary_percentage'],
      ['canary', 'max_canary_percentage'],
    ],
    problem: ({ canary }) =>
      canary.initial_canary_percentage > canary.max_canary_percentage
        ? `initial_canary_percentage (${canary.initial_canary_percentage}) must not be above max_canary_percentage (${canary.max_canary_percentage})`
        : undefined,
  },
  {
    paths: [['canary', 'initial_canary_percentage']],
    problem: ({ canary: { initial_canary_percentage: share, steps } }) =>
      steps.length === 0 && (share === 0 || share === 1)
        ? `${share} leaves ${share === 0 ? 'the candidate' : 'production'} no traffic, and nothing to compare; for shadow mode begin steps with { traffic: 0 }`
        : undefined,
  },
  {
    paths: [
      ['canary', 'steps'],
      ['canary', 'max_canary_percentage'],
    ],
    problem: ({ canary: { steps, max_canary_percentage: most } }) => {
      for (const [i, { traffic }] of steps.entries()) {
        const step = `steps[${i}]: traffic ${traffic}`;
        if (traffic === 1) return `${step} leaves production nothing; it must be below 1`;
        if (traffic > most) return `${step} must not be above max_canary_percentage (${most})`;
        const before = steps[i - 1]?.traffic ?? -1;
        if (traffic <= before) return `${step} must be above that of the step before it (${before})`;
      }
      return undefined;
    },
  },
  {
    paths: [
      ['canary', 'rollback_threshold'],
      ['canary', 'promotion_threshold'],
    ],
    problem: ({ canary: { rollback_threshold: bad, promotion_threshold: good } }) =>
      bad > good
        ? `rollback_threshold (${bad}) must not be above promotion_threshold (${good}), or a candidate is proved good enough and harmful at once`
        : undefined,
  },
  {
    paths: [
      ['retraining', 'test_size'],
      ['retraining', 'validation_size'],
    ],
    problem: ({ retraining }) =>
      retraining.test_size + retraining.validation_size >= 1
        ? `test_size (${retraining.test_size}) and validation_size (${retraining.validation_size}) must add up to less than 1, or nothing is left to train on`
        : undefined,
  },
  {
    paths: [
      ['keys', 'variable'],
      ['keys', 'path'],
    ],
    problem: ({ keys }) =>
      keys.variable !== null && keys.path !== null ? 'keys.path is given as well; keep one of the two' : undefined,
  },
  {
    paths: [['promotion', 'custom_gates']],
    problem: ({ promotion }) => {
      const taken = promotion.custom_gates.find(isGateName);
      return taken === undefined ? undefined : `${taken} is the name of a gate of the package; give yours another one`;
    },
  },
  channelRule,
  ...modelRules,
  ...storageRules,
  ...accessRules,
  ...privacyRules,
];
