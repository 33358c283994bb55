import type { Permission } from './roles.js';

/**
 * What a policy file says, with every default filled in. Keys are snake_case in the file and camelCase here. A fraction
 * is a number from 0 to 1 (0.05 is five percent). Paths are as written; `MLOpsConfig.resolvePath` makes them absolute.
 */
export interface Policy {
  /** Where this process runs. `production` switches on rules that refuse weak settings. Default `development`. */
  readonly environment: 'development' | 'staging' | 'production';
  /** Seed of every random choice; the same seed and data give the same bits. Integer >= 0. Default 42. */
  readonly seed: number;
  /** Names of the models this service is meant to carry. Default `spread downgrade liquidity_shock anomaly`. */
  readonly supportedModels: readonly string[];
  /** Folder that trained models are written to. Default `./models`. */
  readonly modelStoragePath: string;
  /** Folder of the records: runs, versions, deployments, audit trail. Default `./data`. */
  readonly dataStoragePath: string;
  /** Folder of log files. Default `./logs`. */
  readonly logPath: string;
  readonly logging: LoggingPolicy;
  readonly drift: DriftPolicy;
  readonly canary: CanaryPolicy;
  readonly promotion: PromotionPolicy;
  readonly tracking: TrackingPolicy;
  readonly storage: StoragePolicy;
  readonly keys: KeysPolicy;
  /** A section a model type, under free names. Default none. */
  readonly models: Readonly<Record<string, ModelTypePolicy>>;
  readonly retraining: RetrainingPolicy;
  readonly monitoring: MonitoringPolicy;
  readonly security: SecurityPolicy;
  readonly access: AccessPolicy;
  readonly privacy: PrivacyPolicy;
  readonly compliance: CompliancePolicy;
  readonly backup: BackupPolicy;
  readonly retention: RetentionPolicy;
}

/** What is written to the files under `logPath`. */
export interface LoggingPolicy {
  /** Least important lines that are written; `off` writes none. Default `off`. */
  readonly level: 'off' | 'debug' | 'info' | 'warn' | 'error';
  /** A file is put aside before it grows beyond this, mebibytes. Default 10. */
  readonly maxFileMb: number;
  /** Files that were put aside and are kept, of each log; integer >= 1. Default 5. */
  readonly maxFiles: number;
}

/** When data counts as drifted. */
export interface DriftPolicy {
  /** Significance level of the distribution tests (p-value); above 0, below 1. Default 0.05. */
  readonly ksTestThreshold: number;
  /** Population stability index that counts as drift; above 0, no upper bound. Default 0.25. */
  readonly psiThreshold: number;
  /** Distance between the distributions of a feature that is tolerated; fraction. Default 0.1. */
  readonly featureDriftThreshold: number;
  /** The same for the target. Default 0.15. */
  readonly targetDriftThreshold: number;
  /** The same for the residuals (actual minus predicted). Default 0.2. */
  readonly residualDriftThreshold: number;
  /** Time between drift checks, hours. Default 24. */
  readonly driftCheckIntervalHours: number;
  /** How far the current data of a check reaches back, days. Default 30. */
  readonly driftWindowDays: number;
}

/** A quality that production and candidate are compared by. */
export type EvaluationMetric = 'mae' | 'rmse' | 'r2_score' | 'accuracy' | 'precision' | 'recall' | 'f1_score';

/** How a candidate version is tried on live traffic. */
export interface CanaryPolicy {
  /** Traffic the candidate gets at first; fraction, at most `maxCanaryPercentage`. Default 0.05. */
  readonly initialCanaryPercentage: number;
  /** Most traffic a candidate may ever get; fraction. Default 0.2. */
  readonly maxCanaryPercentage: number;
  /** How good the candidate must provably be relative to production to be promoted; above 0, at most 1. Default 0.95. */
  readonly promotionThreshold: number;
  /** What is compared; metrics that mean nothing for the model's task are left out. Default all seven. */
  readonly evaluationMetrics: readonly EvaluationMetric[];
  /** How long a candidate is observed, hours. Default 48. */
  readonly evaluationWindowHours: number;
  /**
   * How long after a request its actual value may come, hours; 0: with the outcome. Only requests whose window has passed
   * are judged. Default 0.
   */
  readonly labelWindowHours: number;
  /** A candidate provably worse than this share of production is rolled back; fraction. Default 0.8. */
  readonly rollbackThreshold: number;
  /** After so many rollbacks a version may not be tried again; integer >= 1. Default 3. */
  readonly maxRollbackCount: number;
  /** A candidate that has answered more requests than this is rolled back, whatever they show; null: no limit (default). */
  readonly maxPredictions: number | null;
  /** The same for the notional it answered for (`value` of the outcomes, summed without its sign). Default null. */
  readonly maxValue: number | null;
  /** The same for the requests it failed; 0 allows none. Default null. */
  readonly maxErrors: number | null;
  /**
   * Slower answers breach the budget; a candidate that provably does so more often than production is rolled back;
   * milliseconds. Fixed when a deployment begins. Default null: latencies are not judged.
   */
  readonly latencyBudgetMs: number | null;
  /**
   * The steps of a rollout: `traffic` (fraction, growing, at most `maxCanaryPercentage`; 0 first is shadow mode), and the
   * least `hours` and `requests` of each. Default none: one step of `initialCanaryPercentage`.
   */
  readonly steps: readonly RolloutStepPolicy[];
}

/** A step of a rollout. */
export interface RolloutStepPolicy {
  readonly traffic: number;
  readonly hours?: number | undefined;
  readonly requests?: number | undefined;
}

/** What a version must show before it is promoted. */
export interface PromotionPolicy {
  /** Least accuracy of a classifier, least R² of a regression; fraction. Default 0.85. */
  readonly minAccuracy: number;
  /** Most drift of its last check; fraction, 1 allows any. Default 0.1. */
  readonly maxDrift: number;
  /** Evidence of explainability must be recorded. Default true. */
  readonly requireExplainability: boolean;
  /** Evidence of feature importance must be recorded. Default true. */
  readonly requireFeatureImportance: boolean;
  /** Evidence of a bias test must be recorded. Default true. */
  readonly requireBiasTesting: boolean;
  /** The stored files must pass the scan; production refuses `false`. Default true. */
  readonly requireSecurityScan: boolean;
  /** Evidence of a compliance check must be recorded. Default true. */
  readonly requireComplianceCheck: boolean;
  /** Gates written in code that must pass; a process without their code cannot promote. Default none. */
  readonly customGates: readonly string[];
  /** People who must approve a promotion, other than who asked for it; integer >= 0. Default 0. */
  readonly requiredApprovals: number;
  /** How long an approval holds, hours. Default 72. */
  readonly approvalExpiryHours: number;
}

/** What a training run records. */
export interface TrackingPolicy {
  /** Where runs are recorded. Only `local` is available; the others are refused with the reason. Default `local`. */
  readonly trackingBackend: 'local' | 'mlflow' | 'weights_biases';
  /** Address of the tracking server; `local` has none. Default null. */
  readonly trackingUri: string | null;
  /** Record the parameters of runs. Default true. */
  readonly logParameters: boolean;
  /** Record the metrics of runs. Default true. */
  readonly logMetrics: boolean;
  /** Keep the files that runs log. Default true. */
  readonly logArtifacts: boolean;
  /** Record the machine and the Node version of a run. Default true. */
  readonly logEnvironment: boolean;
  /** Record the git commit of the working folder. Default true. */
  readonly logGitSha: boolean;
  /** Keep what tracked files hold beyond that commit, as a file of the run. Default true. */
  readonly logUncommittedDiff: boolean;
  /** Folder of the content-addressed files. Default `./mlruns`. */
  readonly artifactStoragePath: string;
  /** Largest file accepted, mebibytes; above 0. Default 100. */
  readonly maxArtifactSizeMb: number;
  /** Environment variables recorded with a run; no others are. Default none. */
  readonly environmentVariables: readonly string[];
  /** How often a process says that its runs are alive, seconds. Default 10. */
  readonly heartbeatIntervalSeconds: number;
  /** Silence after which a run counts as killed, seconds; at least twice the interval. Default 60. */
  readonly runLeaseSeconds: number;
  /** Time between samples of CPU, memory and event loop during runs, seconds; null: none are taken. Default null. */
  readonly systemMetricsIntervalSeconds: number | null;
}

/** Where records and files live. */
export interface StoragePolicy {
  /** `filesystem`: a folder. `memory`: this process only. `postgres`: many hosts. Default `filesystem`. */
  readonly kind: 'filesystem' | 'memory' | 'postgres';
  /** Folder of the records (`filesystem`); null means `dataStoragePath`. Default null. */
  readonly path: string | null;
  /**
   * Database of the records (`postgres`), such as `postgres://user:${DB_PASSWORD}@host:5432/database`. What stands in
   * `${…}` is an environment variable, read when the storage is opened; passwords written out are refused. Default null.
   */
  readonly url: string | null;
  /** Schema of the database that holds the tables (`postgres`); null means `bondx_mlops`. Default null. */
  readonly schema: string | null;
  /** Folder of the files; null means `tracking.artifactStoragePath`. Default null. */
  readonly artifactsPath: string | null;
  /**
   * Object store of the files, instead of a folder: `s3://bucket/prefix?region=…&endpoint=…&path_style=true`, of which
   * only the bucket is necessary. Credentials are those that the AWS SDK finds. Default null.
   */
  readonly artifactsUrl: string | null;
  /** What an acknowledged write survives: loss of `power`, or death of the `process` only (faster). Default `power`. */
  readonly durability: 'power' | 'process';
}

/** One model type. */
export interface ModelTypePolicy {
  /** Columns the model reads, each once. Default none: they come with each call. */
  readonly featureColumns: readonly string[];
  /** Column the model predicts; null: it comes with each call. Default null. */
  readonly targetColumn: string | null;
  /** Default `regression`. */
  readonly task: 'regression' | 'classification';
  /**
   * How it is trained. `auto`: `random_forest` up to 300 rows, `gradient_boosting` beyond or with constraints. Default `auto`.
   */
  readonly algorithm: 'auto' | 'cart' | 'random_forest' | 'extra_forest' | 'gradient_boosting' | 'command';
  /** Passed to the trainer as they are. Default none. */
  readonly hyperparameters: Readonly<Record<string, number | string | boolean>>;
  /** Features that predictions must follow, all else equal; `gradient_boosting` only. Default none. */
  readonly monotoneConstraints: Readonly<Record<string, 'increasing' | 'decreasing'>>;
  /** Orders of ordinal categories, lowest first, such as ratings. Default none. */
  readonly categoryOrder: Readonly<Record<string, readonly string[]>>;
  /** The program that trains when `algorithm` is `command`. */
  readonly command: CommandPolicy;
  /** Column that orders the rows in time; null: looked for in the data. Default null. */
  readonly timeColumn: string | null;
  /** Columns known only once the target is: retraining refuses them as features. Default none. */
  readonly leakingColumns: readonly string[];
  /** Columns whose groups retraining tests for being treated alike, as evidence for `require_bias_testing`. Default none. */
  readonly fairnessColumns: readonly string[];
  readonly driftThresholds: {
    /** Overrides `drift.featureDriftThreshold` for this model; fraction. Default null: the global one. */
    readonly featureDriftThreshold: number | null;
    /** Overrides `drift.targetDriftThreshold` for this model; fraction. Default null: the global one. */
    readonly targetDriftThreshold: number | null;
    /** Overrides `drift.residualDriftThreshold` for this model; fraction. Default null: the global one. */
    readonly residualDriftThreshold: number | null;
    /** Tolerated distance of single columns, by name; fractions. They come before all others. Default none. */
    readonly columns: Readonly<Record<string, number>>;
  };
  /** How canaries of this model are judged. Fixed when a deployment begins. */
  readonly canary: {
    /** Column whose value is a request's segment, unless the request names one: harm is looked for in each. Default null. */
    readonly segmentColumn: string | null;
    /** A prediction off by more is a miss, which is a guardrail; in units of the target. Default null: not looked at. */
    readonly missBudget: number | null;
    /**
     * No prediction is ever off by more, in units of the target: shadow evidence is exact from the first request on then.
     * Losses above it are not an error; they only end that. Default null: not known.
     */
    readonly lossBound: number | null;
  };
}

/** How a trainer program of one's own is run; see `commandTrainer`. */
export interface CommandPolicy {
  /** Name or path; null: there is none. Relative paths start from `workingFolder`. Default null. */
  readonly program: string | null;
  /** Given to it as they are; its folder follows as the last one. Default none. */
  readonly arguments: readonly string[];
  /** Folder it is run in. Default the folder of the policy. */
  readonly workingFolder: string;
  /** How it is given the rows. Default `csv`. */
  readonly dataFormat: 'csv' | 'json';
  /** The model among its outputs. Default `model.onnx`. */
  readonly modelFile: string;
  /** Variables of this process that it gets. Default `PATH LANG LC_ALL TZ TMPDIR`. */
  readonly environmentVariables: readonly string[];
  /** Default 60. */
  readonly timeLimitMinutes: number;
  /** Of all its processes together, mebibytes; Linux only. Default null: no limit. */
  readonly memoryLimitMb: number | null;
}

/** What the data of a retraining are checked for. */
export type DataCheckName =
  | 'leaking_column'
  | 'leakage'
  | 'duplicate_rows'
  | 'constant_target'
  | 'constant_feature'
  | 'missing_values'
  | 'impossible_values'
  | 'outlier_burst'
  | 'flipped_labels'
  | 'shuffled_labels'
  | 'future_dates'
  | 'unused_dates'
  | 'holdout_overlap';

/** When and how a model is trained anew. */
export interface RetrainingPolicy {
  /** Retrain when a drift report asks for it. Default true. */
  readonly autoRetrainOnDrift: boolean;
  /** Retrain when live performance drops. Default true. */
  readonly autoRetrainOnPerformanceDrop: boolean;
  /**
   * After a retraining, alarms about the same production version are not followed for so long; hours, 0 for no rest.
   * Default 1.
   */
  readonly cooldownHours: number;
  /** Findings of the data checks that do not stop a retraining: somebody has looked. Default none. */
  readonly acceptedFindings: readonly DataCheckName[];
  readonly scheduledRetraining: {
    /** Retrain by the calendar. Default false. */
    readonly enabled: boolean;
    /** How often. Default `monthly`. */
    readonly frequency: 'weekly' | 'monthly' | 'quarterly';
  };
  /** Share of the rows kept for the final test; between 0 and 1. Default 0.2. */
  readonly testSize: number;
  /** Share of the rows kept for choosing hyperparameters; from 0, `testSize + validationSize` below 1. Default 0.1. */
  readonly validationSize: number;
  /** Seed of splits and trainers; integer >= 0. Default 42. */
  readonly randomState: number;
  /** Folds of the cross-validation; integer >= 2. Default 5. */
  readonly crossValidationFolds: number;
  /** Search for better hyperparameters. Default true. */
  readonly hyperparameterTuning: boolean;
  /** Most hyperparameter candidates that tuning tries; integer >= 1. Default 100. */
  readonly maxIterations: number;
  /**
   * Boosting that holds rows back to stop by (the hyperparameter `validation_size`) stops after so many trees without
   * progress; integer >= 1. Default 10.
   */
  readonly earlyStoppingPatience: number;
}

/** Where the keys are that sign, encrypt and pseudonymize; at most one of the two. */
export interface KeysPolicy {
  /** Key file; null means `keys.json` beside the records. Default null. */
  readonly path: string | null;
  /** Environment variable that holds the text of a key file. Default null. */
  readonly variable: string | null;
}

/** What is watched in production, and when somebody is told. */
export interface MonitoringPolicy {
  /** Minutes between performance checks. Default 15. */
  readonly performanceCheckIntervalMinutes: number;
  /** Default true. */
  readonly alertOnPerformanceDrop: boolean;
  /** Relative loss of performance that alerts; fraction. Default 0.1. */
  readonly performanceDropThreshold: number;
  /** Hours between drift checks. Default 24. */
  readonly driftCheckIntervalHours: number;
  /** Default true. */
  readonly alertOnDrift: boolean;
  /** Drift that is critical; fraction. Default 0.3. */
  readonly criticalDriftThreshold: number;
  /** Minutes between health checks. Default 30. */
  readonly healthCheckIntervalMinutes: number;
  /** Default true. */
  readonly alertOnHealthIssues: boolean;
  /** Alert when a canary was rolled back or halted. Default true. */
  readonly alertOnCanaryEnd: boolean;
  /** Alert when a retraining failed. Default true. */
  readonly alertOnRetrainingFailure: boolean;
  /** How long an open alert is not repeated, minutes. Default 240. */
  readonly alertCooldownMinutes: number;
  /** Where alerts go, under free names. Default none. */
  readonly channels: Readonly<Record<string, ChannelPolicy>>;
}

/** One receiver of alerts. */
export interface ChannelPolicy {
  /** Default `webhook`. */
  readonly kind: 'webhook' | 'slack' | 'email' | 'file';
  /** Of a webhook, https; of Slack, a reference `${NAME}`. */
  readonly url: string | null;
  /** Reference `${NAME}` to what the body of a webhook is signed with; null: it is not signed. */
  readonly secret: string | null;
  /** File that alerts are appended to, one JSON object a line. */
  readonly path: string | null;
  /** Sender and receivers of e-mails. */
  readonly from: string | null;
  readonly to: readonly string[];
  /** Alerts below are not sent here. Default `warning`: all are. */
  readonly minimumSeverity: 'warning' | 'critical';
  /** Hosts of the own network that a URL may lead to; all other private addresses are refused. Default none. */
  readonly allowedHosts: readonly string[];
}

/** Who may do what, and what is kept as proof. */
export interface SecurityPolicy {
  /** In production the embedding service must say who is calling; production refuses `false`. Default true. */
  readonly requireAuthentication: boolean;
  /**
   * Check that the caller may do what it asks for, by `access`. Without bindings there, everybody may do everything, and
   * production does not start. Default true.
   */
  readonly requireAuthorization: boolean;
  /** Audit the reads in `auditedReads` too, not only changes and what was denied. Default true. */
  readonly logAllOperations: boolean;
  /** Reads of sensitive data that leave a record each. Default none. */
  readonly auditedReads: readonly AuditableRead[];
  /** How long audit records are kept at least, days; integer >= 1. A law of `regulatoryFrameworks` may ask for more. Default 365. */
  readonly auditLogRetentionDays: number;
  /** A signed checkpoint of the audit log is made after so many records; integer >= 1. Default 1000. */
  readonly checkpointInterval: number;
  /** File outside of the store that checkpoints are appended to, and that verification holds the log against. */
  readonly auditAnchorPath: string | null;
  /** Replace the values of `privacy.sensitiveColumns` before data is stored. Default true. */
  readonly anonymizeSensitiveData: boolean;
  /** Store the files of runs, models and retrainings encrypted. Default true. */
  readonly encryptModelArtifacts: boolean;
  /** Open only versions whose files are signed; null: in production. Default null. */
  readonly requireSignatures: boolean | null;
  /** Frameworks that compliance reports cover. Default `Basel III`, `IFRS 9`, `MiFID II`. */
  readonly regulatoryFrameworks: readonly RegulatoryFramework[];
  /** Checks of a compliance report besides. Default `data_quality model_fairness bias_detection explainability`. */
  readonly complianceChecks: readonly ComplianceCheckName[];
}

export type RegulatoryFramework = 'Basel III' | 'IFRS 9' | 'MiFID II' | 'SR 26-2' | 'SS1/23' | 'BCBS 239';
export type ComplianceCheckName = 'data_quality' | 'model_fairness' | 'bias_detection' | 'explainability';

/** The model inventory, and the tolerances that compliance checks hold models to. */
export interface CompliancePolicy {
  /** A model that is not in the inventory cannot be promoted. Default false. */
  readonly requireInventory: boolean;
  /** Months from one validation of a model to the next, by its tier; integers >= 1. Default 12, 24 and 36. */
  readonly tier1ReviewMonths: number;
  readonly tier2ReviewMonths: number;
  readonly tier3ReviewMonths: number;
  /** A statistical test with a smaller p-value is not met; above 0, below 1. Default 0.05. */
  readonly significanceLevel: number;
  /** Most decisions that people may take against the model; fraction. Default 0.1. */
  readonly maxOverrideRate: number;
  /** Least share of defaults that must have passed Stage 2 (IFRS 9); fraction. Default 0.8. */
  readonly minStage2Share: number;
  /** Longest time that a halt may take in a drill, milliseconds. Default 1000. */
  readonly maxHaltMs: number;
  readonly maxEvidenceAgeDays: EvidenceAgePolicy;
}

/**
 * Longest age, in days, of evidence that checks and gates count as met; older evidence is `not_assessed`. Integers from 1 to
 * 36,500.
 */
export interface EvidenceAgePolicy {
  /** Drift checks of the version. Default 30. */
  readonly drift: number;
  /** Bias tests. Default 365. */
  readonly biasTesting: number;
  /** Explanations. Default 365. */
  readonly explainability: number;
  /** Importances of features. Default 365. */
  readonly featureImportance: number;
  /** Comparisons with another version, by a retraining or a canary. Default 365. */
  readonly challenge: number;
  /** What came of estimates, from the end of its horizon. Default 365. */
  readonly outcomes: number;
  /** Assessments of compliance, which the gate goes by. Default 90. */
  readonly compliance: number;
}

/** A read that can be audited. */
export type AuditableRead =
  | 'tracking.read'
  | 'registry.read'
  | 'drift.read'
  | 'retraining.read'
  | 'canary.read'
  | 'storage.read'
  | 'audit.read'
  | 'access.read';

/** Who is who, and who may do what. What no binding permits is denied; what a forbid names is denied whatever permits it. */
export interface AccessPolicy {
  /** Roles of your own: lists of permissions. Default none. */
  readonly roles: Readonly<Record<string, readonly Permission[]>>;
  readonly bindings: readonly AccessBinding[];
  readonly forbids: readonly AccessForbid[];
  readonly breakGlass: {
    /** What somebody raises himself to in an emergency. Default `operator`. */
    readonly role: string;
    /** How long at most, minutes; above 0, at most 1440. Default 60. */
    readonly maxMinutes: number;
  };
  readonly jwt: JwtPolicy;
}

/** A role that somebody has. */
export interface AccessBinding {
  readonly principal: string;
  /** A binding of a person does not hold for a service of that name, nor the other way round. Default `person`. */
  readonly type: 'person' | 'service';
  readonly role: string;
  /** Other names of the same person or service, accounts that work for it included: all of them count as one. */
  readonly aliases: readonly string[];
  /** Only for these; empty: for all, and for what belongs to no model. */
  readonly models: readonly string[];
  /** Only there; empty: everywhere. */
  readonly environments: readonly Policy['environment'][];
  /** ISO 8601; from then on it counts no more. */
  readonly expires: string | null;
}

/** What somebody may not do, or nobody in a role. */
export interface AccessForbid {
  readonly principal: string | null;
  readonly role: string | null;
  readonly permissions: readonly Permission[];
  /** Only for these; empty: for all. */
  readonly models: readonly string[];
  readonly environments: readonly Policy['environment'][];
}

/** Signatures that a token may carry. */
export type JwtAlgorithm =
  'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA';

/** Which signed tokens prove who is calling. */
export interface JwtPolicy {
  /** Who issues them (`iss`); null: none are accepted. */
  readonly issuer: string | null;
  /** Whom they must be for (`aud`). */
  readonly audience: string | null;
  /** Signatures accepted, asymmetric ones only. */
  readonly algorithms: readonly JwtAlgorithm[];
  /** Where the issuer's keys are, or `publicKeyFile`. */
  readonly jwksUrl: string | null;
  /** Path of the issuer's public key, PEM. */
  readonly publicKeyFile: string | null;
  /** The claim that names the principal. Default `sub`. */
  readonly principalClaim: string;
}

/** What identifies people and firms. */
export interface PrivacyPolicy {
  /**
   * Columns whose values are replaced wherever data comes in, while `security.anonymizeSensitiveData` is true: in what is
   * trained on, compared, logged and exported, before anything of it is stored. Default none.
   */
  readonly sensitiveColumns: Readonly<Record<string, SensitiveColumnPolicy>>;
}

/** What becomes of a sensitive column. */
export interface SensitiveColumnPolicy {
  /** Default `drop`. */
  readonly action: 'pseudonymize' | 'generalize' | 'mask' | 'drop';
  /** Of `generalize`. */
  readonly to: 'quarter' | 'power_of_ten' | 'band' | null;
  /** Of `to: band`: values by the name of their band; others become `other`. */
  readonly bands: Readonly<Record<string, readonly string[]>>;
  /** Of `mask`: last characters that stay; null: none. */
  readonly keep: number | null;
}

/** Copies kept for the day the disk dies. */
export interface BackupPolicy {
  /** Folder of the backups; better on another disk. Default `./backups`. */
  readonly backupPath: string;
  /** Copy the files of runs and models too, not only the records. Default true. */
  readonly backupModels: boolean;
  /** How often a backup is due. Default `daily`. */
  readonly backupFrequency: 'hourly' | 'daily' | 'weekly' | 'monthly';
  /** How long a backup is kept, days; integer >= 1. Default 90. */
  readonly backupRetentionDays: number;
  /** Keep the policy in force with the backup. Default true. */
  readonly backupConfigs: boolean;
  /** Hold backups and restores to the two objectives. Default true. */
  readonly disasterRecoveryEnabled: boolean;
  /** Most work that may be lost, hours. Default 4. */
  readonly recoveryPointObjectiveHours: number;
  /** Longest time until service is back, hours. Default 8. */
  readonly recoveryTimeObjectiveHours: number;
}

/** When what nobody needs any more goes, with `bondx-mlops retention apply` and `bondx-mlops storage gc`. */
export interface RetentionPolicy {
  /** How long a file that nothing refers to stays, hours: longer than any registration takes. Default 24. */
  readonly unreferencedArtifactsHours: number;
  /** How long a deleted run can be restored, days; integer >= 1. Default 30. */
  readonly deletedRunsDays: number;
  /** How long a drift report is kept, days; integer >= 1. Default 1827: five years, which MiFID II asks for at least. */
  readonly driftReportsDays: number;
  /**
   * How long a logged prediction is kept at least, days; integer >= 0. A subject with younger ones is not erased. Default 0.
   */
  readonly predictionsMinimumDays: number;
}
