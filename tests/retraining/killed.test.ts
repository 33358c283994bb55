import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditLog, type DriftReport, type Retraining, stepNames } from '@bondx/mlops';
import { type Disk, config, openDisk, prepareAlarm } from './children/kill-world.js';

const root = mkdtempSync(join(tmpdir(), 'retraining-'));
const before = join(root, 'before');
let report: DriftReport;
let undisturbed: Awaited<ReturnType<typeof look>>;

/** What a retraining has come to, without what differs from run to run: ids, times and how long training took. */
async function look({ pipeline, registry, tracker, canaries, options }: Disk) {
  const { retrainings } = await pipeline.listRetrainings({ modelName: 'spread' });
  const version = await registry.getModelVersion('spread', { version: '1.1.0' });
  const { deployments } = await canaries.listDeployments({ modelName: 'spread' });
  const kept: string[] = [];
  for await (const { digest } of options.artifacts!.list()) kept.push(digest);
  return {
    retrainings: retrainings.map(({ status, steps, result }) => ({
      status,
      steps: steps.map(({ name, inputs, output }) => ({ name, inputs, output: withoutChance(output) })),
      challenge: result!.challenge,
      reason: result!.reason,
      findings: result!.findings,
    })),
    versions: (await registry.listModels()).versions
      .map(({ version: number, stage, digest }) => ({ number, stage, digest }))
      .sort((a, b) => (a.number < b.number ? -1 : 1)),
    files: version.files,
    trainingData: version.trainingData,
    metrics: version.performanceMetrics,
    hyperparameters: version.hyperparameters,
    importance: version.evidence.feature_importance!.detail,
    champion: version.origin!.championVersion,
    deployments: deployments.map(({ candidateVersion, status }) => ({ candidateVersion, status })),
    artifacts: kept.sort(),
    runs: (await tracker.listRuns()).runs.map(({ status, metrics, parameters }) => ({
      status,
      parameters,
      metrics: Object.fromEntries(Object.entries(metrics).map(([name, { count, last }]) => [name, { count, last }])),
    })),
    lease: await options.storage!.get('retraining_leases', 'spread'),
    audit: (await new AuditLog(config, options).verify()).status,
  };
}

function withoutChance(output: Retraining['steps'][number]['output']): unknown {
  return JSON.parse(
    JSON.stringify(output, (key, value: unknown) =>
      ['trainingTimeSeconds', 'deploymentId'].includes(key) ? undefined : value,
    ),
  );
}

/** Retrains in a process of its own; resolves with the signal it died of. */
async function retrain(directory: string, killAt: string): Promise<string | null> {
  const script = fileURLToPath(new URL('./children/retrain-until-killed.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, directory, JSON.stringify(report), killAt], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json') },
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (signal === null) expect(code).toBe(0);
  return signal;
}

beforeAll(async () => {
  const disk = await openDisk(before, 0);
  report = await prepareAlarm(disk);
  await disk.close();
  const directory = join(root, 'undisturbed');
  cpSync(before, directory, { recursive: true });
  expect(await retrain(directory, 'none')).toBeNull();
  const after = await openDisk(directory, 0);
  undisturbed = await look(after);
  await after.close();
}, 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a process that is killed while it retrains', () => {
  it('leaves nothing open when it is not killed', () => {
    expect(undisturbed).toMatchObject({
      retrainings: [{ status: 'registered' }],
      versions: [
        { number: '1.0.0', stage: 'Production' },
        { number: '1.1.0', stage: 'Staging' },
      ],
      deployments: [{ candidateVersion: '1.1.0', status: 'active' }],
      runs: [{ status: 'completed' }],
      lease: undefined,
      audit: 'ok',
    });
    expect(undisturbed.retrainings[0]!.steps.map(({ name }) => name)).toEqual(stepNames);
  });

  it.each(stepNames)(
    'at %s, is resumed to the same version and the same bytes',
    async (step) => {
      const directory = join(root, step);
      cpSync(before, directory, { recursive: true });
      expect(await retrain(directory, step)).toBe('SIGKILL');

      const meanwhile = await openDisk(directory, 0);
      const [{ retrainingId, status }] = (await meanwhile.pipeline.listRetrainings()).retrainings as [Retraining];
      expect(status).toBe('running');
      // The dead process still holds the lease: nobody can know yet that it is dead.
      expect(await meanwhile.pipeline.resume(retrainingId)).toMatchObject({
        status: 'skipped',
        skipped: 'in_progress',
      });
      await meanwhile.close();

      const later = await openDisk(directory, 1);
      const result = await later.pipeline.resume(retrainingId, { canary: { manager: later.canaries } });
      expect(result).toMatchObject({ status: 'registered', newModelVersion: '1.1.0' });
      expect(await later.pipeline.resume(retrainingId)).toEqual(result);
      expect(await look(later)).toEqual(undisturbed);
      await later.close();
    },
    60_000,
  );
});
