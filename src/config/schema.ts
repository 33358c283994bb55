import * as z from 'zod/mini';
import { accessSection } from './access-schema.js';
import { usualModelTypes } from './supported-models.js';
import {
  boolean,
  days,
  entry,
  expected,
  fraction,
  hours,
  integer,
  list,
  matching,
  named,
  number,
  oneOf,
  positive,
  scalar,
  secretText,
  section,
  text,
} from './fields.js';

/** A policy as it stands in a file: snake_case keys, all of them. */
export type PolicyFile = z.output<ReturnType<typeof build>>;

let schema: ReturnType<typeof build> | undefined;

/** The schema of a policy file, built on first use so that importing the package stays cheap. */
export const policySchema = (): ReturnType<typeof build> => (schema ??= build());

function build() {
  const on = () => z._default(boolean(), true);
  const names = (...members: string[]) => z._default(list(text('a name')), members);
  const seed = () => z._default(integer(0), 42);
  const limit = (value: ReturnType<typeof number>) => z._default(z.nullable(value), null);
  return z.strictObject({
    environment: z._default(oneOf('development', 'staging', 'production'), 'development'),
    seed: seed(),
    supported_models: names(...usualModelTypes),
    model_storage_path: z._default(path(), './models'),
    data_storage_path: z._default(path(), './data'),
    log_path: z._default(path(), './logs'),
    logging: section({
      level: z._default(oneOf('off', 'debug', 'info', 'warn', 'error'), 'off'),
      max_file_mb: z._default(positive('mebibytes'), 10),
      max_files: z._default(integer(1, 1_000), 5),
    }),
    drift: section({
      ks_test_threshold: z._default(
        number(
          'a significance level from 1e-12 to below 1, a number such as 0.05',
          (value) => value >= 1e-12 && value < 1, // below it bounds are lost to rounding
        ),
        0.05,
      ),
      psi_threshold: z._default(
        number('a number above 0', (value) => value > 0),
        0.25,
      ),
      feature_drift_threshold: z._default(fraction(), 0.1),
      target_drift_threshold: z._default(fraction(), 0.15),
      residual_drift_threshold: z._default(fraction(), 0.2),
      drift_check_interval_hours: z._default(positive('hours'), 24),
      drift_window_days: z._default(positive('days'), 30),
    }),
    canary: section({
      initial_canary_percentage: z._default(fraction(), 0.05),
      max_canary_percentage: z._default(fraction(), 0.2),
      promotion_threshold: z._default(ofProduction(), 0.95),
      evaluation_metrics: z._default(list(metric()), [...metrics]),
      evaluation_window_hours: z._default(positive('hours'), 48),
      rollback_threshold: z._default(ofProduction(), 0.8),
      label_window_hours: z._default(hours(), 0),
      max_rollback_count: z._default(integer(1), 3),
      max_predictions: limit(integer(1)),
      max_value: limit(above(0)),
      max_errors: limit(integer(0)),
      latency_budget_ms: limit(positive('milliseconds')),
      steps: z._default(z.array(rolloutStep(), expected('a list of steps such as [{ traffic: 0.01 }]')), []),
    }),
    promotion: section({
      min_accuracy: z._default(fraction(), 0.85),
      max_drift: z._default(fraction(), 0.1),
      require_explainability: on(),
      require_feature_importance: on(),
      require_bias_testing: on(),
      require_security_scan: on(),
      require_compliance_check: on(),
      custom_gates: z._default(list(text('the name of a gate')), []),
      required_approvals: z._default(integer(0), 0),
      approval_expiry_hours: z._default(positive('hours'), 72),
    }),
    tracking: section({
      tracking_backend: z._default(oneOf('local', 'mlflow', 'weights_biases'), 'local'),
      tracking_uri: z._default(z.nullable(text('an address')), null),
      log_parameters: on(),
      log_metrics: on(),
      log_artifacts: on(),
      log_environment: on(),
      log_git_sha: on(),
      log_uncommitted_diff: on(),
      artifact_storage_path: z._default(path(), './mlruns'),
      max_artifact_size_mb: z._default(positive('mebibytes'), 100),
      environment_variables: z._default(list(text('the name of an environment variable')), []),
      heartbeat_interval_seconds: z._default(positive('seconds'), 10),
      run_lease_seconds: z._default(positive('seconds'), 60),
      system_metrics_interval_seconds: z._default(z.nullable(positive('seconds')), null),
    }),
    storage: section({
      kind: z._default(oneOf('filesystem', 'memory', 'postgres'), 'filesystem'),
      path: z._default(z.nullable(path()), null),
      url: z._default(z.nullable(secretText('the URL of a database')), null),
      schema: z._default(
        z.nullable(matching('a name of lowercase letters, digits and _, at most 50', /^[a-z_][a-z0-9_]{0,49}$/)),
        null,
      ),
      artifacts_path: z._default(z.nullable(path()), null),
      artifacts_url: z._default(z.nullable(secretText('a URL such as s3://bucket/prefix')), null),
      durability: z._default(oneOf('power', 'process'), 'power'),
    }),
    keys: section({
      path: z._default(z.nullable(path()), null),
      variable: z._default(
        z.nullable(matching('the name of an environment variable', /^[A-Za-z_][A-Za-z0-9_]*$/)),
        null,
      ),
    }),
    models: named(buildModelType()),
    retraining: section({
      auto_retrain_on_drift: on(),
      auto_retrain_on_performance_drop: on(),
      cooldown_hours: z._default(hours(), 1),
      accepted_findings: z._default(list(oneOf(...dataChecks)), []),
      scheduled_retraining: section({
        enabled: z._default(boolean(), false),
        frequency: z._default(oneOf('weekly', 'monthly', 'quarterly'), 'monthly'),
      }),
      test_size: z._default(
        number('a fraction above 0 and below 1', (value) => value > 0 && value < 1),
        0.2,
      ),
      validation_size: z._default(
        number('a fraction from 0, below 1', (value) => value >= 0 && value < 1),
        0.1,
      ),
      random_state: seed(),
      cross_validation_folds: z._default(integer(2, 1_000), 5),
      hyperparameter_tuning: on(),
      max_iterations: z._default(integer(1, 10_000), 100),
      early_stopping_patience: z._default(integer(1, 10_000), 10),
    }),
    monitoring: section({
      performance_check_interval_minutes: z._default(positive('minutes'), 15),
      alert_on_performance_drop: on(),
      performance_drop_threshold: z._default(fraction(), 0.1),
      drift_check_interval_hours: z._default(positive('hours'), 24),
      alert_on_drift: on(),
      critical_drift_threshold: z._default(fraction(), 0.3),
      health_check_interval_minutes: z._default(positive('minutes'), 30),
      alert_on_health_issues: on(),
      alert_on_canary_end: on(),
      alert_on_retraining_failure: on(),
      alert_cooldown_minutes: z._default(positive('minutes'), 240),
      channels: named(buildChannel()),
    }),
    security: section({
      require_authentication: on(),
      require_authorization: on(),
      log_all_operations: on(),
      audited_reads: z._default(list(oneOf(...auditableReads)), []),
      audit_log_retention_days: z._default(days(1), 365),
      checkpoint_interval: z._default(integer(1), 1_000),
      audit_anchor_path: z._default(z.nullable(path()), null),
      anonymize_sensitive_data: on(),
      encrypt_model_artifacts: on(),
      require_signatures: z._default(z.nullable(boolean()), null),
      regulatory_frameworks: z._default(list(oneOf(...frameworks)), ['Basel III', 'IFRS 9', 'MiFID II']),
      compliance_checks: z._default(list(oneOf(...complianceChecks)), [...complianceChecks]),
    }),
    access: accessSection(),
    privacy: section({
      sensitive_columns: named(buildColumnRule()),
    }),
    compliance: section({
      require_inventory: z._default(boolean(), false),
      tier1_review_months: z._default(integer(1, 1_200), 12),
      tier2_review_months: z._default(integer(1, 1_200), 24),
      tier3_review_months: z._default(integer(1, 1_200), 36),
      significance_level: z._default(
        number('a significance level above 0 and below 1, a number such as 0.05', (value) => value > 0 && value < 1),
        0.05,
      ),
      max_override_rate: z._default(fraction(), 0.1),
      min_stage2_share: z._default(fraction(), 0.8),
      max_halt_ms: z._default(positive('milliseconds'), 1_000),
      max_evidence_age_days: section({
        drift: z._default(days(1), 30),
        bias_testing: z._default(days(1), 365),
        explainability: z._default(days(1), 365),
        feature_importance: z._default(days(1), 365),
        challenge: z._default(days(1), 365),
        outcomes: z._default(days(1), 365),
        compliance: z._default(days(1), 90),
      }),
    }),
    backup: section({
      backup_path: z._default(path(), './backups'),
      backup_models: on(),
      backup_frequency: z._default(oneOf('hourly', 'daily', 'weekly', 'monthly'), 'daily'),
      backup_retention_days: z._default(days(1), 90),
      backup_configs: on(),
      disaster_recovery_enabled: on(),
      recovery_point_objective_hours: z._default(positive('hours'), 4),
      recovery_time_objective_hours: z._default(positive('hours'), 8),
    }),
    retention: section({
      unreferenced_artifacts_hours: z._default(positive('hours'), 24),
      deleted_runs_days: z._default(days(1), 30),
      drift_reports_days: z._default(days(1), 1_827),
      predictions_minimum_days: z._default(days(0), 0),
    }),
  });
}

const path = () => text('a path');

/** Texts of any kind, except those that no program can be given. */
const argument = () =>
  z
    .string(expected('a text'))
    .check(z.refine((value) => !value.includes('\0') && value.isWellFormed(), expected('a text without NUL')));

/** Losses are compared by its inverse, which has to be a number. */
const ofProduction = () => number('a fraction from 0.001 to 1', (value) => value >= 0.001 && value <= 1);

const rolloutStep = () =>
  entry({
    traffic: fraction(),
    hours: z.optional(hours()),
    requests: z.optional(integer(0)),
  });

/** One section of `models`; its defaults are those of a model type that the policy does not mention. */
function buildModelType() {
  return section({
    feature_columns: z._default(list(text('the name of a column')), []),
    target_column: z._default(z.nullable(text('the name of a column')), null),
    task: z._default(oneOf('regression', 'classification'), 'regression'),
    algorithm: z._default(
      oneOf('auto', 'cart', 'random_forest', 'extra_forest', 'gradient_boosting', 'command'),
      'auto',
    ),
    hyperparameters: named(scalar()),
    monotone_constraints: named(oneOf('increasing', 'decreasing')),
    category_order: named(list(text('a category'))),
    command: section({
      program: z._default(z.nullable(text('the name or path of a program')), null),
      arguments: z._default(z.array(argument(), expected('a list such as [train.py]')), []),
      working_folder: z._default(path(), '.'),
      data_format: z._default(oneOf('csv', 'json'), 'csv'),
      model_file: z._default(text('the name of a file'), 'model.onnx'),
      environment_variables: z._default(list(text('the name of an environment variable')), [
        'PATH',
        'LANG',
        'LC_ALL',
        'TZ',
        'TMPDIR',
      ]),
      time_limit_minutes: z._default(positive('minutes'), 60),
      memory_limit_mb: z._default(z.nullable(positive('mebibytes')), null),
    }),
    time_column: z._default(z.nullable(text('the name of a column')), null),
    leaking_columns: z._default(list(text('the name of a column')), []),
    fairness_columns: z._default(list(text('the name of a column')), []),
    drift_thresholds: section({
      feature_drift_threshold: z._default(z.nullable(fraction()), null),
      target_drift_threshold: z._default(z.nullable(fraction()), null),
      residual_drift_threshold: z._default(z.nullable(fraction()), null),
      columns: named(fraction()),
    }),
    canary: section({
      segment_column: z._default(z.nullable(text('the name of a column')), null),
      miss_budget: z._default(z.nullable(above(0)), null),
      loss_bound: z._default(z.nullable(above(0)), null),
    }),
  });
}

const frameworks = ['Basel III', 'IFRS 9', 'MiFID II', 'SR 26-2', 'SS1/23', 'BCBS 239'] as const;
const complianceChecks = ['data_quality', 'model_fairness', 'bias_detection', 'explainability'] as const;

/** One of `monitoring.channels`. */
function buildChannel() {
  return section({
    kind: z._default(oneOf('webhook', 'slack', 'email', 'file'), 'webhook'),
    url: z._default(z.nullable(secretText('a URL such as https://alerts.example.com/hook')), null),
    secret: z._default(z.nullable(secretText('a reference to an environment variable, ${NAME}')), null),
    path: z._default(z.nullable(path()), null),
    from: z._default(z.nullable(text('an e-mail address')), null),
    to: z._default(list(text('an e-mail address')), []),
    minimum_severity: z._default(oneOf('warning', 'critical'), 'warning'),
    allowed_hosts: z._default(list(matching('the name or address of a host, alone', /^[^/*\s]{1,250}$/)), []),
  });
}

/** One of `privacy.sensitive_columns`. */
function buildColumnRule() {
  return section({
    action: z._default(oneOf('pseudonymize', 'generalize', 'mask', 'drop'), 'drop'),
    to: z._default(z.nullable(oneOf('quarter', 'power_of_ten', 'band')), null),
    bands: named(list(text('a value of the column'))),
    keep: z._default(z.nullable(integer(0)), null),
  });
}

const above = (least: number) => number(`a number above ${least}`, (value) => value > least);

const dataChecks = [
  'leaking_column',
  'leakage',
  'duplicate_rows',
  'constant_target',
  'constant_feature',
  'missing_values',
  'changed_type',
  'impossible_values',
  'outlier_burst',
  'flipped_labels',
  'shuffled_labels',
  'future_dates',
  'unused_dates',
  'holdout_overlap',
] as const;
const auditableReads = [
  'tracking.read',
  'registry.read',
  'drift.read',
  'retraining.read',
  'canary.read',
  'storage.read',
  'audit.read',
  'access.read',
] as const;
const metrics = ['mae', 'rmse', 'r2_score', 'accuracy', 'precision', 'recall', 'f1_score'] as const;
const metric = () => oneOf(...metrics);
