import { CanaryDeploymentManager } from '../../canary/canary-deployment-manager.js';
import { isServing } from '../../canary/transitions.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { type ModelStage, parseStage } from '../../registry/stage.js';
import { where } from '../../search/filter.js';
import { ExperimentTracker } from '../../tracking/experiment-tracker.js';
import { refuse } from '../../util/check.js';
import { exitCode } from '../exit-code.js';
import { formatTable } from '../output.js';
import type { Session } from '../session.js';

export interface ListOptions {
  readonly models?: boolean;
  readonly deployments?: boolean;
  readonly runs?: boolean;
  readonly stage?: string;
  readonly model?: string;
  readonly limit?: number;
}

export async function list(session: Session, options: ListOptions): Promise<number> {
  const chosen = (['models', 'deployments', 'runs'] as const).filter((what) => options[what] === true);
  if (chosen.length > 1) refuse(`choose one of --models, --deployments and --runs, not ${chosen.length}`);
  const what = chosen[0] ?? 'models';
  if (options.stage !== undefined && what !== 'models') refuse('--stage goes with --models');
  await { models: listModels, deployments: listDeployments, runs: listRuns }[what](session, options);
  return exitCode.ok;
}

async function listModels({ config, output, who }: Session, options: ListOptions): Promise<void> {
  await using registry = new ModelRegistry(config, who);
  const stage: ModelStage | undefined = options.stage === undefined ? undefined : parseStage(options.stage, '--stage');
  const { versions, cursor } = await registry.listModels({
    ...(options.model !== undefined && { modelName: options.model }),
    ...(stage !== undefined && { stage }),
    ...(options.limit !== undefined && { limit: options.limit }),
  });
  const rows = versions.map((v) => [
    v.modelName,
    v.version,
    v.stage,
    v.registeredAt,
    v.registeredBy,
    v.digest.slice(7, 19),
  ]);
  output.result(versions, () =>
    table(['model', 'version', 'stage', 'registered', 'by', 'digest'], rows, 'no model versions'),
  );
  output.noteMore(cursor);
}

async function listDeployments({ config, output, who }: Session, options: ListOptions): Promise<void> {
  await using registry = new ModelRegistry(config, who);
  const manager = new CanaryDeploymentManager(config, registry);
  const { deployments, cursor } = await manager.listDeployments({
    ...(options.model !== undefined && { modelName: options.model }),
    ...(options.limit !== undefined && { limit: options.limit }),
  });
  const rows = deployments.map((d) => [
    d.modelName,
    d.candidateVersion,
    d.productionVersion,
    d.status,
    isServing(d.status) ? `${(100 * d.trafficFraction).toFixed(1)}%` : '–',
    d.createdAt,
    d.deploymentId,
  ]);
  const head = ['model', 'candidate', 'production', 'status', 'traffic', 'created', 'deployment'];
  output.result(deployments, () => table(head, rows, 'no deployments'));
  output.noteMore(cursor);
}

async function listRuns({ config, output, who }: Session, options: ListOptions): Promise<void> {
  await using tracker = new ExperimentTracker(config, who);
  const { runs, cursor } = await tracker.searchRuns({
    ...(options.model !== undefined && { filter: where.attribute('model_type').eq(options.model) }),
    ...(options.limit !== undefined && { limit: options.limit }),
  });
  const rows = runs.map((run) => [run.runId, run.experimentName, run.status, run.startedAt]);
  output.result(runs, () => table(['run', 'experiment', 'status', 'started'], rows, 'no runs'));
  output.noteMore(cursor);
}

const table = (head: readonly string[], rows: readonly (readonly string[])[], none: string): string =>
  rows.length === 0 ? none : formatTable(head, rows);
