/**
 * The life of a model on real data: every US Treasury note and bond outstanding at 36 month-ends, 2010–2012. A model of
 * the spread over the par curve is trained on 2010–11, meets 2012, and is replaced.
 *
 *     npm run demo
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  AuditLog,
  CanaryDeploymentManager,
  DriftMonitor,
  ExperimentTracker,
  MLOpsConfig,
  ModelRegistry,
  ModelStage,
  RetrainPipeline,
  readCsv,
  trainModel,
  type Model,
  type Row,
  type Table,
  type TrainedModel,
} from '@bondx/mlops';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const say = (text = ''): void => console.log(text);
const chapter = (title: string): void => say(`\n${title}\n${'─'.repeat(title.length)}`);
const show = (value: number): string => value.toFixed(2);

rmSync(here('./output'), { recursive: true, force: true });
const config = MLOpsConfig.fromYaml(here('./policy.yaml'));
const tracker = new ExperimentTracker(config);
const registry = new ModelRegistry(config);
const monitor = new DriftMonitor(config);
const pipeline = new RetrainPipeline(config, tracker, registry);
const canaries = new CanaryDeploymentManager(config, registry);
const audit = new AuditLog(config);
const features = config.modelPolicy('spread').featureColumns;

/** Month-ends from one month up to, not including, another. */
const bonds = await readCsv(here('../data/bonds-monthly-2010-2012.csv'));
function months(from: string, to: string): Table {
  const date = bonds.column('date');
  if (date.kind !== 'date') throw new Error('the panel has a date column');
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  return bonds.take([...date.values.keys()].filter((row) => date.values[row]! >= begin && date.values[row]! < end));
}

async function trainAndRegister(data: Table, featureColumns: readonly string[], description: string): Promise<string> {
  const runId = await tracker.startRun({ experimentName: 'spread', modelType: 'spread' });
  const trained = await trainModel(config, { modelType: 'spread', data, featureColumns });
  await tracker.logParameters(runId, { algorithm: trained.algorithm, ...trained.hyperparameters });
  await tracker.logMetrics(runId, trained.metrics);
  await tracker.endRun(runId, 'completed');
  const version = await register(trained, runId, description);
  say(
    `trained ${version} on ${trained.trainingData.rowCount} bonds up to ${trained.trainingData.to?.slice(0, 7)}; on the ` +
      `${trained.holdout.rowCount} after it: MAE ${show(trained.metrics['mae']!)} bp, R² ${show(trained.metrics['r2_score']!)}`,
  );
  return version;
}

async function register(trained: TrainedModel, runId: string, description: string): Promise<string> {
  const { version } = await registry.register({
    modelName: 'spread',
    modelType: 'spread',
    runId,
    model: trained.model,
    featureColumns: trained.featureColumns,
    targetColumn: trained.targetColumn,
    performanceMetrics: trained.metrics,
    hyperparameters: trained.hyperparameters,
    trainingData: trained.trainingData,
    description,
  });
  return version;
}

/** A request knows a bond's terms and the curve, and later the spread at which it traded. */
function* requestsOf(table: Table): Generator<{ bond: Row; key: string; actual: number }> {
  const wanted = [...features, 'security_id', 'spread_bps'];
  for (let row = 0; row < table.rowCount; row++) {
    const cells = wanted.map((name) => {
      const column = table.column(name);
      return column.kind === 'categorical' ? (column.categories[column.codes[row]!] ?? null) : column.values[row]!;
    });
    const [actual, key] = [cells.pop() as number, String(cells.pop())];
    yield { bond: Object.fromEntries(features.map((name, i) => [name, cells[i]])), key: `${key}/${row}`, actual };
  }
}

/** Serves every request of a period with the version that routing chose, and asks for a decision now and then. */
async function serve(deploymentId: string, period: Table, evaluateEvery: number): Promise<string> {
  const { candidateVersion, productionVersion } = await canaries.getDeployment(deploymentId);
  const models = new Map<string, Model>();
  for (const version of [candidateVersion, productionVersion]) {
    models.set(version, await registry.loadModel('spread', { version }));
  }
  let served = 0;
  for (const { bond, key, actual } of requestsOf(period)) {
    const route = canaries.routePrediction({ modelName: 'spread', features: bond, routingKey: key });
    const version = route.version ?? productionVersion;
    const model = models.get(version)!;
    const lacks = model.features.some(({ name }) => !(name in bond));
    canaries.recordOutcome(
      lacks
        ? { modelName: 'spread', version, error: true }
        : { modelName: 'spread', version, prediction: model.predict(bond), actual },
    );
    if (++served % evaluateEvery !== 0) continue;
    const decision = await canaries.evaluate(deploymentId, { apply: true });
    if (decision.verdict !== 'hold') {
      say(`after ${served} requests: ${decision.verdict} — ${decision.reason}`);
      return decision.verdict;
    }
  }
  say(`after all ${served} requests: hold — ${(await canaries.evaluate(deploymentId)).reason}`);
  return 'hold';
}

say('A model of US Treasury spreads, 2010–2012');

chapter('1. Train on 2010–11, register, promote');
const champion = await trainAndRegister(months('2010-01', '2012-01'), features, 'the first model');
const refused = await registry.checkGates('spread', champion);
say(`gates before evidence: ${refused.map(({ gate, status }) => `${gate} ${status}`).join(', ')}`);
await registry.recordEvidence({
  modelName: 'spread',
  version: champion,
  kind: 'feature_importance',
  passed: true,
  detail: { reviewedBy: 'model owner' },
});
for (const targetStage of [ModelStage.STAGING, ModelStage.PRODUCTION]) {
  const result = await registry.promoteModel({ modelName: 'spread', version: champion, targetStage });
  if (result.status === 'refused') throw new Error(result.failures.map(({ message }) => message).join('; '));
  say(`${champion}: ${result.from} → ${result.to}`);
}

chapter('2. The first months of 2012');
const report = await monitor.detectDrift({
  modelName: 'spread',
  modelVersion: champion,
  baselineData: months('2010-01', '2012-01'),
  currentData: months('2012-01', '2012-04'),
});
for (const column of report.columns) say(`${column.verdict.padEnd(12)} ${column.message}`);
say(`retraining required: ${report.requiresRetraining ? 'yes' : 'no'}`);

chapter('3. Retrain on all data up to March 2012');
const retrained = await pipeline.triggerRetraining(report, months('2010-01', '2012-04'));
say(`${retrained.status}: ${retrained.reason}`);
if (!retrained.success) throw new Error('the demo expects a better model');

chapter('4. A candidate that is too good to be true');
say('somebody adds the yield to the features: on paper the error all but vanishes,');
say('but the yield is not known when the spread is asked for.');
const leaky = await trainAndRegister(months('2010-01', '2012-04'), [...features, 'ytm'], 'trained with the yield');
const badDeployment = await canaries.createCanaryDeployment({
  modelName: 'spread',
  candidateVersion: leaky,
  initialTrafficPercentage: 0.5,
});
await serve(badDeployment, months('2012-04', '2012-05'), 10);

chapter('5. The retrained model as a canary, April to December 2012');
const deployment = await canaries.createCanaryDeployment({
  modelName: 'spread',
  candidateVersion: retrained.newModelVersion,
  initialTrafficPercentage: 0.5,
});
const verdict = await serve(deployment, months('2012-04', '2013-01'), 100);

chapter('6. Looking back on 2012');
const lookBack = await monitor.detectDrift({
  modelName: 'spread',
  baselineData: months('2010-01', '2012-01'),
  currentData: months('2012-01', '2013-01'),
});
for (const column of lookBack.columns) say(`${column.verdict.padEnd(12)} ${column.message}`);

chapter('7. What is on record');
const { versions } = await registry.listModels({ modelName: 'spread' });
for (const version of versions)
  say(`${version.version}  ${version.stage.padEnd(11)} ${version.description ?? 'retrained after drift'}`);
for (const event of await registry.getHistory('spread')) {
  say(
    `  ${event.version}: ${event.from === undefined ? 'registered in' : `${event.from} →`} ${event.to}${event.reason === undefined ? '' : ` (${event.reason.slice(0, 90)})`}`,
  );
}
const verification = await audit.verify();
say(`audit trail: ${verification.status}, ${verification.records} records, head ${verification.head.slice(0, 23)}…`);
say('\nlook closer: npx tsx src/cli/main.ts --config examples/treasury-lifecycle/policy.yaml list --models');
if (verdict !== 'promote' || verification.status !== 'ok') process.exitCode = 1;

await Promise.all([tracker.close(), monitor.close(), audit.close()]);
await registry.close();
