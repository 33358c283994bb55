import { MLOpsConfig } from '@bondx/mlops';

/** A store in the directory, and gates that let every version pass. */
export const racePolicy = (directory: string): MLOpsConfig =>
  MLOpsConfig.fromObject({
    storage: { path: `${directory}/records`, artifactsPath: `${directory}/files` },
    promotion: {
      minAccuracy: 0,
      maxDrift: 1,
      requireExplainability: false,
      requireFeatureImportance: false,
      requireBiasTesting: false,
      requireSecurityScan: false,
      requireComplianceCheck: false,
    },
  });
