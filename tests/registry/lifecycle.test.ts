import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AuditLog, CanaryDeploymentManager, ModelRegistry, type Principal } from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';
import { type ModelStage, transitions } from '../../src/registry/stage.js';
import { createWorld, lenient, type World } from '../helpers.js';

const modelName = 'spread';
const hour = 3_600_000;
const expiry = 72 * hour;
const retention = 24 * hour;
const maxRollbacks = 2;
const bob: Principal = { id: 'bob', type: 'person', authentication: 'application' };

/** What somebody does; `which` chooses among the versions there ever were. */
interface Action {
  readonly kind:
    | 'register'
    | 'move'
    | 'promote'
    | 'explain'
    | 'request'
    | 'approve'
    | 'reject'
    | 'withdraw'
    | 'execute'
    | 'rollback'
    | 'alias'
    | 'unalias'
    | 'delete'
    | 'deploy'
    | 'promoteCanary'
    | 'rollbackCanary'
    | 'halt'
    | 'launch'
    | 'wait'
    | 'reopen';
  /** Which of the two processes. */
  readonly process: number;
  readonly which: number;
  readonly stage: ModelStage;
  /** Whether evidence passed, whether a rollback names its version, which alias; whether a move is the likely one. */
  readonly flag: boolean;
}

interface Version {
  stage: ModelStage | 'deleted';
  isExplained: boolean;
  canaryRollbacks: number;
  leftProductionAt: number;
  hasBeenProduction: boolean;
  request: { readonly id: string; readonly at: number; isApproved: boolean; isStale: boolean } | undefined;
}

/** What should be, as somebody would keep it in their head. */
class Life {
  readonly versions: Version[] = [];
  readonly aliases = new Map<string, number>();
  /** Versions that entered Production and were not rolled back from, oldest first. */
  standing: number[] = [];
  canary: { readonly candidate: number; readonly champion: number; id: string; isHalted: boolean } | undefined;
  historyLength = 0;
  records = 0;

  get production(): number {
    return this.versions.findIndex(({ stage }) => stage === 'Production');
  }

  /** Whether a version may enter Production by its gates and approval. */
  mayEnter({ isExplained, request }: Version, now: number): boolean {
    const isGranted = request !== undefined && request.isApproved && !request.isStale && now < request.at + expiry;
    return isExplained && isGranted;
  }

  enter(which: number, isRollback: boolean, now: number): void {
    const entering = this.versions[which]!;
    if (this.production >= 0) this.move(this.production, 'Archived', now);
    const at = isRollback ? this.standing.indexOf(which) : -1;
    this.standing = at >= 0 ? this.standing.slice(0, at + 1) : [...this.standing, which];
    this.move(which, 'Production', now);
    entering.hasBeenProduction = true;
  }

  move(which: number, stage: ModelStage, now: number): void {
    const version = this.versions[which]!;
    if (version.stage === 'Production') version.leftProductionAt = now;
    version.stage = stage;
    this.historyLength++;
  }
}

interface Process {
  readonly registry: ModelRegistry;
  readonly canaries: CanaryDeploymentManager;
}

/** Tries it, and says whether the rules allow it; the life is brought forward where they do. */
type Step = (
  life: Life,
  process: Process,
  action: Action,
  now: number,
) => { work: Promise<unknown>; then?: () => void };

const name = (which: number): string => `1.0.${which}`;
const aliasOf = (flag: boolean): string => (flag ? 'champion' : 'challenger');

function enterProduction(life: Life, which: number, work: Promise<unknown>, now: number, from: readonly string[]) {
  const version = life.versions[which]!;
  const isAllowed = from.includes(version.stage) && life.mayEnter(version, now);
  const enter = (): void => {
    life.enter(which, version.stage === 'Archived', now);
    version.request = undefined;
  };
  return { work, ...(isAllowed && { then: enter }) };
}

const steps: Readonly<Record<Exclude<Action['kind'], 'launch' | 'wait' | 'reopen'>, Step>> = {
  register: (life, { registry }) => ({
    work: registry.register({
      ...{ modelName, modelType: 'spread', featureColumns: ['x'], targetColumn: 'y', model: new ConstantModel(1) },
      performanceMetrics: { r2_score: 0.5 },
    }),
    then: () => {
      const fresh = {
        stage: 'Development',
        isExplained: false,
        canaryRollbacks: 0,
        leftProductionAt: -Infinity,
      } as const;
      life.versions.push({ ...fresh, hasBeenProduction: false, request: undefined });
      life.historyLength++;
    },
  }),
  move: (life, { registry }, { which, flag, stage: given }, now) => {
    const version = life.versions[which]!;
    const likely =
      version.stage === 'deleted' ? undefined : transitions[version.stage].find((to) => to !== 'Production');
    const stage = flag ? given : (likely ?? given);
    const work = registry.promoteModel({ modelName, version: name(which), targetStage: stage });
    if (stage === 'Production') return enterProduction(life, which, work, now, ['Staging', 'Archived']);
    const isCandidate = life.canary?.candidate === which && stage !== 'Staging';
    const isAllowed = version.stage !== 'deleted' && transitions[version.stage].includes(stage) && !isCandidate;
    return { work, ...(isAllowed && { then: () => life.move(which, stage, now) }) };
  },
  promote: (life, process, action, now) =>
    steps.move(life, process, { ...action, flag: true, stage: 'Production' }, now),
  explain: (life, { registry }, { which, flag: passed }) => {
    const version = life.versions[which]!;
    const then = (): void => {
      version.isExplained = passed;
      if (version.request !== undefined) version.request.isStale = true;
    };
    const work = registry.recordEvidence({ modelName, version: name(which), kind: 'explainability', passed });
    return { work, ...(version.stage !== 'deleted' && { then }) };
  },
  request: (life, { registry }, { which }, now) => {
    const version = life.versions[which]!;
    let id = '';
    const work = registry.approvals.request({ modelName, version: name(which), reason: 'better' });
    const then = (): void => {
      version.request = { id, at: now, isApproved: false, isStale: false };
    };
    return { work: work.then(({ requestId }) => (id = requestId)), ...(version.stage !== 'deleted' && { then }) };
  },
  approve: (life, { registry }, { which }, now) => {
    const { request, stage } = life.versions[which]!;
    const isAllowed = stage !== 'deleted' && !request!.isApproved && !request!.isStale && now < request!.at + expiry;
    const work = registry.withPrincipal(bob).approvals.approve({ requestId: request!.id });
    return { work, ...(isAllowed && { then: () => (request!.isApproved = true) }) };
  },
  reject: (life, { registry }, { which }, now) => {
    const version = life.versions[which]!;
    const { id, at, isApproved } = version.request!;
    const isAllowed = version.stage !== 'deleted' && !isApproved && now < at + expiry; // one vote a person
    const work = registry.withPrincipal(bob).approvals.reject({ requestId: id });
    return { work, ...(isAllowed && { then: () => (version.request = undefined) }) };
  },
  withdraw: (life, { registry }, { which }, now) => {
    const version = life.versions[which]!;
    const { id, at } = version.request!;
    const work = registry.approvals.withdraw({ requestId: id });
    return { work, ...(now < at + expiry && { then: () => (version.request = undefined) }) };
  },
  execute: (life, { registry }, { which }, now) => {
    const work = registry.approvals.execute({ requestId: life.versions[which]!.request!.id });
    return enterProduction(life, which, work, now, ['Staging', 'Archived']);
  },
  rollback: (life, { registry }, { which, flag }, now) => {
    const isThere = (i: number): boolean =>
      life.versions[i]!.stage === 'Archived' && life.versions[i]!.hasBeenProduction;
    const target = flag ? which : life.standing.findLast(isThere);
    const isAllowed = target !== undefined && isThere(target);
    const work = registry.rollbackModel({ modelName, ...(flag && { version: name(which) }) });
    return { work, ...(isAllowed && { then: () => life.enter(target, true, now) }) };
  },
  alias: (life, { registry }, { which, flag }) => {
    const then = (): void => {
      life.aliases.set(aliasOf(flag), which);
      life.historyLength++;
    };
    const work = registry.setAlias({ modelName, version: name(which), alias: aliasOf(flag) });
    return { work, ...(life.versions[which]!.stage !== 'deleted' && { then }) };
  },
  unalias: (life, { registry }, { which, flag }) => {
    const then = (): void => {
      life.aliases.delete(aliasOf(flag));
      life.historyLength++;
    };
    const work = registry.removeAlias({ modelName, version: name(which), alias: aliasOf(flag) });
    return { work, ...(life.aliases.get(aliasOf(flag)) === which && { then }) };
  },
  delete: (life, { registry }, { which }, now) => {
    const version = life.versions[which]!;
    const isAllowed =
      (version.stage === 'Development' || version.stage === 'Archived') &&
      life.canary === undefined &&
      ![...life.aliases.values()].includes(which) &&
      now >= version.leftProductionAt + retention;
    const then = (): void => {
      version.stage = 'deleted';
      life.historyLength++;
    };
    return { work: registry.deleteModelVersion({ modelName, version: name(which) }), ...(isAllowed && { then }) };
  },
  deploy: (life, { canaries }, { which }, now) => {
    const { stage, canaryRollbacks } = life.versions[which]!;
    const champion = life.production;
    const isFit = (stage === 'Development' || stage === 'Staging') && canaryRollbacks < maxRollbacks;
    let id = '';
    const work = canaries.createCanaryDeployment({
      modelName,
      candidateVersion: name(which),
      steps: [{ traffic: 0.5 }],
    });
    const then = (): void => {
      if (stage === 'Development') life.move(which, 'Staging', now);
      life.canary = { candidate: which, champion, id, isHalted: false };
    };
    const isAllowed = isFit && champion >= 0 && life.canary === undefined;
    return { work: work.then((created) => (id = created)), ...(isAllowed && { then }) };
  },
  promoteCanary: (life, { canaries }, _action, now) => {
    const { id, candidate, isHalted } = life.canary!;
    const { work, then } = enterProduction(
      life,
      candidate,
      canaries.promoteCanary(id),
      now,
      isHalted ? [] : ['Staging', 'Archived'],
    );
    const ended = (): void => {
      then!();
      life.canary = undefined;
    };
    return { work, ...(then !== undefined && { then: ended }) };
  },
  rollbackCanary: (life, { canaries }, _action, now) => {
    const { id, candidate } = life.canary!;
    const then = (): void => {
      if (life.versions[candidate]!.stage === 'Staging') life.move(candidate, 'Development', now);
      life.versions[candidate]!.canaryRollbacks++;
      life.canary = undefined;
    };
    return { work: canaries.rollbackCanary(id), then };
  },
  halt: (life, { canaries }) => ({
    work: canaries.halt(modelName),
    then: () => {
      if (life.canary !== undefined) life.canary.isHalted = true;
    },
  }),
};

/** All it takes to bring a version into Production, by itself or as the canary's candidate: chance alone seldom does it. */
function launch(life: Life, action: Action): readonly Action[] {
  const which = action.flag ? action.which : (life.canary?.candidate ?? action.which);
  const end = action.flag ? 'execute' : 'promoteCanary';
  return (['move', 'explain', 'request', 'approve', end] as const).map((kind) => ({
    ...{ ...action, kind, which, flag: true, stage: 'Staging' },
  }));
}

/** Whether there is something that the action could be about. */
function isAbout(life: Life, { kind, which }: Action): boolean {
  const request = life.versions[which]?.request;
  if (kind === 'register') return life.versions.length < 5;
  if (kind === 'promoteCanary' || kind === 'rollbackCanary') return life.canary !== undefined;
  if (['approve', 'reject', 'withdraw', 'execute'].includes(kind)) return request !== undefined;
  return true;
}

/** Whether it was done; what stood in the way must be one of the errors that say so. */
const isDone = async (work: Promise<unknown>): Promise<boolean> => {
  try {
    return ((await work) as { status?: string } | undefined)?.status !== 'refused';
  } catch (error) {
    const codes = /^(ILLEGAL_STATE|NOT_FOUND|FORBIDDEN)$/;
    expect(error).toMatchObject({ code: expect.stringMatching(codes) as string });
    return false;
  }
};

/** What must hold after every action, seen by one of the processes. */
async function checkInvariants(life: Life, { registry, canaries }: Process): Promise<void> {
  const { versions } = await registry.listModels({ modelName });
  const stages = Object.fromEntries(versions.map(({ version, stage }) => [version, stage]));
  const there = life.versions.flatMap(({ stage }, i) => (stage === 'deleted' ? [] : [[name(i), stage]]));
  expect(stages).toEqual(Object.fromEntries(there));
  expect(versions.filter(({ stage }) => stage === 'Production').length).toBeLessThanOrEqual(1);
  const model = await registry.getModel(modelName);
  expect(model.production).toBe(life.production < 0 ? undefined : name(life.production));
  expect(model.canary).toBe(life.canary?.id);
  expect(model.aliases).toEqual(Object.fromEntries(Array.from(life.aliases, ([alias, which]) => [alias, name(which)])));

  const history = await registry.getHistory(modelName);
  expect(history).toHaveLength(life.historyLength);
  const replayed = new Map<string, string>();
  for (const { kind, version, from, to, gates } of history) {
    if (kind === 'stage_changed' && from !== undefined) expect(replayed.get(version)).toBe(from);
    if (kind === 'stage_changed' && to === 'Production' && from === 'Staging') {
      expect(gates!.every(({ status }) => status === 'passed')).toBe(true);
      expect(gates!.map(({ gate }) => gate)).toEqual(expect.arrayContaining(['explainability', 'approval']));
    }
    if (kind === 'deleted') replayed.delete(version);
    else replayed.set(version, to);
  }
  expect(Object.fromEntries(replayed)).toEqual(stages);

  await canaries.refresh(modelName);
  const answers = Array.from({ length: 40 }, () => canaries.routePrediction({ modelName }));
  const isServing = life.canary !== undefined && !life.canary.isHalted && life.canary.champion === life.production;
  if (isServing)
    expect(answers.some(({ routeToCanary }) => routeToCanary)).toBe(true); // fails once in 2^40
  else expect(answers.some(({ routeToCanary }) => routeToCanary)).toBe(false);
  for (const { routeToCanary, version } of answers) {
    const expected = routeToCanary ? life.canary!.candidate : life.production;
    expect(version).toBe(expected < 0 ? undefined : name(expected));
  }
}

async function live(actions: readonly Action[], world: World, isShared: boolean): Promise<void> {
  const { storage: _storage, artifacts: _artifacts, ...own } = world.options;
  const options = isShared ? world.options : own;
  const open = (): Process => {
    const registry = new ModelRegistry(world.config, options);
    return { registry, canaries: new CanaryDeploymentManager(world.config, registry) };
  };
  const close = async ({ registry, canaries }: Process): Promise<void> => {
    await canaries.close();
    await registry.close();
  };
  const processes = [open(), open()];
  const life = new Life();
  const audit = new AuditLog(world.config, options);
  const decisions: boolean[] = [];
  const perform = async (action: Action): Promise<void> => {
    world.clock.advance(1);
    const { kind, process } = action;
    if (kind === 'wait') {
      world.clock.advance(40 * hour);
      return;
    }
    if (kind === 'reopen') {
      await close(processes[process]!);
      processes[process] = open();
      return;
    }
    const { work, then } = steps[kind as keyof typeof steps](life, processes[process]!, action, world.clock.now());
    const done = await isDone(work);
    expect(done, `${kind} ${name(action.which)}`).toBe(then !== undefined);
    then?.();
    decisions.push(done);
  };
  const basics = { process: 0, which: 0, stage: 'Staging', flag: true } as const;
  try {
    for (const kind of ['register', 'register', 'register'] as const) await perform({ ...basics, kind });
    for (const action of actions) {
      const chosen = { ...action, which: action.which % life.versions.length };
      for (const one of chosen.kind === 'launch' ? launch(life, chosen) : [chosen]) {
        if (isAbout(life, one)) await perform(one);
      }
      await checkInvariants(life, processes[1 - action.process]!);
    }
    const records = (await audit.list({ limit: 10_000 })).filter(({ action }) => /^(registry|canary)\./.test(action));
    expect(records.map(({ decision }) => decision === 'allow')).toEqual(decisions);
    expect((await audit.verify()).status).toBe('ok');
  } finally {
    for (const process of processes) await close(process);
    await audit.close();
  }
}

const policy = {
  promotion: { ...lenient.promotion, requireExplainability: true, requiredApprovals: 1 },
  canary: { maxRollbackCount: maxRollbacks, maxCanaryPercentage: 0.5 },
  security: { auditLogRetentionDays: retention / (24 * hour) },
} as const;

const actions = fc.array(
  fc.record<Action>({
    kind: fc.constantFrom<Action['kind']>(
      ...(Object.keys(steps) as (keyof typeof steps)[]),
      ...Array<'launch'>(8).fill('launch'),
      ...Array<'move'>(5).fill('move'),
      ...(['rollback', 'rollback', 'deploy', 'deploy', 'wait', 'reopen'] as const),
    ),
    process: fc.nat(1),
    which: fc.nat(4),
    stage: fc.constantFrom<ModelStage>('Development', 'Staging', 'Staging', 'Archived'),
    flag: fc.boolean(),
  }),
  { maxLength: 40, size: 'max' },
);

it('keeps a model to its rules, whatever two processes do with its versions: in memory', async () => {
  await fc.assert(
    fc.asyncProperty(actions, (given) => live(given, createWorld(policy), true)),
    { numRuns: 25 },
  );
}, 60_000);

it('keeps a model to its rules, whatever two processes do with its versions: in a folder', async () => {
  await fc.assert(
    fc.asyncProperty(actions, async (given) => {
      const folder = mkdtempSync(join(tmpdir(), 'lifecycle-'));
      const storage = { path: folder, artifactsPath: join(folder, 'artifacts'), durability: 'process' } as const;
      await live(given, createWorld({ ...policy, storage }), false).finally(() =>
        rmSync(folder, { recursive: true, force: true }),
      );
    }),
    { numRuns: 3 },
  );
}, 60_000);
