import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MLOpsConfig, ModelRegistry, type PromotionRequest } from '@bondx/mlops';
import { run } from '../../src/cli/run.js';

const policy = `
promotion: { min_accuracy: 0.9, max_drift: 1, require_explainability: false, require_feature_importance: false, require_bias_testing: false, require_compliance_check: false, required_approvals: 1 }
models: { spread: { feature_columns: [x] } }
tracking: { log_environment: false, log_git_sha: false }
`;

let output: { out: string; err: string };
const home = process.cwd();

async function bondx(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  output = { out: '', err: '' };
  const code = await run(args);
  return { code, ...output };
}

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cli-approvals-'));
  process.chdir(folder);
  writeFileSync('policy.yaml', policy);
  writeFileSync('model.json', '{"kind":"constant","value":1}');
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((output.out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((output.err += String(text)), true));
  await bondx('register', '--model', 'spread', '--path', 'model.json');
  await bondx('promote', '--model', 'spread', '--version', '1.0.0', '--stage', 'staging');
});
afterEach(() => {
  vi.restoreAllMocks();
  process.chdir(home);
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
