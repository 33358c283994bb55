/**
 * Serves a model until its canary gets no more requests, then prints when that was.
 * Usage: serve-canary <policy folder>; prints `ready`, then `stopped <UTC milliseconds>`.
 */
import { CanaryDeploymentManager, ModelRegistry } from '@bondx/mlops';
import { configIn } from '../canary-folder.js';

const config = configIn(process.argv[2]!);
const registry = new ModelRegistry(config);
const manager = new CanaryDeploymentManager(config, registry);
await manager.refresh('spread');
const isRouted = (): boolean => {
  for (let i = 0; i < 200; i++) {
    if (manager.routePrediction({ modelName: 'spread' }).routeToCanary) return true;
  }
  return false;
};
if (!isRouted()) throw new Error('the canary gets no requests to begin with');
const { version, deploymentId, step } = manager.routePrediction({ modelName: 'spread' });
manager.recordOutcome({ modelName: 'spread', version: version!, deploymentId, step, prediction: 1, actual: 1 });
await manager.flush();
process.stdout.write('ready\n');
const timer = setInterval(() => {
  if (isRouted()) return;
  clearInterval(timer);
  process.stdout.write(`stopped ${Date.now()}\n`);
  void manager.close().then(() => registry.close());
}, 2);
