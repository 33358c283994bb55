/** Serves the model of policy.yaml in the present folder: npx tsx main.ts spread 8080 */
import { MLOpsConfig } from '@bondx/mlops';
import { startService } from './service.js';

const [modelName = 'spread', port = '8080'] = process.argv.slice(2);
const service = await startService(MLOpsConfig.fromYaml('policy.yaml'), modelName, Number(port));
console.log(service.url);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void service.close());
