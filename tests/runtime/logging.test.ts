import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { DriftMonitor, ExperimentTracker, MLOpsConfig, ModelRegistry } from '@bondx/mlops';
import { formatLine } from '../../src/runtime/logging/format-line.js';
import { RotatingFile } from '../../src/runtime/logging/rotating-file.js';
import { createWorld } from '../helpers.js';

const folder = mkdtempSync(join(tmpdir(), 'logs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Line {
  readonly level: number;
  readonly operation: string;
  readonly msg: string;
  readonly error?: { readonly code: string };
}

const lines = (path: string): Line[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

function setUp(name: string, logging: { readonly level?: 'debug' | 'info' | 'error' }, logPath = join(folder, name)) {
  const { options } = createWorld();
  const config = MLOpsConfig.fromObject({ logPath, logging }, { environment: {} });
  return { config, options, logPath };
}

async function work(config: MLOpsConfig, options: object): Promise<void> {
  await new ExperimentTracker(config, options).startRun({ experimentName: 'e' });
  await new DriftMonitor(config, options).listReports();
  const registry = new ModelRegistry(config, options);
  await registry.listModels();
  await registry.getModelVersion('none', { version: '1.0.0' }).catch(() => undefined);
}

const fail = (): never => {
  throw new Error('no');
};

describe('logs', () => {
  it('are not written unless the policy asks for them', async () => {
    const { config, options, logPath } = setUp('off', {});
    await work(config, options);
    expect(readdirSync(folder)).not.toContain('off');
    expect(logPath).toContain('off');
  });

  it('go to the three files under log_path; reads only in debug mode', async () => {
    const { config, options, logPath } = setUp('debug', { level: 'debug' });
    await work(config, options);
    expect(readdirSync(logPath).sort()).toEqual(['drift_detection.log', 'mlops_cli.log', 'model_registry.log']);
    expect(lines(join(logPath, 'mlops_cli.log'))).toMatchObject([{ level: 30, operation: 'tracking.start_run' }]);
    expect(lines(join(logPath, 'drift_detection.log'))).toMatchObject([{ level: 20, msg: 'drift.read done' }]);
    expect(lines(join(logPath, 'model_registry.log')).at(-1)).toMatchObject({
      level: 50,
      error: { code: 'NOT_FOUND' },
    });
    const info = setUp('info', { level: 'info' });
    await work(info.config, info.options);
    expect(readdirSync(info.logPath).sort()).toEqual(['mlops_cli.log', 'model_registry.log']);
    const errors = setUp('errors', { level: 'error' });
    await work(errors.config, errors.options);
    expect(readdirSync(errors.logPath)).toEqual(['model_registry.log']);
  });

  it.each([
    ['throws', (): never => fail()],
    ['rejects later', async (): Promise<never> => fail()],
  ])('go to the logger of the service instead, and one that %s fails nothing', async (_how, failing) => {
    const { config, options } = setUp('replaced', { level: 'debug' });
    const seen: string[] = [];
    const tell = (_fields: object, message: string): unknown => {
      seen.push(message);
      return failing();
    };
    await work(config, { ...options, logger: { debug: tell, info: tell, warn: tell, error: tell } });
    expect(seen).toContain('tracking.start_run done');
    expect(readdirSync(folder)).not.toContain('replaced');
  });

  it('that cannot be written fail no operation', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const { config, options } = setUp('', { level: 'debug' }, join(file, 'logs'));
    await work(config, options);
    const log = new RotatingFile(join(file, 'x.log'), { maxBytes: 10, keep: 1 });
    log.write('line\n');
    expect(log.lost).toBe(1);
  });

  it('are put aside before they grow too large, and the oldest go', () => {
    const path = join(folder, 'rotated', 'x.log');
    const log = new RotatingFile(path, { maxBytes: 10, keep: 2 });
    for (const line of ['aaaa\n', 'bbbb\n', 'cccc\n', 'dddd\n', 'eeee\n', 'ffff\n', 'gggg\n']) log.write(line);
    const contents = ['', '.1', '.2'].map((end) => readFileSync(path + end, 'utf8'));
    expect(contents).toEqual(['gggg\n', 'eeee\nffff\n', 'cccc\ndddd\n']);
    expect(readdirSync(join(folder, 'rotated'))).toHaveLength(3);
  });
});

describe('a log that several processes write', () => {
  it('loses no line when they put the file aside at the same time', async () => {
    const path = join(mkdtempSync(join(folder, 'shared-')), 'x.log');
    const child = fileURLToPath(new URL('./children/write-log.ts', import.meta.url));
    const args = ['--import', import.meta.resolve('tsx'), child, path, '1500'];
    await Promise.all([1, 2, 3].map(() => promisify(execFile)(process.execPath, args)));
    const files = readdirSync(dirname(path));
    expect(files.length).toBeGreaterThan(10);
    const written = files.flatMap((name) =>
      readFileSync(join(dirname(path), name), 'utf8')
        .trimEnd()
        .split('\n'),
    );
    expect(new Set(written).size).toBe(4500);
  });

  it('goes on with what is there while another one puts it aside, or died as it did', () => {
    const path = join(folder, 'locked.log');
    const log = new RotatingFile(path, { maxBytes: 10, keep: 2 });
    writeFileSync(`${path}.lock`, '');
    for (const line of ['first one\n', 'second one\n']) log.write(line);
    expect(readFileSync(path, 'utf8')).toBe('first one\nsecond one\n');
    utimesSync(`${path}.lock`, new Date(0), new Date(0));
    for (const line of ['third one\n', 'fourth one\n']) log.write(line);
    expect([readFileSync(path, 'utf8'), log.lost]).toEqual(['fourth one\n', 0]);
  });
});

describe('a line', () => {
  it('holds no secrets', () => {
    const line = formatLine({
      password: 'hush',
      nested: { apiKey: 'hush', authToken: 'hush' },
      url: 'postgres://user:hush@db/x',
      header: 'Bearer hush',
      error: new Error('cannot open s3://hush:hush@bucket'),
    });
    expect(line).not.toContain('hush');
    expect(line).toContain('postgres://[redacted]@db/x');
  });

  it('is one line of printable JSON, whatever is logged', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true }), fc.string({ unit: 'binary' }), (value, text) => {
        const line = formatLine({ value, text: `${text}\r\n\u001b[2J\u2028\u2029\u0085\u009b` });
        expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(line.endsWith('\n')).toBe(true);
        JSON.parse(line);
      }),
    );
    const cycle: { self?: object } = {};
    cycle.self = cycle;
    expect(formatLine(cycle)).toContain('could not be written');
  });
});
