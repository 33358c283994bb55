import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { ExperimentTracker, MLOpsConfig, ModelRegistry, RetrainPipeline } from '@bondx/mlops';

const main = resolve('src/cli/main.ts');
const environment = { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json') };
let cwd: string;

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'outputs-'));
});

const program = (...words: string[]): string[] => ['--import', import.meta.resolve('tsx'), main, ...words];

describe('the program', () => {
  it.each([
    [['init', 'closed.yaml'], 0],
    [['show'], 2],
  ] as const)('%j goes on when nobody reads what it says, and ends as it would have', async (words, code) => {
    const child = spawn(process.execPath, program(...words), { cwd, env: environment, stdio: 'pipe' });
    let said = '';
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    child.stdout.destroy();
    expect(await once(child, 'close')).toEqual([code, null]);
    expect(said).not.toContain('node:events');
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'serves the dashboard until %s, and ends well then',
    async (signal) => {
      const folder = mkdtempSync(join(tmpdir(), 'ended-'));
      const child = spawn(process.execPath, program('ui', '--port', '0', '--json'), { cwd: folder, env: environment });
      const exited = once(child, 'exit');
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      const { url } = JSON.parse(String(said)) as { readonly url: string };
      expect((await fetch(url, { redirect: 'manual' })).status).toBe(303);
      child.kill(signal);
      expect(await exited).toEqual([0, null]);
    },
  );

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'leaves a retraining behind that can be resumed at once, with %s',
    async (signal) => {
      const folder = mkdtempSync(join(tmpdir(), 'interrupted-'));
      const rows = Array.from({ length: 200 }, (_, i) => `${(i * 37) % 101},${((i * 37) % 101) + (i % 7)}`);
      writeFileSync(join(folder, 'data.csv'), `x,y\n${rows.join('\n')}\n`);
      writeFileSync(
        join(folder, 'slow.mjs'),
        "import { writeFileSync } from 'node:fs'; writeFileSync('begun', ''); setTimeout(() => undefined, 20000);",
      );
      const command = { program: process.execPath, arguments: ['slow.mjs'] };
      const model = { feature_columns: ['x'], target_column: 'y', algorithm: 'command', command };
      writeFileSync(join(folder, 'policy.yaml'), JSON.stringify({ models: { spread: model } }));
      const retrain = program('retrain', '--model', 'spread', '--data', 'data.csv', '--key', 'monthly');
      const child = spawn(process.execPath, retrain, { cwd: folder, env: environment, stdio: 'pipe' });
      const exited = once(child, 'exit');
      let said = '';
      child.stderr.on('data', (chunk) => (said += String(chunk)));
      while (!existsSync(join(folder, 'begun')) && child.exitCode === null) await sleep(50);
      child.kill(signal);
      expect(await exited, said).toEqual([130, null]);
      const config = MLOpsConfig.fromYaml(join(folder, 'policy.yaml'));
      await using tracker = new ExperimentTracker(config);
      await using registry = new ModelRegistry(config);
      const { retrainings } = await new RetrainPipeline(config, tracker, registry).listRetrainings();
      expect(retrainings).toMatchObject([{ status: 'interrupted' }]);
      expect(said).toContain(`bondx-mlops retrain --resume ${retrainings[0]!.retrainingId} goes on`);
    },
  );

  it.each([
    [[], 'who opens this address acts as you'],
    [['--host', '0.0.0.0', '--allowed-host', 'mlops.example.com'], 'callers show tokens of their own'],
  ] as const)('says who gets in at a dashboard that is served with %j', async (words, who) => {
    const folder = mkdtempSync(join(tmpdir(), 'served-'));
    const child = spawn(process.execPath, program('ui', '--port', '0', ...words), { cwd: folder, env: environment });
    const exited = once(child, 'exit');
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    child.kill();
    await exited;
    expect(String(said)).toContain(`\n${who}; Ctrl-C ends it`);
  });

  it.skipIf(!existsSync('/dev/full'))('fails, and says why, when its result cannot be written', () => {
    const script = `"$@" > /dev/full`;
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', script, 'sh', process.execPath, ...program('init', 'full.yaml')],
      {
        cwd,
        env: environment,
        encoding: 'utf8',
      },
    );
    expect(status).toBe(1);
    expect(stderr).toContain('error: the result cannot be written: ENOSPC');
    expect(stderr).not.toContain('node:events');
  });

  it.each([
    [['init', 'new.yaml'], 0, ''],
    [['evidence', 'verify', 'policy.yaml'], 3, ''],
    [['list'], 2, 'policy.yaml:1:'],
  ] as const)('%j goes by policy, store and token only where it needs them', (words, code, said) => {
    const folder = mkdtempSync(join(tmpdir(), 'alone-'));
    writeFileSync(join(folder, 'policy.yaml'), 'seed: [');
    const token = `bondx_${'0'.repeat(32)}_${'A'.repeat(43)}`;
    const env = { ...environment, BONDX_TOKEN: token, BONDX_ENV: 'nowhere' };
    const { status, stderr } = spawnSync(process.execPath, program(...words), { cwd: folder, env, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: code, stderr: expect.stringContaining(said) as string });
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  it.each([
    [['audit', 'verify', '--file', 'nothing.jsonl'], 'nothing.jsonl'],
    [['audit', 'export', '--to', 'no/folder/audit.jsonl'], 'no/folder/audit.jsonl'],
    [['evidence', 'verify', 'nothing.tar'], 'nothing.tar'],
  ])('%j names the file that cannot be opened, which is no defect', (words, file) => {
    const { status, stderr } = spawnSync(process.execPath, program(...words), {
      cwd,
      env: environment,
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain(file);
    expect(stderr).not.toContain('defect');
  });
});
