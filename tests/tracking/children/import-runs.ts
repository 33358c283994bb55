/** Imports the archive at argv[2] into the store at argv[3]; prints a line for each run that it is done with. */
import { ExperimentTracker, MLOpsConfig } from '@bondx/mlops';

const [, , archive, folder] = process.argv;
const config = MLOpsConfig.fromObject({ storage: { path: folder!, artifactsPath: `${folder}/artifacts` } });
await using tracker = new ExperimentTracker(config);
await tracker.importRuns({ path: archive!, onProgress: () => process.stdout.write('.\n') });
