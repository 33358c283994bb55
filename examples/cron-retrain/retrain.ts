/**
 * Retrains when the policy's calendar, a drift report or a performance report asks for it. For cron, as often as you like: a run that
 * finds nothing due ends at once, one that was killed is gone on with, and of two hosts one trains.
 *
 *     15 6 * * 1-5  cd /srv/mlops && npx tsx retrain.ts spread latest.csv >> retrain.log 2>&1
 *
 * Exit code 0: registered, or nothing was due; 3: the challenger was rejected; 1: it failed.
 */
import { ExperimentTracker, MLOpsConfig, ModelRegistry, RetrainPipeline, readCsv } from '@bondx/mlops';

const [modelName = 'spread', data = 'latest.csv'] = process.argv.slice(2);
const config = MLOpsConfig.fromYaml('policy.yaml');
await using tracker = new ExperimentTracker(config);
await using registry = new ModelRegistry(config);
const pipeline = new RetrainPipeline(config, tracker, registry);

const [outcome] = await pipeline.runDue({ models: [{ modelName, trainingData: () => readCsv(data) }] });
const { reason, result, error } = outcome!;
const version = result?.status === 'registered' ? ` as ${result.newModelVersion}` : '';
console.log(`${modelName}: ${error?.message ?? `${result?.status ?? 'nothing to do'}${version} (${reason})`}`);
process.exitCode = error !== undefined ? 1 : result?.status === 'rejected' ? 3 : 0;
