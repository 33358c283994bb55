import { describe, expect, it } from 'vitest';
import { fromText, issuesOf, onlyIssue } from './policy-fixture.js';

describe('rules', () => {
  it('refuse production without authentication or without the security scan', () => {
    const weak = 'security:\n  require_authentication: false\npromotion:\n  require_security_scan: false\n';
    expect(() => fromText(weak)).not.toThrow();
    expect(() => fromText(`${weak}environment: staging\n`)).not.toThrow();
    const issues = issuesOf(() => fromText(`${weak}environment: production\n`));
    expect(issues.map(({ line, column, path }) => [line, column, path])).toEqual([
      [2, 27, 'security.require_authentication'],
      [4, 26, 'promotion.require_security_scan'],
    ]);
    for (const { message } of issues) expect(message).toMatch(/^production refuses false: .+; set it to true, or/);
  });

  it('refuse tracking backends that are not there, saying what to use', () => {
    expect(onlyIssue('tracking: {tracking_backend: mlflow}').message).toMatch(/MLflow .+ not available .+; use local$/);
    expect(onlyIssue('tracking: {tracking_backend: weights_biases}').message).toMatch(/not supported.+; use local/);
  });

  it.each([
    ['canary:\n  initial_canary_percentage: 0.5\n', 'canary.initial_canary_percentage', 2],
    ['canary:\n  max_canary_percentage: 0.01\n', 'canary.max_canary_percentage', 2],
    [
      'canary:\n  max_canary_percentage: 0.3\n  initial_canary_percentage: 0.5\n',
      'canary.initial_canary_percentage',
      3,
    ],
    ['canary:\n  initial_canary_percentage: 0\n', 'canary.initial_canary_percentage', 2],
    ['canary:\n  max_canary_percentage: 1\n  initial_canary_percentage: 1\n', 'canary.initial_canary_percentage', 3],
    ['canary:\n  rollback_threshold: 0.96\n', 'canary.rollback_threshold', 2],
    ['canary:\n  promotion_threshold: 0.7\n', 'canary.promotion_threshold', 2],
    ['retraining:\n  test_size: 0.9\n', 'retraining.test_size', 2],
    ['retraining:\n  validation_size: 0.8\n', 'retraining.validation_size', 2],
  ])('blame a key that was written: %j', (text, path, line) => {
    expect(onlyIssue(text)).toMatchObject({ path, line });
  });

  it.each([
    ['[{ traffic: 0.1 }, { traffic: 0.1 }]', 'steps[1]: traffic 0.1 must be above that of the step before it (0.1)'],
    ['[{ traffic: 0.1 }, { traffic: 0 }]', 'steps[1]: traffic 0 must be above that of the step before it (0.1)'],
    ['[{ traffic: 0 }, { traffic: 0.3 }]', 'steps[1]: traffic 0.3 must not be above max_canary_percentage (0.2)'],
    ['[{ traffic: 1 }]', 'steps[0]: traffic 1 leaves production nothing; it must be below 1'],
  ])('refuse steps %s that no rollout could go through', (steps, message) => {
    expect(onlyIssue(`canary:\n  steps: ${steps}\n`)).toMatchObject({ path: 'canary.steps', line: 2, message });
  });

  it.each([
    ['target_column: y', 'target_column', 'y is among the feature_columns; a model must not see what it is to predict'],
    [
      'category_order: { ratng: [A, B] }',
      'category_order',
      'names "ratng", which is none of the feature_columns; did you mean rating?',
    ],
    [
      'category_order: { rating: [] }',
      'category_order',
      'of rating names no category: all of its values would count as missing',
    ],
    [
      'monotone_constraints: { z: increasing }',
      'monotone_constraints',
      'names "z", which is none of the feature_columns',
    ],
    [
      'monotone_constraints: { y: increasing }\n    algorithm: cart',
      'monotone_constraints',
      'cart knows no monotone constraints (y); use gradient_boosting',
    ],
    [
      'drift_thresholds: { columns: { y: 0.1, target: 0.1, ratnig: 0.2 } }\n    target_column: target',
      'drift_thresholds',
      'columns names "ratnig", which is none of the feature_columns, nor the target_column; did you mean rating?',
    ],
  ])('refuse a model with %s, which would fail or be ignored later', (keys, key, message) => {
    const text = `models:\n  other: { target_column: y }\n  spread:\n    feature_columns: [y, rating]\n    ${keys}\n`;
    expect(onlyIssue(text)).toMatchObject({ path: `models.spread.${key}`, line: 5, message });
  });

  it('leave a model that does not list its features to whoever trains it', () => {
    const order = 'models: { spread: { category_order: { rating: [A, B] }, monotone_constraints: { x: increasing } } }';
    expect(() => fromText(order)).not.toThrow();
  });

  it('take steps that begin in shadow mode, with no share that a candidate begins with', () => {
    const text = 'canary: {initial_canary_percentage: 0, steps: [{ traffic: 0 }, { traffic: 0.2 }]}';
    expect(() => fromText(text)).not.toThrow();
  });

  it.each([
    ['[0.1]', 'expected keys and values, got 0.1'],
    ['[null]', 'expected keys and values, got nothing (null)'],
    ['[{ traffic: 0.1, hour: 24 }]', 'unknown key hour (did you mean hours?); known here: traffic, hours, requests'],
  ])('say what a step of %s should be', (steps, message) => {
    expect(onlyIssue(`canary: { steps: ${steps} }`)).toMatchObject({ path: 'canary.steps[0]', message });
  });

  it('are silent about keys that are wrong in themselves', () => {
    const text = 'canary:\n  initial_canary_percentage: 0.9\n  max_canary_percentage: 5\n';
    expect(onlyIssue(text).path).toBe('canary.max_canary_percentage');
  });

  it('refuse a target that is the time as well', () => {
    const issue = onlyIssue('models:\n  spread: { target_column: y, time_column: y }\n');
    expect(issue).toMatchObject({ path: 'models.spread.target_column' });
    expect(() => fromText('models: { spread: { target_column: y, time_column: date }, pd: {} }')).not.toThrow();
  });

  it('refuse custom gates with the name of one of the package', () => {
    const issue = onlyIssue('promotion:\n  custom_gates: [backtest, max_drift]\n');
    expect(issue).toMatchObject({ path: 'promotion.custom_gates', line: 2 });
    expect(issue.message).toMatch(/max_drift is the name of a gate of the package/);
  });

  it('take the bounds as inside', () => {
    expect(() =>
      fromText('canary: {initial_canary_percentage: 0.3, max_canary_percentage: 0.3}\nretraining: {test_size: 0.5}'),
    ).not.toThrow();
    expect(onlyIssue('retraining: {test_size: 0.5, validation_size: 0.5}').message).toContain('less than 1');
  });
});
