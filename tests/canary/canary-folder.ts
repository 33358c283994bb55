import { join } from 'node:path';
import { MLOpsConfig } from '@bondx/mlops';

/** A policy whose stores are in a folder that several processes open. */
export const configIn = (folder: string): MLOpsConfig =>
  MLOpsConfig.fromObject(
    {
      storage: { path: folder, artifactsPath: join(folder, 'artifacts'), durability: 'process' },
      canary: { maxCanaryPercentage: 0.5, evaluationMetrics: ['mae'] },
      promotion: {
        minAccuracy: 0,
        maxDrift: 1,
        requireExplainability: false,
        requireFeatureImportance: false,
        requireBiasTesting: false,
        requireComplianceCheck: false,
      },
    },
    { environment: {} },
  );
