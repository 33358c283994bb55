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
  /** How good the candidate must provably be relative to production to be promoted; 0.001 to 1. Default 0.95. */
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
  /** A candidate provably worse than this share of production is rolled back; 0.001 to `promotionThreshold`. Default 0.8. */
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
  | 'changed_type'
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
