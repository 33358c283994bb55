/** Gates of the package: those of the `promotion` policy, and what the environment and the inventory ask for. */
export const gateNames = [
  'min_accuracy',
  'max_drift',
  'drift',
  'security_scan',
  'explainability',
  'feature_importance',
  'bias_testing',
  'compliance',
  'approval',
  'validation',
  'findings',
  'annual_report',
  'test_environment',
] as const;

/** A gate of the package; other names are those of custom gates. */
export type GateName = (typeof gateNames)[number];

export const isGateName = (name: string): name is GateName => (gateNames as readonly string[]).includes(name);
