import { afterEach, describe, expect, it, vi } from 'vitest';
import { MLOpsConfig } from '../../src/config/mlops-config.js';
import { fromText, issuesOf, onlyIssue, withPolicyFile } from './policy-fixture.js';

const withVariables = (environment: Record<string, string>) => MLOpsConfig.default({ environment }).policy;

describe('environment variables', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('go before the file', () => {
    const { policy } = fromText('seed: 1\ndrift:\n  psi_threshold: 0.1\n  drift_window_days: 7\n', {
      BONDX_ENV: 'staging',
      BONDX_SEED: ' 7 ',
      BONDX_DRIFT__PSI_THRESHOLD: '3e-1',
      BONDX_LOG_PATH: '123',
    });
    expect(policy).toMatchObject({ environment: 'staging', seed: 7, logPath: '123' });
    expect(policy.drift).toMatchObject({ psiThreshold: 0.3, driftWindowDays: 7 });
  });

  it('are read as the type of their key', () => {
    const policy = withVariables({
      BONDX_SUPPORTED_MODELS: 'a, b',
      BONDX_CANARY__EVALUATION_METRICS: 'mae,rmse',
      BONDX_BACKUP__BACKUP_MODELS: 'False',
      BONDX_STORAGE__PATH: 'null',
      BONDX_TRACKING__TRACKING_URI: 'http://x',
      BONDX_RETRAINING__SCHEDULED_RETRAINING__ENABLED: 'true',
    });
    expect(policy.supportedModels).toEqual(['a', 'b']);
    expect(policy.canary.evaluationMetrics).toEqual(['mae', 'rmse']);
    expect(policy.backup.backupModels).toBe(false);
    expect(policy.storage.path).toBeNull();
    expect(policy.tracking.trackingUri).toBe('http://x');
    expect(policy.retraining.scheduledRetraining).toEqual({ enabled: true, frequency: 'monthly' });
  });

  it('take lists as files write them, also such as commas alone cannot', () => {
    const policy = withVariables({
      BONDX_SUPPORTED_MODELS: '[a, "b, c"]',
      BONDX_SECURITY__COMPLIANCE_CHECKS: ' [] ',
      BONDX_CANARY__STEPS: '[{ traffic: 0, hours: 24 }, { traffic: 0.1 }]',
      BONDX_ACCESS__BINDINGS: '[{ principal: ada, role: admin }]',
    });
    expect(policy.supportedModels).toEqual(['a', 'b, c']);
    expect(policy.security.complianceChecks).toEqual([]);
    expect(policy.canary.steps).toEqual([{ traffic: 0, hours: 24 }, { traffic: 0.1 }]);
    expect(policy.access.bindings).toMatchObject([{ principal: 'ada', role: 'admin' }]);
    for (const text of ['[a', '[a]]', '[a] # b\nc: 1', '[*a]', '[!!x a]']) {
      const issue = onlyIssue('seed: 1', { BONDX_SUPPORTED_MODELS: text });
      expect(issue.message, text).toMatch(
        /^expected a list such as \[a, b\], got the text .+BONDX_SUPPORTED_MODELS\)$/,
      );
    }
  });

  it('are those of the process unless told', () => {
    vi.stubEnv('BONDX_SEED', '9');
    expect(MLOpsConfig.default().policy.seed).toBe(9);
    expect(MLOpsConfig.fromObject({ seed: 1 }).policy.seed).toBe(9);
    expect(MLOpsConfig.default({ environment: {} }).policy.seed).toBe(42);
    withPolicyFile('seed: 1', (path) => {
      expect(MLOpsConfig.fromYaml(path).policy.seed).toBe(9);
      expect(MLOpsConfig.fromYaml(path, { environment: {} }).policy.seed).toBe(1);
    });
  });

  it('are checked like values of the file, and named', () => {
    expect(onlyIssue('seed: 1', { BONDX_DRIFT__PSI_THRESHOLD: 'high' })).toEqual({
      path: 'drift.psi_threshold',
      message: 'expected a number above 0, got the text "high" (environment variable BONDX_DRIFT__PSI_THRESHOLD)',
    });
    expect(onlyIssue('seed: 1', { BONDX_ENV: 'prod' }).message).toContain('environment variable BONDX_ENV');
    expect(onlyIssue('seed: 1', { BONDX_SEED: '0x10' }).message).toContain('BONDX_SEED');
    expect(onlyIssue('seed: 1', { BONDX_SUPPORTED_MODELS: 'a,,b' })).toEqual({
      path: 'supported_models[1]',
      message: 'expected a name, got the text "" (environment variable BONDX_SUPPORTED_MODELS)',
    });
    const steps = 'canary:\n  steps:\n    - { traffic: 0.1 }\n    - { traffic: 0.2 }\n';
    const issue = onlyIssue(steps, { BONDX_CANARY__STEPS: '[{ traffic: 0.1 }, { traffic: 7 }]' });
    expect(issue.path).toBe('canary.steps[1].traffic');
    expect(issue.message).toMatch(/got 7 \(environment variable BONDX_CANARY__STEPS\)$/);
    expect(issue.line).toBeUndefined();
    expect(onlyIssue('seed: 1', { BONDX_CANARY__EVALUATION_METRICS: 'mae,rsme' }).path).toBe(
      'canary.evaluation_metrics[1]',
    );
    expect(onlyIssue('drift: 5', { BONDX_DRIFT__PSI_THRESHOLD: '1' })).toMatchObject({ path: 'drift', line: 1 });
  });

  it('take part in the rules', () => {
    const issue = onlyIssue('security:\n  require_authentication: false\n', { BONDX_ENV: 'production' });
    expect(issue).toMatchObject({ path: 'security.require_authentication', line: 2 });
    for (const [name, value] of [
      ['BONDX_ACCESS__BREAK_GLASS__ROLE', 'admni'],
      ['BONDX_ACCESS__JWT__AUDIENCE', 'us'],
    ] as const) {
      expect(onlyIssue('seed: 1', { [name]: value }).message).toContain(`(environment variable ${name})`);
    }
    expect(onlyIssue('environment: production', { BONDX_PROMOTION__REQUIRE_SECURITY_SCAN: 'false' }).message).toContain(
      '(environment variable BONDX_PROMOTION__REQUIRE_SECURITY_SCAN)',
    );
  });

  it.each([
    ['BONDX_DRIFT__PSI_TRESHOLD', 'no such key; did you mean BONDX_DRIFT__PSI_THRESHOLD?'],
    ['BONDX_Drift__psi_threshold', 'no such key; did you mean BONDX_DRIFT__PSI_THRESHOLD?'],
    ['BONDX_NOTHING__LIKE_THIS_AT_ALL', 'no such key; variables are named BONDX_<SECTION>__<KEY>'],
    ['BONDX_MODELS__SPREAD__TASK', 'models cannot be set by variables; write them in the policy file'],
    ['BONDX_MODELS', 'models cannot be set by variables; write them in the policy file'],
    [
      'BONDX_MONITORING__CHANNELS__OPERATIONS__URL',
      'monitoring.channels cannot be set by variables; write them in the policy file',
    ],
    ['BONDX_ACCESS__ROLES', 'access.roles cannot be set by variables; write them in the policy file'],
    [
      'BONDX_PRIVACY__SENSITIVE_COLUMNS',
      'privacy.sensitive_columns cannot be set by variables; write them in the policy file',
    ],
    ['BONDX_STORAGE', 'is a section; set its keys one by one, such as BONDX_STORAGE__KIND'],
  ])('refuses %s', (name, message) => {
    expect(onlyIssue('seed: 1', { [name]: '1' })).toEqual({
      path: '',
      message: `environment variable ${name}: ${message}`,
    });
  });

  it('leaves alone what is empty or belongs to somebody else', () => {
    const policy = withVariables({
      BONDX_ENV: '',
      BONDX_DRIFT__PSI_TRESHOLD: ' ',
      BONDX_HOME: '/x',
      OTHER__X: '1',
      seed: '3',
    });
    expect(policy).toEqual(withVariables({}));
  });

  it('has one variable a key', () => {
    expect(withVariables({ BONDX_ENVIRONMENT: 'staging' }).environment).toBe('staging');
    const both = { BONDX_ENV: 'staging', BONDX_ENVIRONMENT: 'production' };
    const issues = issuesOf(() => MLOpsConfig.default({ environment: both }));
    expect(issues.map(({ message }) => message)).toEqual([
      expect.stringContaining('BONDX_ENV and BONDX_ENVIRONMENT are both set; keep one'),
    ]);
  });
});
