import { MLOpsConfig } from '../../src/config/mlops-config.js';
import { migrateStore } from '../../src/maintenance/migrate-store.js';

/** Migrates from one policy to another and kills this process once the first records are copied. */
const [from, to] = process.argv.slice(2).map((path) => ({ config: MLOpsConfig.fromYaml(path) }));
await migrateStore({
  from: from!,
  to: to!,
  onProgress(_fraction, label) {
    if (label === 'records') process.kill(process.pid, 'SIGKILL');
  },
});
