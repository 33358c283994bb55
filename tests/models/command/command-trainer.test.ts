import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { CommandError, type CommandTrainerOptions, commandTrainer, createRandom, toTable } from '@bondx/mlops';
import { failure, smallRows } from '../../helpers.js';

const script = resolve('tests/models/command/trainer.mjs');
const folder = mkdtempSync(join(tmpdir(), 'command-'));
vi.stubEnv('TMPDIR', folder); // whatever other processes leave in the usual place
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});
const table = toTable(smallRows(50));
const workFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('bondx-train-'));

interface Kept {
  readonly name: string;
  readonly text: string;
}

async function train(
  hyperparameters: Record<string, string>,
  options: Partial<CommandTrainerOptions> = {},
  request: { readonly signal?: AbortSignal; readonly kept?: Kept[]; readonly progress?: number[] } = {},
) {
  const trainer = commandTrainer({
    program: process.execPath,
    arguments: [script],
    modelFile: 'model.json',
    ...options,
  });
  return trainer.train({
    table,
    targetColumn: 'y',
    featureColumns: ['x', 'kind'],
    task: 'regression',
    hyperparameters,
    random: createRandom(1),
    ...(request.signal !== undefined && { signal: request.signal }),
    onProgress: (share) => request.progress?.push(share),
    keepFile: async (name, content) => {
      await Promise.resolve();
      request.kept?.push({ name, text: Buffer.from(content).toString() });
    },
  });
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

describe('a trainer program', () => {
  it('is given rows and parameters, and gives a model, metrics, progress and a log', async () => {
    const [kept, progress] = [[] as Kept[], [] as number[]];
    const { model, metrics, warnings } = await train({ act: 'train' }, {}, { kept, progress });
    const target = table.column('y') as { readonly values: Float64Array };
    const mean = target.values.reduce((sum, value) => sum + value, 0) / 50;
    expect(await model.predict({})).toBeCloseTo(mean, 12);
    expect(metrics).toEqual({ mean: await model.predict({}) });
    expect(warnings).toEqual([]);
    expect(progress).toEqual([0.5]);
    expect(kept).toEqual([{ name: 'training.log', text: 'learning from 50 rows\nprogress 0.5\n' }]);
    expect(workFolders()).toEqual([]);
  });

  it('gets no variables but those allowed, its arguments as they are, and no shell', async () => {
    const kept: Kept[] = [];
    process.env['LOOP_SECRET'] = 'x';
    process.env['LOOP_ALLOWED'] = 'y';
    const dangerous = '$(touch /tmp/pwned); "quoted" *';
    await train(
      { act: 'show' },
      { arguments: [script, dangerous], environmentVariables: ['LOOP_ALLOWED', 'LOOP_NOT_SET'], workingFolder: folder },
      { kept },
    );
    const shown = JSON.parse(kept[0]!.text.trim().split('\n').at(-1)!) as Record<string, unknown>;
    expect(shown['environment']).toEqual(['LOOP_ALLOWED']);
    expect(shown['arguments']).toEqual([dangerous]);
    expect(shown['cwd']).toBe(folder);
    expect(shown['parameters']).toMatchObject({
      version: 1,
      task: 'regression',
      targetColumn: 'y',
      columns: { x: 'numeric', kind: 'categorical', y: 'numeric' },
      train: 'train.csv',
      validation: null,
    });
  });

  it('may leave files that nothing names, which are left behind', async () => {
    const { warnings } = await train({ act: 'extra' });
    expect(warnings).toEqual(['outputs that nothing names were left behind: notes/a.txt']);
  });

  it('may print without end: beginning and end are kept', async () => {
    const kept: Kept[] = [];
    await train({ act: 'chatter' }, {}, { kept });
    const { text } = kept[0]!;
    expect(text.length).toBeLessThan(1024 * 1024 + 100);
    expect(text).toContain('learning from 50 rows');
    expect(text).toMatch(/\[\d+ bytes left out\]/);
    expect(text).toContain('line 29999');
  });

  it('takes what it started with it when it ends', async () => {
    const marker = join(folder, 'child');
    await train({ act: 'leave-child', marker });
    expect(isAlive(Number(readFileSync(marker, 'utf8')))).toBe(false);
  });

  it('is not waited for by way of what it left behind in a session of its own', async () => {
    const marker = join(folder, 'daemon');
    const { model } = await train({ act: 'leave-daemon', marker });
    const daemon = Number(readFileSync(marker, 'utf8'));
    expect(isAlive(daemon)).toBe(true);
    process.kill(daemon);
    expect(model.format).toBeDefined();
  });
});

describe('a trainer program that fails', () => {
  it.each([
    [
      'fail',
      { kind: 'exit', exitCode: 3 },
      'exit code 3; it printed last:\nlearning from 50 rows\nprogress 0.5\nTraceback: out of luck',
    ],
    ['die', { kind: 'signal', signal: 'SIGKILL' }, 'was killed by SIGKILL'],
    ['nothing', { kind: 'output', file: 'output/model.json' }, 'is not there; the program left nothing in output'],
    ['link', { kind: 'output', file: 'output/model.json' }, 'is not there'],
    ['nonsense', { kind: 'output', file: 'output/model.json' }, 'model kind "tarot" is unknown'],
    [
      'bad-metrics',
      { kind: 'output', file: 'output/metrics.json' },
      'must be a JSON object of names with finite numbers',
    ],
    ['odd-metrics', { kind: 'output', file: 'output/metrics.json' }, 'must not be __proto__'],
    ['long-metrics', { kind: 'output', file: 'output/metrics.json' }, 'at most 250 are allowed'],
    ['many-metrics', { kind: 'output', file: 'output/metrics.json' }, 'names 2000 metrics, at most 1000'],
    ['no-output', { kind: 'output', file: 'output/' }, 'cannot be read'],
  ])('by %s, is a typed error with what it printed', async (act, expected, message) => {
    const kept: Kept[] = [];
    const error = await failure(train({ act }, {}, { kept }));
    expect(error).toBeInstanceOf(CommandError);
    expect(error).toMatchObject({ code: 'COMMAND_FAILED', failure: expected });
    expect(error.message).toContain(message);
    expect(kept[0]!.text).toContain('learning from 50 rows');
    expect(workFolders()).toEqual([]);
  });

  it('is one that cannot be started', async () => {
    const error = await failure(train({}, { program: '/nowhere/python3' }));
    expect(error).toMatchObject({ failure: { kind: 'not_started' } });
    expect(error.message).toContain('ENOENT');
  });

  it('or takes too long, with all its children', async () => {
    const error = await failure(train({ act: 'hang' }, { timeLimitMs: 400 }));
    expect(error).toMatchObject({ failure: { kind: 'time_limit', limitMs: 400 } });
    expect(error.message).toContain('stopped after 0.4 s');
  });

  it.runIf(process.platform === 'linux')('or takes too much memory', async () => {
    const error = await failure(train({ act: 'swell' }, { memoryLimitBytes: 200_000_000 }));
    expect(error).toMatchObject({ failure: { kind: 'memory_limit', limitBytes: 200_000_000 } });
    expect(error.message).toContain('its limit is 191 MiB');
  });

  it('is stopped on request', async () => {
    const marker = join(folder, 'stopped');
    const controller = new AbortController();
    const training = failure(train({ act: 'hang-once', marker }, {}, { signal: controller.signal }));
    while (!existsSync(marker)) await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort();
    expect(await training).toMatchObject({ code: 'ABORTED' });
    expect(isAlive(Number(readFileSync(marker, 'utf8')))).toBe(false);
  });

  it('has options that are checked', () => {
    expect(() => commandTrainer({ program: '' })).toThrow('program must not be empty');
    expect(() => commandTrainer({ program: 'x', timeLimitMs: 0 })).toThrow('timeLimitMs must be above 0');
    expect(() => commandTrainer({ program: 'x', modelFile: '../x' })).toThrow('modelFile must');
    expect(() => commandTrainer({ program: 'x', shell: true } as never)).toThrow('no option "shell"');
  });
});
