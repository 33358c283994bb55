/** How attributes of spans and metrics are called; values are few, names of people and ids of requests are not among them. */
export const attribute = {
  /** As in the audit trail, such as `registry.promote`. */
  operation: 'bondx.mlops.operation',
  modelName: 'bondx.mlops.model.name',
  modelVersion: 'bondx.mlops.model.version',
  /** `allow`, or `deny` where a rule or gate refused. */
  decision: 'bondx.mlops.decision',
  driftVerdict: 'bondx.mlops.drift.verdict',
  alertSource: 'bondx.mlops.alert.source',
  alertSeverity: 'bondx.mlops.alert.severity',
  alertNotice: 'bondx.mlops.alert.notice',
  quantile: 'bondx.mlops.quantile',
  /** Of the semantic conventions: the code of an MLOpsError, the name of any other. */
  errorType: 'error.type',
} as const;

export const metric = {
  operationDuration: 'bondx.mlops.operation.duration',
  predictions: 'bondx.mlops.prediction.count',
  predictionErrors: 'bondx.mlops.prediction.errors',
  predictionDuration: 'bondx.mlops.prediction.duration',
  predictionTime: 'bondx.mlops.prediction.time',
  labelled: 'bondx.mlops.prediction.labelled',
  absoluteError: 'bondx.mlops.prediction.absolute_error',
  driftScore: 'bondx.mlops.drift.score',
  driftChecks: 'bondx.mlops.drift.checks',
  alerts: 'bondx.mlops.alerts',
} as const;
