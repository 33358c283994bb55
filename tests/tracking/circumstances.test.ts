import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ExperimentTracker, type MLOpsConfig } from '@bondx/mlops';
import { temporaryDirectory } from '../adapters/filesystem/temporary-directory.js';
import { createWorld } from '../helpers.js';

type TrackingSection = NonNullable<Parameters<typeof MLOpsConfig.fromObject>[0]['tracking']>;

/** A working folder under git with one commit. */
async function repository(): Promise<string> {
  const folder = await temporaryDirectory();
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, stdio: 'ignore' });
  git('init', '-b', 'trunk');
  writeFileSync(join(folder, 'model.py'), 'depth = 8\n');
  writeFileSync(join(folder, 'weights.bin'), Buffer.from([0, 1, 2, 3]));
  writeFileSync(join(folder, '.gitattributes'), '*.py diff=evil\n');
  git('add', '.');
  git('-c', 'user.name=a', '-c', 'user.email=a@b.example', 'commit', '-m', 'first');
  git('config', 'diff.evil.command', 'touch ran');
  git('config', 'diff.evil.textconv', 'touch ran');
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  return folder;
}

afterEach(() => vi.restoreAllMocks());

async function startIn(tracking: TrackingSection = {}) {
  const { config, options } = createWorld({ tracking: { logEnvironment: false, ...tracking } });
  const tracker = new ExperimentTracker(config, options);
  const run = await tracker.getRun(await tracker.startRun({ experimentName: 'e' }));
  const chunks: Uint8Array[] = [];
  if (run.artifacts.length > 0) {
    for await (const chunk of tracker.readArtifact(run.runId, 'environment/uncommitted.diff')) chunks.push(chunk);
  }
  return { run, git: run.environment?.['git'], diff: Buffer.concat(chunks).toString('utf8') };
}

describe('a run started where files have changed since the commit', () => {
  it('keeps what changed, without binary content and without running what the repository names', async () => {
    const folder = await repository();
    expect(await startIn()).toMatchObject({
      git: { commit: expect.stringMatching(/^[0-9a-f]{40}$/) as string, branch: 'trunk', isDirty: false },
      diff: '',
      run: { artifacts: [] },
    });
    writeFileSync(join(folder, 'model.py'), 'depth = 9\n');
    writeFileSync(join(folder, 'weights.bin'), Buffer.from([0, 9, 9, 9]));
    writeFileSync(join(folder, 'untracked.txt'), 'never added');
    mkdirSync(join(folder, 'deep'));
    vi.spyOn(process, 'cwd').mockReturnValue(join(folder, 'deep'));
    const { git, diff } = await startIn();
    expect(git).toMatchObject({ isDirty: true });
    expect(diff).toContain('-depth = 8\n+depth = 9\n');
    expect(diff).toContain('Binary files a/weights.bin and b/weights.bin differ');
    expect(diff).not.toContain('never added');
    expect(() => execFileSync('ls', [join(folder, 'ran')], { stdio: 'ignore' })).toThrow();
  });

  it('cuts what is too large at the end of a line, and says so', async () => {
    const folder = await repository();
    writeFileSync(join(folder, 'model.py'), 'x = 1234567\n'.repeat(200_000));
    const { git, diff, run } = await startIn();
    expect(git).toMatchObject({ isDirty: true, isDiffTruncated: true });
    expect(diff.endsWith('+x = 1234567\n')).toBe(true);
    expect(run.artifacts[0]!.size).toBeLessThanOrEqual(1024 * 1024);
    expect(run.artifacts[0]!.size).toBeGreaterThan(1024 * 1024 - 20);
  });

  it.each([{ logUncommittedDiff: false }, { logArtifacts: false }, { logGitSha: false }])(
    'keeps nothing with %o',
    async (tracking) => {
      const folder = await repository();
      writeFileSync(join(folder, 'model.py'), 'depth = 9\n');
      expect((await startIn(tracking)).run.artifacts).toEqual([]);
    },
  );

  it('knows nothing outside of git', async () => {
    vi.spyOn(process, 'cwd').mockReturnValue(await temporaryDirectory());
    expect(await startIn()).toMatchObject({ git: undefined, run: { artifacts: [] } });
  });
});

it('runs that start at once share what git says, and start it a few times', async () => {
  const folder = await repository();
  writeFileSync(join(folder, 'model.py'), 'depth = 9\n');
  const calls = join(await temporaryDirectory(), 'calls');
  const bin = await temporaryDirectory();
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  writeFileSync(join(bin, 'git'), `#!/bin/sh\necho called >> ${calls}\nexec ${real} "$@"\n`, { mode: 0o755 });
  vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`);
  const { config, options } = createWorld({ tracking: { logEnvironment: false } });
  const tracker = new ExperimentTracker(config, options);
  const runIds = await Promise.all(Array.from({ length: 30 }, () => tracker.startRun({ experimentName: 'e' })));
  vi.unstubAllEnvs();
  expect(readFileSync(calls, 'utf8').split('\n').length - 1).toBeLessThanOrEqual(6);
  for (const runId of runIds) {
    const { environment, artifacts } = await tracker.getRun(runId);
    expect(environment?.['git']).toMatchObject({ branch: 'trunk', isDirty: true });
    expect(artifacts).toHaveLength(1);
  }
});
