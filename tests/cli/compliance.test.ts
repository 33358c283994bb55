import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MLOpsConfig, ModelInventory, ModelRegistry, trainModel } from '@bondx/mlops';
import { run } from '../../src/cli/run.js';
import { smallRows } from '../helpers.js';

let folder: string;
let policy: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'compliance-cli-'));
  policy = join(folder, 'policy.yaml');
  const text = `security: { regulatory_frameworks: [Basel III], compliance_checks: [] }
tracking: { log_git_sha: false, log_environment: false }
models: { spread: { feature_columns: [x, kind], target_column: y, algorithm: cart } }
`;
  writeFileSync(policy, text);
  const config = MLOpsConfig.fromYaml(policy, { environment: {} });
  const dora = { id: 'dora', type: 'person', authentication: 'application' } as const; // the findings are closed by another
  await using registry = new ModelRegistry(config, { principal: dora });
  const trained = await trainModel(config, { modelType: 'spread', data: smallRows(150) });
  const { model, featureColumns, trainingData } = trained;
  await registry.register({
    modelName: 'pd',
    modelType: 'spread',
    version: '1.0.0',
    model,
    featureColumns,
    trainingData,
  });
  const said = { modelName: 'pd', tier: 1, purpose: 'PD', measures: ['pd'] } as const;
  await new ModelInventory(registry).describe({ ...said, owner: '=HYPERLINK("http://x")' });
});
afterAll(() => rmSync(folder, { recursive: true }));

async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' };
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((written.out += String(text)), true));
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((written.err += String(text)), true));
  const code = await run(['--config', policy, ...args]).finally(() => {
    stdout.mockRestore();
    stderr.mockRestore();
  });
  return { code, ...written };
}

describe('on the command line', () => {
  it('a version is assessed, with inputs from a file', async () => {
    const [inputs, failing] = [join(folder, 'inputs.json'), join(folder, 'failing.json')];
    writeFileSync(
      failing,
      '{"pd":{"horizonEndsAt":"2020-01-01","grades":[{"grade":"A","pd":0.001,"obligors":900,"defaults":30}]}}',
    );
    const found = await cli('compliance', 'assess', '--model', 'pd', '--version', '1.0.0', '--inputs', failing);
    expect(found.out).toMatch(/basel.calibration +not_met +PDs are too low/);
    expect(found.out.trim()).toMatch(/failed$/);
    expect(found.code).toBe(3);
    const recent = new Date(Date.now() - 86_400_000).toISOString();
    writeFileSync(
      inputs,
      `{"pd":{"horizonEndsAt":"${recent}","grades":[{"grade":"A","pd":0.05,"obligors":900,"defaults":30}]}}`,
    );
    const met = await cli('compliance', 'assess', '--model', 'pd', '--version', '1.0.0', '--inputs', inputs);
    const goodUntil = new Date(Date.parse(recent) + 365 * 86_400_000).toISOString();
    expect(met.out).toContain(`counts until ${goodUntil}, when the oldest evidence is too old`);
    await cli('compliance', 'assess', '--model', 'pd', '--version', '1.0.0', '--inputs', failing);
    const page = join(folder, 'compliance.html');
    expect(await cli('report', 'compliance', '--model', 'pd', '--to', page)).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(page, 'utf8')).toContain('basel.calibration: PDs are too low');
    const missing = ['report', 'compliance', '--model', 'pd', '--to', join(folder, 'none.html')];
    expect(await cli(...missing, '--version', '2.0.0')).toMatchObject({
      code: 1,
      err: 'error: pd 2.0.0 has not been assessed; bondx-mlops compliance assess makes a report\n',
    });
    expect((await cli(...missing, '--report', 'x')).err).toContain('without --report it is the latest');
    expect(existsSync(join(folder, 'none.html'))).toBe(false);
    writeFileSync(inputs, '{');
    expect((await cli('compliance', 'assess', '--model', 'pd', '--version', '1.0.0', '--inputs', inputs)).code).toBe(2);
  });

  it('the inventory says what is due, and its CSV runs no formula', async () => {
    expect(await cli('compliance', 'inventory')).toMatchObject({
      code: 3,
      out: expect.stringContaining('never_validated') as string,
    });
    const { out } = await cli('compliance', 'inventory', '--csv');
    expect(out.split('\n')[1]).toMatch(/^pd,never_validated,1,"'=HYPERLINK\(""http:\/\/x""\)"/);
  });

  it('findings are raised, listed and closed', async () => {
    const raised = await cli(
      '--json',
      'findings',
      'raise',
      '--model',
      'pd',
      '--severity',
      'high',
      '--title',
      'no backtest',
      '--due',
      '2020-01-01',
    );
    const { findingId } = JSON.parse(raised.out) as { findingId: string };
    expect(await cli('findings', 'list', '--open')).toMatchObject({
      code: 3,
      out: expect.stringContaining('overdue') as string,
    });
    expect((await cli('findings', 'close', '--finding', findingId, '--comment', 'made')).code).toBe(0);
    expect(await cli('findings', 'list', '--open')).toMatchObject({ code: 0, out: 'no findings\n' });
  });

  it('a pack is written once, and verified', async () => {
    const file = join(folder, 'pd.tar');
    const made = await cli('evidence', 'export', '--model', 'pd', '--version', '1.0.0', '--to', file);
    expect(made.code, made.err).toBe(0);
    expect(await cli('evidence', 'verify', file)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/ok\n$/) as string,
    });
    expect((await cli('evidence', 'verify', file, '--key-fingerprint', 'sha256:0')).code).toBe(3);
    const { out } = await cli('--json', 'evidence', 'verify', file);
    const { checkpointKeyFingerprint } = JSON.parse(out) as { checkpointKeyFingerprint: string };
    const ofCheckpoints = (...keys: string[]) =>
      cli('evidence', 'verify', file, '--checkpoint-key-fingerprint', ...keys);
    expect((await ofCheckpoints('sha256:0')).out).toContain('FAILED checkpoint key: the key is sha256:');
    expect((await ofCheckpoints('sha256:0', checkpointKeyFingerprint)).code).toBe(0);
    expect(await cli('evidence', 'export', '--model', 'pd', '--version', '1.0.0', '--to', file)).toMatchObject({
      code: 1,
      err: expect.stringContaining('is there already; name another file') as string,
    });
    const bytes = readFileSync(file);
    bytes[2000]! ^= 1;
    writeFileSync(file, bytes);
    expect((await cli('evidence', 'verify', file)).code).toBe(3);
    expect((await cli('evidence', 'verify', join(folder, 'none.tar'))).code).toBe(1);
  });
});
