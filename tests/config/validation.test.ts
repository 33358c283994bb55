import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type KeyNode, policyKeys } from '../../src/config/key-tree.js';
import { MLOpsConfig } from '../../src/config/mlops-config.js';
import type { PolicyInput } from '../../src/config/mlops-config.js';
import { toCamelCase, toSnakeCase } from '../../src/config/spelling.js';
import { fromText, issuesOf, onlyIssue } from './policy-fixture.js';

/** Every key of the schema, those of a model named `spread` included. */
function allPaths(node: KeyNode = policyKeys(), path: string[] = []): { path: string[]; node: KeyNode }[] {
  switch (node.kind) {
    case 'value':
      return [{ path, node }];
    case 'names':
      return [{ path, node }, ...allPaths(node.member, [...path, 'spread'])];
    case 'section':
      return [{ path, node }, ...[...node.keys].flatMap(([key, child]) => allPaths(child, [...path, key]))];
  }
}

const keys = allPaths().filter(({ path }) => path.length > 0);

/** A file whose only content is `value` under `path`, one key a line, after two lines of comment. */
const fileWith = (path: readonly string[], value: string): string =>
  `# one\n# two\n${path.map((key, i) => `${' '.repeat(2 * i)}${key}:`).join('\n')} ${value}\n`;

describe('a value of the wrong type', () => {
  it.each(keys.map(({ path, node }) => [path.join('.'), path, node] as const))(
    '%s is refused on its line',
    (shown, path, node) => {
      const isFreeValue = shown === 'models.spread.hyperparameters.spread';
      const wrong = node.kind === 'value' && node.type === 'list' ? '{a: 1}' : '[[1]]';
      const issue = onlyIssue(fileWith(path, wrong));
      expect(issue.path.startsWith(shown)).toBe(true);
      expect(issue.message).toMatch(/^expected .+, got a (list|section)/);
      expect([issue.line, issue.column]).toEqual([path.length + 2, 2 * (path.length - 1) + path.at(-1)!.length + 3]);
      if (node.kind === 'value' && !node.isNullable && !isFreeValue) {
        expect(onlyIssue(fileWith(path, '')).message).toMatch(/^expected .+, got nothing \(null\)$/);
      }
    },
  );

  it('says so when a number or a truth is in quotes, or a percentage', () => {
    expect(onlyIssue('drift:\n  psi_threshold: "0.05"\n').message).toBe(
      'expected a number above 0, got the text "0.05"; remove the quotes',
    );
    expect(onlyIssue('canary: {max_canary_percentage: 20%}').message).toBe(
      'expected a fraction from 0 to 1 (0.05 is five percent), got the text "20%"; write 0.2',
    );
    expect(onlyIssue('backup: {backup_models: "true"}').message).toBe(
      'expected true or false, got the text "true"; remove the quotes',
    );
    expect(onlyIssue('seed: many').message).toBe('expected a whole number, at least 0, got the text "many"');
  });
});

describe('a value out of range', () => {
  it.each<[string, readonly (string | number)[], readonly (string | number)[]]>([
    ['environment', ['production', 'staging'], ['prod', 'Production']],
    ['seed', [0, 7], [-1, 1.5, 1e300, '.nan', '.inf']],
    ['supported_models', ['[]', '[a, b]'], ['[a, a]', '[""]', '["a\\nb"]', '[" "]']],
    ['log_path', ['x', '/x'], ['""', '"a\\0b"', '"\\uD800"']],
    ['drift.ks_test_threshold', [1e-12, 0.01, 0.99], [0, 1, -0.1, 5, 5e-324]],
    ['drift.psi_threshold', [0.1, 3], [0, -1, '.inf']],
    ['drift.feature_drift_threshold', [0, 1], [-0.01, 1.01]],
    ['drift.drift_check_interval_hours', [0.5, 24], [0, -24]],
    ['canary.promotion_threshold', [0.8, 1], [0, 0.0001, 1.01]],
    ['canary.rollback_threshold', [0.001, 0.95], [0, 5e-324, 1.01]],
    ['canary.evaluation_metrics', ['[mae]', '[]'], ['[rsme]', '[mae, mae]']],
    ['canary.evaluation_window_hours', [1], [0]],
    ['canary.max_rollback_count', [1], [0, 2.5]],
    ['canary.max_predictions', [1, 'null'], [0, 2.5]],
    ['canary.max_value', [0.5, 'null'], [0, -1]],
    ['canary.max_errors', [0, 'null'], [-1, 0.5]],
    ['canary.latency_budget_ms', [0.5, 'null'], [0, '.inf']],
    ['models.spread.canary.segment_column', ['sector', 'null'], [1, '""']],
    ['models.spread.canary.miss_budget', [0.5, 'null'], [0]],
    ['models.spread.canary.loss_bound', [100, 'null'], [-1]],
    ['promotion.min_accuracy', [0, 1], [-1, 85]],
    ['tracking.tracking_uri', ['null', 'http://x'], ['""', 3]],
    ['tracking.max_artifact_size_mb', [0.5], [0]],
    ['storage.kind', ['filesystem', 'memory'], ['s3']],
    ['storage.durability', ['power', 'process'], ['none']],
    [
      'models.spread.algorithm',
      ['auto', 'cart', 'random_forest', 'extra_forest', 'gradient_boosting', 'command'],
      ['xgboost'],
    ],
    ['models.spread.command.arguments', ['[a, a, ""]'], ['[1]', '"a\\0b"', '["a\\0b"]']],
    ['models.spread.command.memory_limit_mb', [512, 'null'], [0]],
    ['models.spread.task', ['classification'], ['ranking']],
    ['models.spread.feature_columns', ['[a, b]'], ['[a, a]', '[1]']],
    ['models.spread.hyperparameters.depth', [3, '3', 'true', 'text'], ['[3]', '.inf', 'null']],
    ['models.spread.drift_thresholds.target_drift_threshold', [0.3, 'null'], [2]],
    ['retraining.test_size', [0.5], [0, 1]],
    ['retraining.validation_size', [0], [-0.1]],
    ['retraining.cross_validation_folds', [2], [1]],
    ['retraining.scheduled_retraining.frequency', ['weekly'], ['daily']],
    ['monitoring.critical_drift_threshold', [1], [1.5]],
    ['security.audit_log_retention_days', [1], [0, 1.5]],
    ['backup.backup_frequency', ['hourly'], ['never']],
    ['backup.recovery_time_objective_hours', [0.1], [0]],
  ])('%s takes %j and refuses %j', (key, good, bad) => {
    const path = key.split('.');
    for (const value of good) expect(() => fromText(fileWith(path, String(value))), String(value)).not.toThrow();
    for (const value of bad) {
      const issue = onlyIssue(fileWith(path, String(value)));
      expect(issue.path.startsWith(key)).toBe(true);
      expect(issue.line).toBe(path.length + 2);
    }
  });
});

describe('an unknown key', () => {
  it.each([
    ['drift:\n  psi_treshold: 1', 'drift.psi_treshold', 'did you mean drift.psi_threshold?'],
    ['drfit:\n  psi_threshold: 1', 'drfit', 'did you mean drift?'],
    ['psi_threshold: 1', 'psi_threshold', 'did you mean drift.psi_threshold?'],
    ['tracking_uri: x', 'tracking_uri', 'did you mean tracking.tracking_uri?'], // which is near to tracking, too
    ['channels: {}', 'channels', 'did you mean monitoring.channels?'],
    ['security:\n  roles: {}', 'security.roles', 'did you mean access.roles?'],
    ['security:\n  jwt: {}', 'security.jwt', 'did you mean access.jwt?'],
    ['compliance:\n  maHaltMs: 1', 'compliance.maHaltMs', 'did you mean compliance.max_halt_ms?'],
    [
      'models:\n  spread:\n    tagret_column: x',
      'models.spread.tagret_column',
      'did you mean models.spread.target_column?',
    ],
    [
      'storage:\n  flavour: x',
      'storage.flavour',
      'known here: kind, path, url, schema, artifacts_path, artifacts_url, durability',
    ],
    ['models:\n  a.b:\n    x: 1', 'models."a.b".x', 'known here: feature_columns, '],
  ])('%j is pointed at the nearest one', (text, path, suggestion) => {
    const issue = onlyIssue(text);
    expect(issue.path).toBe(path);
    expect(issue.message).toContain(`unknown key; ${suggestion}`);
    expect(issue.line).toBe(text.split('\n').length - (path === 'drfit' ? 1 : 0));
  });

  it('has to be a name under models', () => {
    expect(onlyIssue('models:\n  "a\\nb": {}\n').message).toMatch(/^expected a name of 1 to 250 printable characters/);
    expect(onlyIssue('models:\n  "": {}\n').line).toBe(2);
  });
});

describe('a key that is missing', () => {
  it.each([
    ['canary:\n  steps:\n    - { traffic: 0.1 }\n    - { hours: 1 }', 'canary.steps[1].traffic', 4],
    ['access:\n  bindings:\n    - { principal: ada }', 'access.bindings[0].role', 3],
  ])('in %j is told with the line that it is missing from', (text, path, line) => {
    expect(onlyIssue(text)).toMatchObject({ path, line });
  });
});

describe('all problems', () => {
  it('come in one error, in the order of the file', () => {
    const issues = issuesOf(() =>
      fromText('security:\n  require_authentication: false\n  x: 1\nenvironment: production\nseed: a\ndrift: 5\n'),
    );
    expect(issues.map(({ line, path }) => [line, path])).toEqual([
      [2, 'security.require_authentication'],
      [3, 'security.x'],
      [5, 'seed'],
      [6, 'drift'],
    ]);
  });

  it('are listed up to a hundred', () => {
    const issues = issuesOf(() => fromText(Array.from({ length: 150 }, (_, i) => `zzzzzzzz${i}: 1`).join('\n')));
    expect(issues).toHaveLength(101);
    expect(issues.at(-1)!.message).toBe('and 50 more problems of this kind');
  });

  it('are those of objects, too', () => {
    const given = JSON.parse(
      '{"drift": {"psiTreshold": 1, "__proto__": {"x": 1}}, "seed": "a", "canary": [1]}',
    ) as PolicyInput;
    const issues = issuesOf(() => MLOpsConfig.fromObject(given, { environment: {} }));
    expect(issues.map(({ path }) => path).sort()).toEqual(['canary', 'drift.__proto__', 'drift.psiTreshold', 'seed']);
    const odd = { drift: new Map(), models: { a: undefined, b: () => 1 }, seed: 1n } as unknown as PolicyInput;
    expect(issuesOf(() => MLOpsConfig.fromObject(odd, { environment: {} })).map(({ message }) => message)).toEqual([
      'expected a section (indented keys), got an instance of a class',
      'expected a section (indented keys), got a function',
      'expected a whole number, at least 0, got a bigint',
    ]);
  });
});

describe('the schema', () => {
  it('spells every key so that it survives the way to camelCase and back', () => {
    for (const { path } of keys) for (const key of path) expect(toSnakeCase(toCamelCase(key))).toBe(key);
  });

  it('has the keys of policy.example.yaml in the same order of sections', () => {
    const example = parse(readFileSync('policy.example.yaml', 'utf8')) as object;
    expect(Object.keys(example)).toEqual([...policyKeys().keys.keys()]);
  });
});
