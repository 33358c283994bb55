/** One host of many: see retraining-jobs.ts. Reads policy.yaml and latest.csv of the present folder. */
import PgBoss from 'pg-boss';
import {
  ExperimentTracker,
  MLOpsConfig,
  ModelRegistry,
  RetrainPipeline,
  openFilesystemArtifacts,
  readCsv,
} from '@bondx/mlops';
import { openPostgresStorage } from '@bondx/mlops/postgres';
import { workOnRetrainings } from './retraining-jobs.js';

const url = process.env['DATABASE_URL'];
if (url === undefined) throw new Error('set DATABASE_URL');
const config = MLOpsConfig.fromYaml('policy.yaml');
const stores = {
  storage: await openPostgresStorage(url),
  artifacts: await openFilesystemArtifacts('artifacts'), // many hosts: a folder, or S3, that all of them reach
};
const pipeline = new RetrainPipeline(config, new ExperimentTracker(config, stores), new ModelRegistry(config, stores));
const boss = new PgBoss(url);
boss.on('error', (error) => console.error(error));
await boss.start();
await workOnRetrainings({
  boss,
  pipeline,
  models: [{ modelName: 'spread', trainingData: () => readCsv('latest.csv') }],
  onOutcome: ({ modelName, reason, result }) => console.log(modelName, reason, result?.status ?? 'nothing to do'),
});
