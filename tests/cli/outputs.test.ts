import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

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

  it.each(['SIGINT', 'SIGTERM'] as const)('serves the dashboard until %s, and ends well then', async (signal) => {
    const folder = mkdtempSync(join(tmpdir(), 'ended-'));
    const child = spawn(process.execPath, program('ui', '--port', '0', '--json'), { cwd: folder, env: environment });
    const exited = once(child, 'exit');
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(String(said)) as { readonly url: string };
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(303);
    child.kill(signal);
    expect(await exited).toEqual([0, null]);
  });

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
