import type { CanaryPolicy, DriftPolicy, ModelTypePolicy, PromotionPolicy, RetrainingPolicy } from './model-policy.js';
import type {
  AccessPolicy,
  CompliancePolicy,
  Environment,
  KeysPolicy,
  PrivacyPolicy,
  SecurityPolicy,
} from './governance-policy.js';

/**
 * What a policy file says, with every default filled in. Keys are snake_case in the file and camelCase here. A fraction
 * is a number from 0 to 1 (0.05 is five percent). Paths are as written; `MLOpsConfig.resolvePath` makes them absolute.
 */
export interface Policy {
  /** Where this process runs. `production` switches on rules that refuse weak settings. Default `development`. */
  readonly environment: Environment;
  /** Seed of every random choice; the same seed and data give the same bits. Integer >= 0. Default 42. */
  readonly seed: number;
  /**
   * Types that new models may be of, beside those with a section under `models`. The default list restricts nothing.
   * Default `spread downgrade liquidity_shock anomaly`.
   */
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
