import fc from 'fast-check';
import { expect } from 'vitest';
import type { CanaryDeploymentManager, DeploymentStatus, ModelRegistry } from '@bondx/mlops';
import type { DeploymentAction } from '../../src/canary/transitions.js';

/** Versions there are; the first is in production to begin with. */
export const versions = ['1.0.0', '1.0.1', '1.0.2'] as const;

export const maxRollbacks = 2;

/** What should be, as somebody would keep it in their head. */
export interface Model {
  production: string;
  /** Versions that may not be deployed any more: archived, or rolled back too often. */
  readonly archived: Set<string>;
  readonly rollbacks: Map<string, number>;
  canary: { id: string; version: string; status: DeploymentStatus; share: number } | undefined;
  /** Somebody moved another version into production under the canary. */
  isDisturbed: boolean;
  /** Deployments that were halted or have ended. */
  readonly over: Set<string>;
}

/** Several managers, each as in a process of its own, on one store. */
export interface Real {
  readonly managers: CanaryDeploymentManager[];
  readonly registry: ModelRegistry;
  readonly open: () => CanaryDeploymentManager;
  /** Deployments a manager has seen halted or ended: none may ever get traffic from it again. */
  readonly seenOver: Set<string>[];
}

type Command = fc.AsyncCommand<Model, Real>;

/** The table, said once more. */
export function expected(
  status: DeploymentStatus,
  action: DeploymentAction,
  share: number,
): DeploymentStatus | 'refused' {
  const serving = share === 0 ? 'shadow' : 'active';
  if (status === 'promoted' || status === 'rolled_back') return 'refused';
  if (action === 'rollback') return 'rolled_back';
  if (status === 'halted') return 'refused';
  if (action === 'halt') return 'halted';
  if (action === 'promote') return 'promoted';
  if (action === 'resume') return status === 'paused' ? serving : 'refused';
  if (action === 'pause') return status === 'paused' ? 'refused' : 'paused';
  return status === 'paused' ? 'paused' : serving;
}

const outcome = async (work: Promise<unknown>): Promise<'done' | 'refused'> => {
  try {
    await work;
    return 'done';
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/ILLEGAL_STATE|INVALID_INPUT|CONFLICT/) as string });
    return 'refused';
  }
};

class Deploy implements Command {
  constructor(
    readonly i: number,
    readonly version: string,
    readonly share: number,
  ) {}
  check = (): boolean => true;
  async run(model: Model, { managers }: Real): Promise<void> {
    const { version, share } = this;
    let id = '';
    const steps = [{ traffic: share }];
    const creating = managers[this.i]!.createCanaryDeployment({
      modelName: 'spread',
      candidateVersion: version,
      steps,
    }).then((created) => (id = created));
    const isAllowed =
      model.canary === undefined &&
      version !== model.production &&
      !model.archived.has(version) &&
      (model.rollbacks.get(version) ?? 0) < maxRollbacks;
    expect(await outcome(creating)).toBe(isAllowed ? 'done' : 'refused');
    if (!isAllowed) return;
    model.canary = { id, version, status: share === 0 ? 'shadow' : 'active', share };
    model.isDisturbed = false;
  }
  toString = (): string => `manager ${this.i} deploys ${this.version} at ${this.share}`;
}

class Act implements Command {
  constructor(
    readonly i: number,
    readonly action: DeploymentAction,
    readonly share: number,
  ) {}
  check = ({ canary }: Model): boolean => canary !== undefined || this.action === 'halt';
  async run(model: Model, { managers, seenOver }: Real): Promise<void> {
    const { action, i } = this;
    const manager = managers[i]!;
    const { canary } = model;
    if (canary === undefined) {
      expect(await manager.halt('spread')).toEqual({ status: 'no_canary' });
      return;
    }
    const share = action === 'adjust' ? this.share : canary.share;
    const next = canary.status === 'halted' && action === 'halt' ? 'halted' : expected(canary.status, action, share);
    const { id } = canary;
    const acts: Record<DeploymentAction, () => Promise<unknown>> = {
      adjust: () => manager.adjustTraffic(id, { trafficPercentage: this.share }),
      pause: () => manager.pause(id),
      resume: () => manager.resume(id),
      promote: () => manager.promoteCanary(id),
      rollback: () => manager.rollbackCanary(id),
      halt: () => manager.halt('spread'),
    };
    const came = await outcome(acts[action]());
    if (model.isDisturbed && action === 'promote' && came === 'refused') return; // the stages stand in the way
    expect(came).toBe(next === 'refused' ? 'refused' : 'done');
    if (next === 'refused') return;
    canary.status = next;
    canary.share = share;
    if (next === 'halted' || next === 'promoted' || next === 'rolled_back') {
      model.over.add(id);
      seenOver[i]!.add(id);
    }
    if (next === 'promoted') {
      model.archived.add(model.production);
      model.production = canary.version;
    }
    if (next === 'rolled_back') model.rollbacks.set(canary.version, (model.rollbacks.get(canary.version) ?? 0) + 1);
    if (next === 'promoted' || next === 'rolled_back') model.canary = undefined;
  }
  toString = (): string => `manager ${this.i} does ${this.action} ${this.action === 'adjust' ? this.share : ''}`;
}

/** Requests, by what a manager knows: it may lag behind the others, and stores what it saw all the same. */
class Serve implements Command {
  constructor(readonly i: number) {}
  check = (): boolean => true;
  async run(_model: Model, { managers }: Real): Promise<void> {
    const manager = managers[this.i]!;
    for (let k = 0; k < 20; k++) {
      const { version, ...route } = manager.routePrediction({ modelName: 'spread', routingKey: `${k}` });
      if (version !== undefined)
        manager.recordOutcome({ modelName: 'spread', version, prediction: 1, actual: 1, ...route });
    }
    await manager.flush();
  }
  toString = (): string => `manager ${this.i} serves and flushes`;
}

class Reopen implements Command {
  constructor(readonly i: number) {}
  check = (): boolean => true;
  async run(_model: Model, { managers, seenOver, open }: Real): Promise<void> {
    await managers[this.i]!.close();
    managers[this.i] = open();
    seenOver[this.i]!.clear();
    await managers[this.i]!.refresh('spread');
  }
  toString = (): string => `manager ${this.i} is closed and opened`;
}

/** Brings the version back that was in production before, whatever the canary is about. */
class RollBackModel implements Command {
  check = (): boolean => true;
  async run(model: Model, { registry }: Real): Promise<void> {
    if ((await outcome(registry.rollbackModel({ modelName: 'spread' }))) === 'refused') return;
    model.isDisturbed = true;
    model.archived.clear();
    for (const { version, stage } of (await registry.listModels({ modelName: 'spread' })).versions) {
      if (stage === 'Production') model.production = version;
      if (stage === 'Archived') model.archived.add(version);
    }
  }
  toString = (): string => 'somebody rolls the model back';
}

/** What must hold after every command. */
async function checkInvariants(model: Model, real: Real): Promise<void> {
  const { managers, registry, seenOver } = real;
  const inProduction = (await registry.listModels({ stage: 'production' })).versions;
  expect(inProduction.map(({ version }) => version)).toEqual([model.production]);
  const open = (await managers[0]!.listDeployments({ modelName: 'spread' })).deployments.filter(
    ({ status }) => status !== 'promoted' && status !== 'rolled_back',
  );
  expect(open.map(({ deploymentId, status }) => [deploymentId, status])).toEqual(
    model.canary === undefined ? [] : [[model.canary.id, model.canary.status]],
  );
  managers.forEach((_, i) => checkTraffic(real, i));
  for (const [i, manager] of managers.entries()) {
    if (i % 2 === 1) continue; // lags behind, unless its store tells it of changes
    await manager.refresh('spread');
    for (const id of model.over) seenOver[i]!.add(id);
    const toCanary = checkTraffic(real, i);
    const mayServe = model.canary?.status === 'active' && !model.isDisturbed;
    if (!mayServe && !model.isDisturbed) expect(toCanary).toBe(0);
    if (mayServe && model.canary!.share === 0.5) expect(toCanary).toBeGreaterThan(0); // fails once in 2^60
  }
}

/** Requests that a manager sends to a canary; none may belong to a deployment it knows to be over. */
function checkTraffic({ managers, seenOver }: Real, i: number): number {
  let toCanary = 0;
  for (let k = 0; k < 60; k++) {
    const { routeToCanary, deploymentId } = managers[i]!.routePrediction({ modelName: 'spread' });
    if (!routeToCanary) continue;
    toCanary++;
    expect(seenOver[i]!.has(deploymentId!)).toBe(false);
  }
  return toCanary;
}

/** A command, and then a look at everything that must hold. */
const checked = (command: Command): Command => ({
  check: (model) => command.check(model),
  run: async (model, real) => {
    await command.run(model, real);
    await checkInvariants(model, real);
  },
  toString: () => String(command),
});

export function commands(managers: number, maxCommands: number): fc.Arbitrary<Iterable<Command>> {
  const i = fc.nat(managers - 1);
  const share = fc.constantFrom(0, 0.1, 0.5);
  const action = fc.constantFrom<DeploymentAction>('adjust', 'pause', 'resume', 'promote', 'rollback', 'halt');
  const deploy = fc.tuple(i, fc.constantFrom(...versions), share).map((given) => checked(new Deploy(...given)));
  const act = fc.tuple(i, action, share).map((given) => checked(new Act(...given)));
  return fc.commands(
    [
      deploy,
      deploy,
      act,
      act,
      act,
      i.map((one) => checked(new Serve(one))),
      i.map((one) => checked(new Reopen(one))),
      fc.constant(checked(new RollBackModel())),
    ],
    { maxCommands, size: 'max' },
  );
}
