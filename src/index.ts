export { MLOpsConfig } from './config/mlops-config.js';
export type { ModelPolicy, PendingKey } from './config/mlops-config.js';
export type { Policy } from './config/policy.js';
export { CommandError, ConflictError, MLOpsError, PolicyError, SignatureError } from './errors.js';
export type { CommandFailure, Conflict, ErrorCode, PolicyIssue, SignatureProblem } from './errors.js';

export { ExperimentTracker } from './tracking/experiment-tracker.js';
export type { ActiveRun } from './tracking/active-run.js';
export type { BufferReport, BufferedRun } from './tracking/buffered-run.js';
export type { ArtifactEntry } from './tracking/artifact-tree.js';
export type { ComparedMetric, ComparedParameter, RunComparison } from './tracking/compare-runs.js';
export type {
  BatchPoint,
  BufferRunOptions,
  ListRunsOptions,
  LogArtifactOptions,
  LogDatasetOptions,
  LogMetricsOptions,
  RunBatch,
  RunPage,
  RunRowPage,
  SearchRunsOptions,
  SelectRunsOptions,
  StartRunOptions,
  WithRunOptions,
} from './tracking/tracking-options.js';
export type {
  DescribeExperimentOptions,
  Experiment,
  ExperimentPage,
  ListExperimentsOptions,
} from './tracking/experiments.js';
export type { RunRow, SelectedValue } from './tracking/run-row.js';
export type { MetricPoint, MetricSummary } from './tracking/metric.js';
export type { FinalRunStatus, Run, RunArtifact, RunDataset, RunStatus } from './tracking/run.js';
export type {
  RefusedRun,
  RunStore,
  TransferOptions,
  TransferResult,
  TransferRunsOptions,
} from './tracking/transfer/transfer-options.js';
export { and, not, or, where } from './search/filter.js';
export type { Comparison, FieldBuilder, Filter } from './search/filter.js';
export type { OrderTerm } from './search/order-by.js';
export { parseFilter } from './search/parse-filter.js';
export { printFilter } from './search/print-filter.js';

export { ModelRegistry } from './registry/model-registry.js';
export type { VersionDifference } from './registry/compare-versions.js';
export type {
  DescribeModelOptions,
  DescribeVersionOptions,
  ListModelsOptions,
  ModelPage,
  PromoteModelOptions,
  PromotionResult,
  RegistryOptions,
  SetAliasOptions,
  VersionPage,
  VersionReference,
} from './registry/registry-options.js';
export type { ExportedSignature } from './registry/export-signature.js';
export type { ModelSignature } from './registry/signature.js';
export type { RegisterModelOptions } from './registry/registration.js';
export type { VersionSelector } from './registry/lookups.js';
export type { GateName, GateResult, GateStatus, GrantedOverride } from './registry/gate-result.js';
export type { CustomGate, CustomGates, CustomGateVerdict } from './registry/custom-gate.js';
export { PromotionApprovals } from './registry/approvals/promotion-approvals.js';
export type {
  ListRequestsOptions,
  RequestPromotionOptions,
  VoteOptions,
} from './registry/approvals/promotion-approvals.js';
export type {
  ApprovalBinding,
  ApprovalVote,
  GateOverride,
  PromotionRequest,
  PromotionRequestStatus,
} from './registry/approvals/approval.js';
export type { EvidenceKind } from './registry/evidence-kind.js';
export type {
  Evidence,
  HistoryEvent,
  ModelOrigin,
  ModelVersion,
  RegisteredModel,
  TrainingData,
} from './registry/model-record.js';
export { ModelStage } from './registry/stage.js';

export { DriftMonitor } from './drift/drift-monitor.js';
export type { ColumnHistory, DriftHistory, DriftPoint } from './drift/drift-history.js';
export type { DetectDriftOptions, RecomputeOptions } from './drift/drift-options.js';
export type { TestName } from './drift/two-sample-tests.js';
export type { CheckWindowsOptions, WindowsCheck } from './drift/windows/window-options.js';
export type {
  ColumnDrift,
  DriftFinding,
  DriftReport,
  DriftVerdict,
  DriftWindow,
  DriftTest,
  Effect,
  JointTest,
  OnlineDriftTest,
  PerformanceChange,
  RootCause,
} from './drift/drift-report.js';

export { classifierTest } from './drift/classifier-test.js';
export type { ClassifierTestOptions, ClassifierTestResult } from './drift/classifier-test.js';
export { andersonDarling } from './stats/anderson-darling.js';
export type { AndersonDarlingResult } from './stats/anderson-darling.js';
export { benjaminiHochberg, benjaminiYekutieli } from './stats/benjamini-hochberg.js';
export { chiSquareContingency } from './stats/chi-square.js';
export type { ContingencyOptions, ContingencyResult } from './stats/chi-square.js';
export { cramerVonMises } from './stats/cramer-von-mises.js';
export type { CramerVonMisesResult } from './stats/cramer-von-mises.js';
export { energyDistance, energyTest } from './stats/energy-distance.js';
export type { EnergyTestResult } from './stats/energy-distance.js';
export { hellinger } from './stats/hellinger.js';
export { jensenShannon } from './stats/jensen-shannon.js';
export { ksTwoSample } from './stats/ks.js';
export type { KsOptions, KsResult } from './stats/ks.js';
export { wasserstein1 } from './stats/wasserstein.js';
export type { Recomputation, ReportDifference } from './drift/recomputation.js';
export { watchStream } from './drift/watch-stream.js';
export type {
  StreamAlarm,
  StreamDetectorName,
  StreamDetectors,
  StreamWatch,
  WatchStreamOptions,
} from './drift/watch-stream.js';

export type { TraceLineageOptions } from './lineage/trace-lineage.js';
export type { Lineage, LineageEdge, LineageKind, LineageNode, LineageRef } from './lineage/lineage-node.js';

export { ModelInventory } from './compliance/inventory/model-inventory.js';
export type { DescribeEntryOptions, RecordValidationOptions } from './compliance/inventory/model-inventory.js';
export type { InventoryEntry, Measure, ModelValidation } from './registry/inventory/inventory-entry.js';
export type { ModelTier } from './registry/inventory/review-dates.js';
export { AnnualReports } from './compliance/inventory/annual-reports.js';
export type { AnnualReport, ReportFunction } from './compliance/inventory/annual-reports.js';
export { Attestations } from './compliance/inventory/attestations.js';
export type { Attestation } from './compliance/inventory/attestations.js';
export { HaltDrills } from './compliance/inventory/halt-drills.js';
export type { HaltDrill } from './compliance/inventory/halt-drills.js';
export { ModelFindings } from './compliance/inventory/model-findings.js';
export type { RaiseFindingOptions } from './compliance/inventory/model-findings.js';
export type { FindingEvent, ModelFinding, Severity } from './registry/inventory/finding.js';
export { Overlays } from './compliance/inventory/overlays.js';
export type { Overlay, RecordOverlayOptions } from './compliance/inventory/overlays.js';
export { Overrides, summarizeOverrides } from './compliance/inventory/overrides.js';
export type { Override, OverrideSummary, RecordOverrideOptions } from './compliance/inventory/overrides.js';
export type { EvidencePack } from './compliance/evidence/export-evidence.js';
export { verifyEvidencePack } from './compliance/evidence/verifier.js';
export type { EvidencePackVerification, ExpectedKeys } from './compliance/evidence/verifier.js';
export { exportInventory, inventoryCsv } from './compliance/inventory/export-inventory.js';
export type { InventoryRow } from './compliance/inventory/export-inventory.js';
export { listComplianceReports } from './compliance/list-reports.js';
export type { AssessComplianceOptions } from './compliance/assess-compliance.js';
export type { CheckResult, ComplianceReport } from './compliance/compliance-report.js';
export type { CheckName } from './compliance/checks/check-names.js';
export type { CheckStatus } from './compliance/checks/check.js';
export type { ComplianceInputs, GradeInput } from './compliance/checks/inputs.js';

export { trainModel } from './retraining/train-model.js';
export type { TrainedModel, TrainModelOptions } from './retraining/train-model.js';
export { RetrainPipeline } from './retraining/retrain-pipeline.js';
export type { RetrainingWork, RetrainPipelineOptions, TriggerRetrainingOptions } from './retraining/retrain-options.js';
export type {
  ChallengeResult,
  CrossValidationResult,
  DataFinding,
  RetrainResult,
  SkipReason,
  TuningResult,
} from './retraining/retrain-result.js';
export type { AutomateRetrainingOptions, RetrainingAutomation } from './retraining/due/automation.js';
export type { DueOutcome, ManagedModel, RunDueOptions } from './retraining/due/run-due.js';
export type { CheckPerformanceOptions } from './retraining/performance/check-performance.js';
export type { PerformanceReport, PerformanceVerdict } from './retraining/performance/performance-report.js';
export type { RetrainingCause, RetrainingPlan, RetrainingTrigger } from './retraining/retraining-plan.js';
export { stepNames } from './retraining/retraining-record.js';
export type { Retraining, RetrainingStatus, StepName } from './retraining/retraining-record.js';
export type { SearchRange, SearchSpace } from './retraining/search-space.js';

export { CanaryDeploymentManager } from './canary/canary-deployment-manager.js';
export type {
  AdjustTrafficOptions,
  CanaryHalt,
  CanaryPromotion,
  CanaryStatus,
  ChangeCanaryOptions,
  CreateCanaryOptions,
  ListDecisionsOptions,
  ListDeploymentsOptions,
  RoutePredictionOptions,
} from './canary/canary-options.js';
export type { CanaryDecision, CanaryDeployment, DeploymentEvent } from './canary/deployment.js';
export type { DeploymentPage } from './canary/deployment-pages.js';
export type { ProcessStatus } from './canary/process-report.js';
export type { CanaryStep } from './canary/rollout-steps.js';
export type { DeploymentStatus } from './canary/transitions.js';
export type { CanaryVerdict, MetricEvidence } from './canary/evidence/canary-verdict.js';
export type { DecisionInputs } from './canary/evidence/decision-inputs.js';
export type { AutomateOptions, Automation } from './canary/automation.js';
export type { Outcome, ShadowOutcome } from './canary/outcomes.js';
export type { LabelResult } from './canary/prediction-log.js';
export type { PredictOptions, PredictionResult } from './canary/predictor.js';
export { replayDecision } from './canary/evidence/replay-decision.js';
export type { DecisionReplay } from './canary/evidence/replay-decision.js';
export type { RouteDecision, RouteReason } from './canary/router.js';

export { AccessControl } from './governance/access/access-control.js';
export type { CreateTokenOptions, RaiseOptions } from './governance/access/access-control.js';
export type { ApiToken } from './governance/access/api-token.js';
export { authenticate } from './governance/access/authenticate.js';
export type { AuthenticateOptions } from './governance/access/authenticate.js';
export type { BreakGlass } from './governance/access/break-glass.js';
export { Alerts } from './monitoring/alerts/alerts.js';
export type { AlertListener } from './monitoring/alerts/alerts.js';
export type {
  Alert,
  AlertEvent,
  AlertNotice,
  AlertSeverity,
  AlertSource,
  AlertStatus,
} from './monitoring/alerts/alert.js';
export type { AlertsAutomation } from './monitoring/alerts/alert-loop.js';
export type {
  AlertsOptions,
  AutomateAlertsOptions,
  DueChecksResult,
  ListAlertsOptions,
  ListDeliveriesOptions,
  MonitoredModel,
  RaiseAlertOptions,
  RecoverAlertOptions,
  RunDueChecksOptions,
} from './monitoring/alerts/alerts-options.js';
export type { AlertPage, DeliveryPage } from './monitoring/alerts/alert-pages.js';
export type { AlertDelivery, DeliveryStatus } from './monitoring/alerts/delivery.js';
export type { DeliverySummary } from './monitoring/alerts/outbox.js';
export type { MailTransport } from './monitoring/channels/channel.js';
export type { ResolveHost } from './monitoring/channels/safe-post.js';
export { mergeWindows } from './monitoring/performance/merge-windows.js';
export { PerformanceMonitor } from './monitoring/performance/performance-monitor.js';
export type { PerformanceMonitorOptions } from './monitoring/performance/performance-monitor.js';
export { prometheusText } from './monitoring/performance/prometheus-text.js';
export { summarizeWindow } from './monitoring/performance/summarize-window.js';
export type { PerformanceSummary } from './monitoring/performance/summarize-window.js';
export type { Observation, PerformanceWindow } from './monitoring/performance/window.js';
export { checkHealth } from './monitoring/health/check-health.js';
export type { CheckHealthOptions } from './monitoring/health/check-health.js';
export type { HealthCheck, HealthReport, HealthStatus } from './monitoring/health/health-report.js';

export { AuditLog } from './governance/audit-log.js';
export type { VerifyLogOptions } from './governance/audit-log.js';
export type { AuditFilter } from './governance/audit-trail.js';
export type { AuditStatus, AuditVerification } from './governance/audit/verify-log.js';
export type { AuditProof } from './governance/audit/prove-record.js';
export type { Checkpoint } from './governance/audit/checkpoint.js';
export type { AuditRecord } from './governance/audit-record.js';

export {
  applyRetention,
  assessCompliance,
  backupStore,
  collectGarbage,
  exportEvidence,
  migrateStore,
  restoreStore,
  traceLineage,
} from './on-demand.js';
export type { BackupOptions, BackupResult } from './maintenance/backup-store.js';
export type { CollectGarbageOptions, GarbageResult } from './maintenance/collect-garbage.js';
export type { ApplyRetentionOptions, RetentionResult } from './retention/apply-retention.js';
export { backupStatus } from './maintenance/backup-status.js';
export type { BackupStatus } from './maintenance/backup-status.js';
export type { Backup, BackupManifest } from './maintenance/backup-manifest.js';
export type { MissingFile } from './maintenance/named-files.js';
export type { RestoreOptions, RestoreResult } from './maintenance/restore-store.js';
export type { MigrateStoreOptions, MigrationResult, MigrationSide } from './maintenance/migrate-store.js';
export type { StoreContent } from './maintenance/store-content.js';

export { createProfile, mergeProfiles } from './data/baseline-profile.js';
export type { BaselineProfile, ProfiledColumn } from './data/baseline-profile.js';
export { readCsv } from './data/csv.js';
export { readTable } from './data/read-table.js';
export { toTable } from './data/table.js';
export type { ArrowTable } from './data/arrow.js';
export type { Column, ColumnKind } from './data/column.js';
export type { ReadCsvOptions } from './data/csv.js';
export type { DataSource, ReadTableOptions } from './data/read-table.js';
export type { ColumnsInput, Row, Table, TableInput, TableOptions } from './data/table.js';
export type { AnyModel, AsyncModel, ModelDescription, ModelFile, ModelLoader } from './models/async-model.js';
export { commandTrainer } from './models/command/command-trainer.js';
export type { CommandTrainerOptions } from './models/command/command-trainer.js';
export type { FeatureSpec, Model } from './models/model.js';
export type { Trainer, TrainingRequest, TrainingResult } from './models/trainer.js';
export { explainPrediction, explainPredictions } from './models/explanation/shap-values.js';
export type { PredictionExplanation, ShapExplanation } from './models/explanation/shap-values.js';
export { partialDependence } from './models/explanation/partial-dependence.js';
export type { PartialDependence, PartialDependenceOptions } from './models/explanation/partial-dependence.js';
export { permutationImportance } from './models/explanation/permutation-importance.js';
export type { FeatureImportance, PermutationImportanceOptions } from './models/explanation/permutation-importance.js';
export { groupFairness } from './models/fairness/group-fairness.js';
export type {
  Disparity,
  FairnessLimits,
  FairnessReport,
  FairnessVerdict,
  GroupFairnessOptions,
  GroupMeasures,
  GroupResult,
} from './models/fairness/group-fairness.js';
export { calibrationCurve } from './models/metrics/calibration.js';
export type { CalibrationBin } from './models/metrics/calibration.js';
export type { Estimate } from './stats/wilson.js';
export { metricIntervals } from './models/metrics/metric-intervals.js';
export type { MetricIntervalOptions } from './models/metrics/metric-intervals.js';
export { metricsOf } from './models/metrics/metrics-of.js';

export { binomialCdf } from './stats/distributions/binomial.js';
export { psi } from './stats/psi.js';
export type { PsiOptions, PsiResult } from './stats/psi.js';
export { aucChange, pairedAucChange } from './stats/validation/auc-change.js';
export type { AucChange } from './stats/validation/auc-change.js';
export { aucEstimate } from './stats/validation/auc-estimate.js';
export type { AucEstimate } from './stats/validation/auc-estimate.js';
export { binomialTest } from './stats/validation/binomial-test.js';
export type { GradeOutcome } from './stats/validation/check-grades.js';
export { christoffersenTest } from './stats/validation/christoffersen-test.js';
export type { ChristoffersenResult } from './stats/validation/christoffersen-test.js';
export { hosmerLemeshow } from './stats/validation/hosmer-lemeshow.js';
export type { HosmerLemeshowResult } from './stats/validation/hosmer-lemeshow.js';
export { jeffreysTest } from './stats/validation/jeffreys-test.js';
export { kupiecTest } from './stats/validation/kupiec-test.js';
export type { LikelihoodRatio } from './stats/validation/kupiec-test.js';
export { migrationMatrix } from './stats/validation/migration-matrix.js';
export type { MigrationMatrix } from './stats/validation/migration-matrix.js';
export { plutoTasche } from './stats/validation/pluto-tasche.js';
export type { PlutoTascheOptions } from './stats/validation/pluto-tasche.js';
export { scenarioLoss } from './stats/validation/scenario-loss.js';
export type { ScenarioLoss } from './stats/validation/scenario-loss.js';
export { stagePassage } from './stats/validation/stage-passage.js';
export type { StagePassage } from './stats/validation/stage-passage.js';
export { underestimationTest } from './stats/validation/underestimation-test.js';
export type { UnderestimationTest } from './stats/validation/underestimation-test.js';
export { varTrafficLight } from './stats/validation/var-traffic-light.js';
export type { VarTrafficLight } from './stats/validation/var-traffic-light.js';

export { MemoryStorage } from './adapters/memory/memory-storage.js';
export { MemoryArtifactStore } from './adapters/memory/memory-artifact-store.js';
export { openFilesystemStorage } from './adapters/filesystem/filesystem-storage.js';
export { openFilesystemArtifacts } from './adapters/filesystem/filesystem-artifacts.js';
export type { ArtifactRef, ArtifactStore, PutArtifactOptions } from './storage/artifact-store.js';
export type {
  Change,
  DumpedItem,
  DumpPage,
  Durability,
  IndexFields,
  IndexScalar,
  OrderBy,
  Page,
  Query,
  Storage,
  StorageCapabilities,
  StoredRecord,
  StreamEntry,
  StreamPage,
  StreamRange,
  WatchListener,
  WatchOptions,
  Where,
} from './storage/storage.js';
export { watchCollections } from './storage/watch-collections.js';
export type { WatchCollectionsOptions } from './storage/watch-collections.js';
export { DataProtection, type SubjectOptions } from './governance/privacy/data-protection.js';
export type { SubjectStatus } from './governance/privacy/subjects.js';
export { assessAnonymity } from './privacy/assess-anonymity.js';
export type { AnonymityOptions, AnonymityReport } from './privacy/assess-anonymity.js';
export type { ColumnRule } from './privacy/column-rule.js';
export { KeyAdministration } from './governance/keys/key-administration.js';
export type { RewrapResult } from './governance/keys/rewrap.js';
export type { KeyService } from './keys/key-service.js';
export type { KeyAlgorithm, KeyInfo, KeyPurpose, KeyStatus } from './keys/key.js';
export type { Logger } from './runtime/logging/logger.js';
export type { FollowedOperation, OperationEnd, OperationStart, Telemetry } from './runtime/telemetry/telemetry.js';
export type { ContextOptions } from './runtime/context.js';
export type { Principal } from './runtime/principal.js';
export type { Clock } from './util/clock.js';
export type { IdSource } from './util/ids.js';
export { createRandom } from './util/random.js';
export type { Random } from './util/random.js';
export type { JsonObject, JsonValue } from './util/json.js';
