/** One of the processes of the service: answers POST /spread with the registered model, whichever version that is. */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { CanaryDeploymentManager, MLOpsConfig, ModelRegistry, type Row } from '@bondx/mlops';
import type { Answer } from './messages.js';

const config = MLOpsConfig.fromYaml(fileURLToPath(new URL('./policy.yaml', import.meta.url)));
const registry = new ModelRegistry(config);
const manager = new CanaryDeploymentManager(config, registry);
await manager.serve('spread');

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (body += chunk));
  request.on('end', () => {
    const { key, features, actual } = JSON.parse(body) as { key: string; features: Row; actual: number };
    // Routes, scores and records; in a shadow step the candidate scores after the answer.
    const result = manager.predict({ modelName: 'spread', routingKey: key, features, actual });
    const { version, deploymentId, reason, prediction } = result;
    const answer: Answer = { pid: process.pid, version, deploymentId, reason, prediction };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  });
});

process.once('SIGTERM', () => {
  server.close(
    () =>
      void manager
        .close()
        .then(() => registry.close())
        .then(() => process.exit(0)),
  );
  server.closeIdleConnections();
});
// The port is shared: all workers of the cluster listen on the one the first was given.
server.listen(Number(process.env['PORT']), '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
