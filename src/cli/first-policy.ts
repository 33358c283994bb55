/** What a model learns from and predicts. */
export interface ModelColumns {
  readonly features: readonly string[];
  readonly target: string;
  readonly task: 'regression' | 'classification';
  /** Columns that tell which thing a row is about, and are no features. */
  readonly leftOut?: readonly string[];
  /** The column that says when. */
  readonly time?: string;
}

const placeholder: ModelColumns = {
  features: ['maturity_years', 'coupon_rate'],
  target: 'spread_bps',
  task: 'regression',
};

/** A policy to begin with: short, commented, and valid as it stands. */
export function firstPolicy(model: string, columns: ModelColumns | undefined): string {
  const { features, target, task, time, leftOut = [] } = columns ?? placeholder;
  return `# What @bondx/mlops does in this project. What is left out has its default; every key is explained in
# node_modules/@bondx/mlops/policy.example.yaml

# development, staging or production; BONDX_ENV overrides it.
environment: development

models:
  ${scalar(model)}:
    # ${columns === undefined ? 'Put the columns of your own data here.' : 'The columns to learn from; remove those that are not known when a prediction is made.'}
    feature_columns:
${features.map((name) => `      - ${scalar(name)}`).join('\n')}${leftOut.length === 0 ? '' : `\n    # Left out, as they name things: ${leftOut.map(scalar).join(', ')}`}
    target_column: ${scalar(target)}
    task: ${task}
    # Rows are split by this column: trained on the past, judged by what came after.
    ${time === undefined ? '# time_column: date' : `time_column: ${scalar(time)}`}

drift:
  # How far a feature's distribution may move before it counts as drift, a fraction.
  feature_drift_threshold: 0.1

promotion:
  # Least R² of a regression, least accuracy of a classification, before a version may serve.
  min_accuracy: 0.85
  # People who must approve a promotion to production.
  required_approvals: 0

canary:
  # Share of the traffic that a new version gets at first, and at most.
  initial_canary_percentage: 0.05
  max_canary_percentage: 0.20
`;
}

/** A name as YAML reads it back: quoted unless it is plain beyond doubt. */
const scalar = (name: string): string =>
  /^[A-Za-z_]\w*$/.test(name) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(name) ? name : JSON.stringify(name);
