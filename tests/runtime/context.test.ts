import { expect, test } from 'vitest';
import { AuditLog, DriftMonitor, ExperimentTracker, ModelRegistry } from '../../src/index.js';

test.each([undefined, null, {}, { config: {} }, { policy: undefined }, 'policy.yaml'])(
  'what is no policy is refused before anything is opened: %j',
  (config) => {
    for (const Class of [ExperimentTracker, ModelRegistry, DriftMonitor, AuditLog]) {
      expect(() => new Class(config as never)).toThrow(/a policy is needed: MLOpsConfig.fromYaml/);
    }
  },
);
