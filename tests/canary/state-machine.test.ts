import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CanaryDeploymentManager, type ContextOptions, MLOpsConfig, ModelRegistry } from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createWorld } from '../helpers.js';
import { type Model, type Real, commands, maxRollbacks, versions } from './state-machine.js';

const managerCount = 3;
const canary = { maxCanaryPercentage: 0.5, maxRollbackCount: maxRollbacks, evaluationMetrics: ['mae'] } as const;

/** What a world consists of: registries on one store, one for each manager where the store allows that. */
interface Opened {
  readonly config: MLOpsConfig;
  readonly options: () => ContextOptions;
  readonly remove: () => void;
}

const inMemory = (): Opened => {
  const { config, options } = createWorld({ canary });
  return { config, options: () => options, remove: () => undefined };
};

const inFolder = (): Opened => {
  const folder = mkdtempSync(join(tmpdir(), 'state-machine-'));
  const { config, options } = createWorld({
    canary,
    storage: { path: folder, artifactsPath: join(folder, 'artifacts'), durability: 'process' },
  });
  const { clock, ids, principal } = options;
  return {
    config,
    options: () => ({ clock: clock!, ids: ids!, principal: principal! }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

async function begin({ config, options }: Opened): Promise<{ model: Model; real: Real; end: () => Promise<void> }> {
  const registries = Array.from({ length: managerCount }, () => new ModelRegistry(config, options()));
  const [registry] = registries;
  for (const [i] of versions.entries()) {
    await registry!.register({
      modelName: 'spread',
      modelType: 'spread',
      featureColumns: ['x'],
      targetColumn: 'y',
      model: new ConstantModel(i),
      performanceMetrics: { r2_score: 0.5 },
    });
  }
  for (const targetStage of ['staging', 'production'] as const) {
    await registry!.promoteModel({ modelName: 'spread', version: versions[0], targetStage });
  }
  let opened = 0;
  const open = (): CanaryDeploymentManager => new CanaryDeploymentManager(config, registries[opened++ % managerCount]!);
  const managers = registries.map(open);
  for (const manager of managers) await manager.refresh('spread');
  const model: Model = {
    production: versions[0],
    archived: new Set(),
    rollbacks: new Map(),
    canary: undefined,
    isDisturbed: false,
    over: new Set(),
  };
  const end = async (): Promise<void> => {
    for (const manager of managers) await manager.close();
    for (const one of registries) await one.close();
  };
  return { model, real: { managers, registry: registry!, open, seenOver: managers.map(() => new Set()) }, end };
}

async function check(make: () => Opened, numRuns: number, maxCommands: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(commands(managerCount, maxCommands), async (given) => {
      const opened = make();
      const { model, real, end } = await begin(opened);
      try {
        await fc.asyncModelRun(() => ({ model, real }), given);
        // At last everybody agrees on who serves.
        for (const manager of real.managers) {
          await manager.refresh('spread');
          expect(manager.routePrediction({ modelName: 'spread', version: model.production })).toMatchObject({
            routeToCanary: false,
            version: model.production,
          });
        }
      } finally {
        await end();
        opened.remove();
      }
    }),
    { numRuns },
  );
}

describe('several managers on one store, in any order of actions', () => {
  it('have one production version and no traffic for what was halted: in memory', async () => {
    await check(inMemory, 40, 40);
  });

  it('have one production version and no traffic for what was halted: in a folder', { timeout: 60_000 }, async () => {
    await check(inFolder, 5, 30);
  });
});
