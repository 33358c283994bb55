import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { Alerts, MLOpsConfig } from '@bondx/mlops';
import { run } from '../../src/cli/run.js';

const folder = mkdtempSync(join(tmpdir(), 'cli-monitoring-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const policy = join(folder, 'policy.yaml');
writeFileSync(
  policy,
  `storage: { path: ${folder}/data }
tracking: { artifact_storage_path: ${folder}/files }
backup: { disaster_recovery_enabled: false }
monitoring: { channels: { file: { kind: file, path: alerts.jsonl } } }
`,
);

async function bondx(...args: string[]): Promise<{ code: number; out: string }> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const code = await run([...args, '--config', policy]);
  const out = write.mock.calls.join('');
  write.mockRestore();
  return { code, out };
}

describe('health', () => {
  it('says how things stand and exits with it', async () => {
    const { code, out } = await bondx('health');
    expect(out).toMatch(/^healthy\ncheck +status +reason\nstorage +healthy/);
    expect(code).toBe(0);
    const live = await bondx('health', '--probe', 'live', '--json');
    expect(JSON.parse(live.out)).toMatchObject({ status: 'healthy', checks: [] });
    writeFileSync(join(folder, 'no-store'), '');
    const broken = join(folder, 'broken.yaml');
    writeFileSync(broken, 'storage: { path: ./no-store }\n');
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    expect(await run(['health', '--config', broken])).toBe(1);
    write.mockRestore();
  });
});

describe('alerts', () => {
  it('are delivered, listed and acknowledged', async () => {
    const config = MLOpsConfig.fromYaml(policy, { environment: {} });
    await using alerts = new Alerts(config);
    const { alert } = (await alerts.raise({ key: 'k', severity: 'warning', title: 'late', message: 'm' }))!;
    const check = await bondx('alerts', 'check');
    expect(check).toMatchObject({ code: 0 });
    expect(check.out).toContain('1 delivered');
    expect(readFileSync(join(folder, 'alerts.jsonl'), 'utf8')).toContain(alert.alertId);
    expect((await bondx('alerts', 'list', '--status', 'open')).out).toContain('late');
    expect((await bondx('alerts', 'list', '--undelivered')).out).toContain('everything was delivered');
    const acknowledged = await bondx('alerts', 'acknowledge', alert.alertId, '--comment', 'on it');
    expect(acknowledged).toMatchObject({ code: 0 });
    expect((await bondx('alerts', 'list', '--status', 'open')).out).toContain('no alerts');
  });
});
