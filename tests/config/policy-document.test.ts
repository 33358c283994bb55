import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MLOpsConfig } from '../../src/config/mlops-config.js';
import { fromText, issuesOf, onlyIssue, withPolicyFile } from './policy-fixture.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('a policy file that cannot be read', () => {
  it.each<[string, string | Uint8Array, string, [number, number]?]>([
    ['an empty file', '', 'is empty; copy policy.example.yaml over it'],
    ['a file of comments', '# nothing\n\n# here\n', 'is empty;'],
    ['a document of nothing', '---\n...\n', 'is empty;'],
    ['a list', '- drift\n- canary\n', 'expected sections and keys such as "seed: 42", got a list', [1, 1]],
    ['a text', '\n  drift\n', 'expected sections and keys such as "seed: 42", got the text "drift"', [2, 3]],
    ['tabs as indentation', 'drift:\n\tpsi_threshold: 1\n\tseed: 1\n', 'is indented with a tab;', [2, 1]],
    ['a tab in a flow', 'drift: {\n\tpsi_threshold: 1\n\t}\n', 'is indented with a tab;', [2, 2]],
    ['a second document', 'seed: 1\n---\nseed: 2\n', 'holds a second document;', [2, 1]],
    ['an open quote', 'log_path: "x\n', 'is not valid YAML: Missing closing "quote', [2, 1]],
    ['keys that are no texts', '[a]: 1\n', 'is not valid YAML: With stringKeys, all keys must be strings', [1, 1]],
    ['an unknown alias', 'seed: *x\n', '*x refers to no &x before it', [1, 7]],
    ['a custom tag', 'seed: !!js/function "x"\n', 'the tag "tag:yaml.org,2002:js/function" is not allowed', [1, 21]],
    ['a local tag', 'drift: !mine\n  psi_threshold: 1\n', 'the tag "!mine" is not allowed', [2, 3]],
    ['an alias that contains itself', 'models: &m\n  a: *m\n', 'nests deeper than 50 levels, or contains itself'],
    ['deep nesting', '['.repeat(20_000), 'nests deeper than 50 levels', [1, 51]],
    ['deep blocks', '- '.repeat(20_000), 'nests deeper than 50 levels'],
    ['more than 1 MB', '#'.repeat(1_000_001), 'has 1000001 bytes; a policy may have at most 1000000 (1 MB)'],
    ['bytes that are not UTF-8', bytes(0x61, 0x3a, 0x20, 0xff, 0xfe), 'is not UTF-8 text; save it as UTF-8'],
  ])('gives one clear error for %s', (_what, content, message, place) => {
    const issue = onlyIssue(content);
    expect(issue.message).toContain(message);
    expect(issue.path).toBe('');
    if (place !== undefined) expect([issue.line, issue.column]).toEqual(place);
  });

  it('gives one clear error for an alias bomb', () => {
    const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);
    const bomb = ['a0: &a0 [lol]', ...levels].join('\n');
    expect(onlyIssue(bomb).message).toMatch(/^holds more than 20000 values once its aliases are replaced/);
  });

  it('says what to do when the file is missing, and what is wrong with a folder', () => {
    const missing = join(tmpdir(), 'no-such-folder', 'policy.yaml');
    expect(issuesOf(() => MLOpsConfig.fromYaml(missing))).toEqual([
      {
        path: '',
        message:
          'does not exist; copy policy.example.yaml of this package to it (bondx-mlops init does), or use MLOpsConfig.default()',
      },
    ]);
    expect(() => MLOpsConfig.fromYaml(missing)).toThrow(`${missing}: does not exist`);
    expect(issuesOf(() => MLOpsConfig.fromYaml(tmpdir()))).toEqual([
      { path: '', message: 'is a folder; name the policy file in it' },
    ]);
    expect(issuesOf(() => MLOpsConfig.fromYaml('a\0b'))[0]!.message).toMatch(/^cannot be read: /);
  });

  it.skipIf(process.platform === 'win32')('says why a path leads to no file', () => {
    expect(issuesOf(() => MLOpsConfig.fromYaml('/dev/null'))[0]!.message).toBe('is not a regular file');
    withPolicyFile('seed: 1', (path) => {
      expect(issuesOf(() => MLOpsConfig.fromYaml(join(path, 'policy.yaml')))[0]!.message).toMatch(/ENOTDIR/);
    });
  });
});

describe('a policy file', () => {
  it('may start with a byte order mark, end its lines in CRLF and say {}', () => {
    expect(fromText('\uFEFFseed: 7\r\ndrift:\r\n  psi_threshold: 0.3\r\n').policy).toMatchObject({
      seed: 7,
      drift: { psiThreshold: 0.3 },
    });
    expect(fromText('{}').digest).toBe(MLOpsConfig.default({ environment: {} }).digest);
  });

  it('may use anchors and aliases', () => {
    const { models } = fromText(
      'models:\n  a: &a\n    feature_columns: &columns [x, y]\n  b:\n    feature_columns: *columns\n  c: *a\n',
    ).policy;
    expect([models['a'], models['b'], models['c']].map((model) => model!.featureColumns)).toEqual([
      ['x', 'y'],
      ['x', 'y'],
      ['x', 'y'],
    ]);
  });

  it('is YAML 1.2 whatever it declares: yes is a text', () => {
    const issue = onlyIssue('%YAML 1.1\n---\npromotion:\n  require_security_scan: yes\n');
    expect(issue).toMatchObject({ line: 4, column: 26 });
    expect(issue.message).toBe('expected true or false, got the text "yes"; YAML 1.2 has only true and false');
  });

  it('has each key once: a second one is refused with both lines', () => {
    const issues = issuesOf(() => fromText('seed: 1\ndrift:\n  psi_threshold: 1\n\n  psi_threshold: 2\nseed: 1\n'));
    expect(issues).toEqual([
      { path: 'drift.psi_threshold', line: 5, column: 3, message: 'is there twice, on line 3 and on line 5; keep one' },
      { path: 'seed', line: 6, column: 1, message: 'is there twice, on line 1 and on line 6; keep one' },
    ]);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses %s as a key, on every level', (key) => {
    const issues = issuesOf(() =>
      fromText(
        `${key}: {polluted: 1}\ndrift:\n  ${key}: 1\nmodels:\n  ${key}: {}\n  a: {hyperparameters: {${key}: 1}}\n`,
      ),
    );
    expect(issues.map(({ line, message }) => [line, message])).toEqual(
      [1, 3, 5, 6].map((line) => [line, 'is not allowed as a key']),
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('refuses merge keys by name', () => {
    expect(onlyIssue('models:\n  a: &a {task: regression}\n  b:\n    <<: *a\n')).toMatchObject({
      path: 'models.b."<<"',
      line: 4,
    });
  });
});
