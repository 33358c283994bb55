import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import {
  AccessControl,
  Alerts,
  CanaryDeploymentManager,
  ExperimentTracker,
  MLOpsConfig,
  ModelFindings,
  ModelInventory,
  ModelRegistry,
  type Principal,
  trainModel,
} from '@bondx/mlops';
import { permissions } from '../../src/config/roles.js';
import { contextOf } from '../../src/runtime/context.js';
import { smallRows } from '../helpers.js';

const policy = (store: string, approvals: number): string => `
storage: { path: ./${store}, artifacts_path: ./${store}-files }
keys: { path: ./keys.json }
access:
  roles: { everything: [${permissions.join(', ')}] }
  bindings: [${[userInfo().username, 'ada', 'rita'].map((name) => `{ principal: ${name}, role: everything }`).join(', ')}]
promotion: { min_accuracy: 0, max_drift: 1, require_explainability: false, require_feature_importance: false, require_bias_testing: false, require_compliance_check: false, required_approvals: ${approvals} }
models:
  spread: { feature_columns: [x, kind], target_column: spread_bps, algorithm: cart }
canary: { evaluation_metrics: [mae] }
security: { regulatory_frameworks: [Basel III], compliance_checks: [] }
tracking: { log_environment: false, log_git_sha: false, log_uncommitted_diff: false }
`;

/**
 * Moments at which somebody runs the examples: `empty` (a file of data), `trained` (a policy, a model folder), `registered`
 * (spread 1.0.0 in Development), `serving` (1.0.0 in production after 0.9.0; 1.0.1 and 1.1.0 are to come), `deciding` (from
 * now on promotions take an approval), `asked` (for that of 1.1.0), `approved`, `canary` (1.0.1 beside 1.0.0, decided on once).
 */
export type Moment = 'empty' | 'trained' | 'registered' | 'serving' | 'deciding' | 'asked' | 'approved' | 'canary';

/** What was made on the way, and examples name. */
export interface MadeIds {
  readonly runs: readonly string[];
  readonly alert: string;
  readonly finding: string;
  readonly emergency: string;
  readonly request: string;
  readonly decision: string;
}

export interface ExampleProjects {
  readonly ids: MadeIds;
  /** Puts a copy of the project as it was then into a folder that is not there yet. */
  readonly copyTo: (moment: Moment, folder: string) => void;
}

const as = (id: string): { readonly principal: Principal } => ({
  principal: { id, type: 'person', authentication: 'application' },
});

const csv = (rows: ReturnType<typeof smallRows>): string =>
  ['date,x,kind,spread_bps', ...rows.map(({ date, x, kind, y }) => [date, x, kind, y].join(','))].join('\n');

/** Lives through a project once and keeps a copy of every moment. Others do the deeds than whoever runs the examples. */
export async function prepareProjects(bin: string, root: string): Promise<ExampleProjects> {
  const project = join(root, 'project');
  const open = (): MLOpsConfig => MLOpsConfig.fromYaml(join(project, 'policy.yaml'), { environment: {} });
  const keep = (moment: Moment): void => cpSync(project, join(root, moment), { recursive: true });

  mkdirSync(project);
  writeFileSync(join(project, 'data.csv'), csv(smallRows(600)));
  keep('empty');
  writeFiles(project);
  execFileSync(join(bin, 'bondx-mlops'), ['train', '--model', 'spread', '--data', 'data.csv'], { cwd: project });
  keep('trained');
  await register(open(), 'spread', '1.0.0');
  keep('registered');
  const known = await observe(open());
  await serve(open());
  keep('serving');
  const decision = await rollOut(open());
  keep('canary');
  cpSync(join(root, 'serving'), project, { recursive: true, force: true });
  writeFileSync(join(project, 'policy.yaml'), policy('data', 1));
  keep('deciding');
  const request = await ask(open());
  keep('asked');
  await approve(open(), request);
  keep('approved');
  return {
    ids: { ...known, decision, request },
    copyTo: (moment, folder) => cpSync(join(root, moment), folder, { recursive: true }),
  };
}

function writeFiles(project: string): void {
  const tables = { test: [2, 0], baseline: [3, 0], current: [4, 4], '2012': [5, 4] } as const;
  for (const [name, [seed, shift]] of Object.entries(tables))
    writeFileSync(join(project, `${name}.csv`), csv(smallRows(1500, { seed, shift })));
  writeFileSync(join(project, 'outcomes.json'), '{"decisions":10}');
  writeFileSync(join(project, 'policy.yaml'), policy('data', 0));
  writeFileSync(join(project, 'policy.new.yaml'), policy('data-new', 0));
}

async function register(config: MLOpsConfig, modelName: string, version: string): Promise<void> {
  const data = smallRows(150).map(({ y, ...row }) => ({ ...row, spread_bps: y }));
  const { model, featureColumns, trainingData } = await trainModel(config, { modelType: 'spread', data });
  await using registry = new ModelRegistry(config, as('ada'));
  const what = { modelName, modelType: 'spread', version, model, featureColumns, targetColumn: 'spread_bps' };
  await registry.register({ ...what, trainingData, performanceMetrics: { r2_score: 0.9 } });
}

/** Runs, an alert, a finding, an emergency, a model with an entry in the inventory. */
async function observe(config: MLOpsConfig): Promise<Omit<MadeIds, 'decision' | 'request'>> {
  await using tracker = new ExperimentTracker(config, as('ada'));
  const runs: string[] = [];
  for (const mae of [1.5, 2.5])
    runs.push(
      await tracker.withRun({ experimentName: 'spreads' }, async (run) => (await run.logMetrics({ mae }), run.runId)),
    );
  await using alerts = new Alerts(config, as('ada'));
  const raised = await alerts.raise({ key: 'prices', severity: 'warning', title: 'prices are late', message: 'none' });
  await register(config, 'pd', '1.0.0');
  await using registry = new ModelRegistry(config, as('ada'));
  await new ModelInventory(registry).describe({
    modelName: 'pd',
    tier: 1,
    purpose: 'PD',
    measures: ['pd'],
    owner: 'rita',
  });
  const weakness = { modelName: 'pd', severity: 'low', title: 'no backtest', dueAt: '2999-01-01' } as const;
  const { findingId } = await new ModelFindings(contextOf(registry)).raise(weakness);
  const yesterday = { now: () => Date.now() - 86_400_000 };
  await using access = new AccessControl(config, { ...as('ada'), clock: yesterday });
  const { breakGlassId } = await access.breakGlass({ reason: 'no prices', minutes: 1 });
  return { runs, alert: raised!.alert.alertId, finding: findingId, emergency: breakGlassId };
}

async function serve(config: MLOpsConfig): Promise<void> {
  await register(config, 'spread', '0.9.0');
  await using registry = new ModelRegistry(config, as('ada'));
  for (const version of ['0.9.0', '1.0.0'])
    for (const targetStage of ['staging', 'production'] as const)
      await registry.promoteModel({ modelName: 'spread', version, targetStage });
  for (const version of ['1.0.1', '1.1.0']) await register(config, 'spread', version);
  await registry.promoteModel({ modelName: 'spread', version: '1.1.0', targetStage: 'staging' });
}

async function rollOut(config: MLOpsConfig): Promise<string> {
  await using registry = new ModelRegistry(config, as('ada'));
  await using manager = new CanaryDeploymentManager(config, registry);
  const what = { modelName: 'spread', candidateVersion: '1.0.1', initialTrafficPercentage: 0.2, labelWindowHours: 1 };
  const deploymentId = await manager.createCanaryDeployment(what);
  for (let i = 0; i < 200; i++) {
    const { version = '1.0.0' } = manager.routePrediction({ modelName: 'spread', features: {}, routingKey: i });
    manager.recordOutcome({ modelName: 'spread', version, prediction: 1, actual: 1 + (i % 7) / 7 });
  }
  const unlabelled = { modelName: 'spread', version: '1.0.0', prediction: 1, requestId: 'late' };
  manager.recordOutcome({ ...unlabelled, subject: 'client-4711' });
  await manager.evaluate(deploymentId);
  return (await manager.listDecisions(deploymentId)).at(-1)!.decisionId;
}

async function ask(config: MLOpsConfig): Promise<string> {
  await using registry = new ModelRegistry(config, as('ada'));
  const what = { modelName: 'spread', version: '1.1.0', reason: 'lower error' };
  return (await registry.approvals.request(what)).requestId;
}

async function approve(config: MLOpsConfig, requestId: string): Promise<void> {
  await using registry = new ModelRegistry(config, as('rita'));
  await registry.approvals.approve({ requestId });
}
