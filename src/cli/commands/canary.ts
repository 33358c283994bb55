import { CanaryDeploymentManager } from '../../canary/canary-deployment-manager.js';
import type { CanaryDeployment } from '../../canary/deployment.js';
import { MLOpsError } from '../../errors.js';
import type { GateResult } from '../../registry/gate-result.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { exitCode } from '../exit-code.js';
import { inCommands } from '../in-commands.js';
import { latestCanary } from '../latest-canary.js';
import { formatTable } from '../output.js';
import type { Session } from '../session.js';

export interface CanaryOptions {
  readonly model: string;
  readonly user?: string;
  readonly reason?: string;
}

type CanaryCommand = (session: Session, options: CanaryOptions) => Promise<number>;

/** What the model's latest canary does, and who serves it. */
export const status: CanaryCommand = (session, { model }) =>
  withLatest(session, model, async (manager, { deploymentId }) => {
    const found = await manager.getStatus(deploymentId);
    const { deployment, processes } = found;
    const [last] = await manager.listDecisions(deploymentId, { limit: 1 });
    const head = ['process', 'pid', 'status', 'reported', 'canary', 'production', 'late'];
    const rows = processes.map((p) => [
      p.process.slice(0, 13),
      String(p.pid),
      p.status,
      p.flushedAt,
      String(p.routed.canary),
      String(p.routed.production),
      String(p.late),
    ]);
    session.output.result(
      { ...found, ...(last !== undefined && { lastDecision: last }) },
      [
        describe(deployment),
        last === undefined ? 'not evaluated yet' : `${last.decidedAt} ${last.verdict}: ${last.reason}`,
        rows.length === 0 ? 'no process has reported' : formatTable(head, rows),
      ].join('\n'),
    );
    return exitCode.ok;
  });

export const pause = changing((manager, { deploymentId }, why) => manager.pause(deploymentId, why));
export const resume = changing((manager, { deploymentId }, why) => manager.resume(deploymentId, why));
export const halt = changing((manager, { modelName }, why) => manager.halt(modelName, why));
export const rollback = changing((manager, { deploymentId }, { changedBy, reason }) =>
  manager.rollbackCanary(deploymentId, changedBy, reason),
);

export const adjust = (session: Session, options: CanaryOptions & { readonly traffic: number }): Promise<number> =>
  changing((manager, { deploymentId }, why) =>
    manager.adjustTraffic(deploymentId, { ...why, trafficPercentage: options.traffic }),
  )(session, options);

/** Decides from what all processes have stored; exit code 3 when the candidate does harm, or a gate refuses its promotion. */
export function evaluate(
  session: Session,
  { model, apply = false }: CanaryOptions & { readonly apply?: boolean },
): Promise<number> {
  const idle = (why: string): number => {
    session.output.result(null, `no canary is under way; ${why}`); // cron goes on asking
    return exitCode.ok;
  };
  const decide = async (manager: CanaryDeploymentManager, latest: CanaryDeployment): Promise<number> => {
    const { deploymentId } = latest;
    if (latest.endedAt !== undefined) return idle(describe(latest));
    const decision = await manager.evaluate(deploymentId, { apply });
    const { verdict, reason, advice, guardrails, failures = [] } = decision;
    const metrics = decision.metrics.filter(({ status }) => status !== 'not_applicable');
    const advised = advice.action === 'wait' ? advice.reason : `${advice.action}: ${advice.reason}`;
    session.output.result(
      decision,
      [
        `${verdict}: ${reason}`,
        ...[...metrics, ...guardrails].map(({ message }) => `  ${message}`),
        ...(failures.length > 0 ? ['not promoted, since gates refuse:', ...failures.map(sayGate)] : []),
        apply ? describe(await manager.getDeployment(deploymentId)) : `advice, which --apply carries out: ${advised}`,
      ].join('\n'),
    );
    return verdict === 'rollback' || failures.length > 0 ? exitCode.found : exitCode.ok;
  };
  return withLatest(session, model, decide, async (registry) => {
    await registry.getModel(model); // one that is misspelled is not there
    return idle(`${model} has had none`);
  });
}

const sayGate = ({ gate, status, message }: GateResult): string => `${gate} (${status}): ${inCommands(message)}`;

/** Makes the candidate production; exit code 3 when a gate refuses. */
export const promote: CanaryCommand = (session, options) =>
  withLatest(session, options.model, async (manager, { deploymentId }) => {
    const result = await manager.promoteCanary(deploymentId, options.user, options.reason);
    const text =
      result.status === 'promoted'
        ? `${options.model} ${result.version} is in production`
        : result.failures.map(sayGate).join('\n');
    session.output.result(result, text);
    return result.status === 'promoted' ? exitCode.ok : exitCode.found;
  });

interface Why {
  readonly changedBy?: string;
  readonly reason?: string;
}

/** A command that changes the latest canary and shows it afterwards. */
function changing(
  change: (manager: CanaryDeploymentManager, deployment: CanaryDeployment, why: Why) => Promise<unknown>,
): CanaryCommand {
  return (session, { model, user, reason }) =>
    withLatest(session, model, async (manager, deployment) => {
      const why = { ...(user !== undefined && { changedBy: user }), ...(reason !== undefined && { reason }) };
      await change(manager, deployment, why);
      const changed = await manager.getDeployment(deployment.deploymentId);
      session.output.result(changed, describe(changed));
      return exitCode.ok;
    });
}

/**
 * Works on a model's latest canary, which may have ended.
 *
 * @param otherwise what to do where the model never had one; that is an error unless told
 */
export async function withLatest(
  { config, who }: Session,
  modelName: string,
  work: (manager: CanaryDeploymentManager, deployment: CanaryDeployment) => Promise<number>,
  otherwise?: (registry: ModelRegistry) => Promise<number>,
): Promise<number> {
  await using registry = new ModelRegistry(config, who);
  await using manager = new CanaryDeploymentManager(config, registry);
  const latest = await latestCanary(manager, modelName);
  if (latest !== undefined) return await work(manager, latest);
  if (otherwise !== undefined) return await otherwise(registry);
  throw new MLOpsError('NOT_FOUND', `${modelName} has had no canary; deploy begins one`);
}

function describe(deployment: CanaryDeployment): string {
  const { modelName, candidateVersion, productionVersion, status: state, trafficFraction, endReason } = deployment;
  const share = `${(100 * trafficFraction).toFixed(1)}% of the traffic`;
  const gets = {
    shadow: `, ${share}`,
    active: `, ${share}`,
    promoted: '',
    rolled_back: '',
    paused: `, production answers everything; ${share} once it is resumed`,
    halted: ', production answers everything',
  }[state];
  const why = endReason === undefined ? '' : `: ${endReason}`;
  return `${modelName} ${candidateVersion} beside ${productionVersion}: ${state}${gets}${why}`;
}
