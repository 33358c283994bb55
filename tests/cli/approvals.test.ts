import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { MLOpsConfig, ModelRegistry, type PromotionRequest } from '@bondx/mlops';
import { bondx, inFolderWith } from './in-folder.js';

const policy = `
promotion: { min_accuracy: 0.9, max_drift: 1, require_explainability: false, require_feature_importance: false, require_bias_testing: false, require_compliance_check: false, required_approvals: 1 }
models: { spread: { feature_columns: [x] } }
tracking: { log_environment: false, log_git_sha: false }
`;

inFolderWith({ 'policy.yaml': policy, 'model.json': '{"kind":"constant","value":1}' });
beforeEach(async () => {
  await bondx('register', '--model', 'spread', '--path', 'model.json');
  await bondx('promote', '--model', 'spread', '--version', '1.0.0', '--stage', 'staging');
});

const version = ['--model', 'spread', '--version', '1.0.0'];

describe('bondx-mlops approvals', () => {
  it('asks, lists, and promotes what somebody else approved', async () => {
    const override = ['--override', 'min_accuracy=nothing to compare with'];
    const asked = await bondx('approvals', 'request', ...version, '--reason', 'first', ...override, '--json');
    const { requestId } = JSON.parse(asked.out) as PromotionRequest;
    const own = await bondx('approvals', 'approve', '--request', requestId);
    expect(own).toMatchObject({ code: 1, err: expect.stringContaining('made the request') as string });
    expect((await bondx('approvals', 'list', '--open')).out).toMatch(/spread +1\.0\.0 +open +0 of 1/);
    const early = await bondx('approvals', 'execute', '--request', requestId);
    expect(early).toMatchObject({ code: 3, out: expect.stringContaining('0 of 1 approvals') as string });
    await using registry = new ModelRegistry(MLOpsConfig.fromYaml('policy.yaml'), {
      principal: { id: 'risk', type: 'person', authentication: 'application' },
    });
    await registry.approvals.approve({ requestId });
    const done = await bondx('approvals', 'execute', '--request', requestId);
    expect(done).toMatchObject({ code: 0, out: 'spread 1.0.0: Staging → Production\n' });
    expect((await bondx('approvals', 'list', '--open')).out).toBe('no promotion requests\n');
  });

  it('says what is wrong with an override', async () => {
    const asked = await bondx('approvals', 'request', ...version, '--reason', 'first', '--override', 'min_accuracy');
    expect(asked).toMatchObject({ code: 2, err: expect.stringContaining('--override takes a gate and why') as string });
    const unknown = await bondx('approvals', 'request', ...version, '--reason', 'first', '--override', 'accuracy=r');
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('min_accuracy') as string });
  });

  it('says that none are required, and what to run instead, as a shell reads it', async () => {
    writeFileSync('none required.yaml', policy.replace('required_approvals: 1', 'required_approvals: 0'));
    const config = ['--config', 'none required.yaml'];
    const asked = await bondx(...config, 'approvals', 'request', ...version, '--reason', `it's "lower" $HOME`);
    expect(asked).toMatchObject({ code: 1, out: '' });
    expect(asked.err).toContain('no approvals are required (promotion.required_approvals is 0)');
    const line = asked.err.split('\n').find((text) => text.startsWith('  bondx'))!;
    expect(line).toBe(
      `  bondx-mlops --config 'none required.yaml' promote --model spread --version 1.0.0 --stage production --reason ` +
        `'it'\\''s "lower" $HOME'`,
    );
    const words = execFileSync('sh', ['-c', line.replace('bondx-mlops', `printf '%s\\n'`)], { encoding: 'utf8' });
    const promotion = ['promote', ...version, '--stage', 'production', '--reason', `it's "lower" $HOME`];
    expect(words.trim().split('\n')).toEqual([...config, ...promotion]);
    const promoted = await bondx(...promotion); // under the policy that asks for one, and for the accuracy
    expect(promoted.out).toContain('refused: spread 1.0.0 did not pass');
    expect(promoted.out).toContain('ask for them with bondx-mlops approvals request');
  });

  it('says so without a policy file of another name too, and only where that is the reason', async () => {
    writeFileSync('policy.yaml', policy.replace('required_approvals: 1', 'required_approvals: 0'));
    const asked = await bondx('approvals', 'request', ...version, '--reason', 'first');
    expect(asked.err).toContain(
      'bondx-mlops promote --model spread --version 1.0.0 --stage production --reason first\n',
    );
    const unknown = await bondx('approvals', 'request', '--model', 'spread', '--version', '9.0.0', '--reason', 'first');
    expect(unknown.err).not.toContain('no approvals are required');
    const overridden = await bondx(
      'approvals',
      'request',
      ...version,
      '--reason',
      'r',
      '--override',
      'min_accuracy=why',
    );
    expect(overridden).toMatchObject({ code: 0, out: expect.stringContaining('0 of 1 approvals') as string });
  });

  it('rejects and withdraws', async () => {
    const ask = async (): Promise<string> => {
      const asked = await bondx('approvals', 'request', ...version, '--reason', 'first', '--json');
      return (JSON.parse(asked.out) as PromotionRequest).requestId;
    };
    const withdrawn = await bondx('approvals', 'withdraw', '--request', await ask());
    expect(withdrawn).toMatchObject({ code: 0, out: expect.stringContaining('is withdrawn') as string });
    const rejected = await bondx('approvals', 'reject', '--request', await ask(), '--comment', 'no');
    expect(rejected.code).toBe(1); // one's own request
  });
});
