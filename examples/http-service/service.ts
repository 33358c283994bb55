/**
 * A service that answers with whatever version of a model serves, canaries included. What is decided about a canary elsewhere
 * (`bondx-mlops canary …`, another process) is followed within a second; no request waits for it.
 *
 *     POST /predict { "key": "UST-0042", "features": { "x": 1.5 } }  →  { "prediction", "version", "requestId" }
 *     POST /actual  { "requestId": "…", "actual": 19.2 }            →  204, once the truth is known
 *     GET  /metrics                                                 →  for Prometheus
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CanaryDeploymentManager,
  MLOpsError,
  ModelRegistry,
  PerformanceMonitor,
  type MLOpsConfig,
  type Row,
  prometheusText,
} from '@bondx/mlops';

interface Answer {
  readonly status: number;
  readonly body?: object | string;
}

export interface Service {
  readonly url: string;
  /** Answers what was asked, then stores what was recorded. */
  close(): Promise<void>;
}

/** @param port 0: any that is free */
export async function startService(config: MLOpsConfig, modelName: string, port = 0): Promise<Service> {
  const registry = new ModelRegistry(config);
  const manager = new CanaryDeploymentManager(config, registry);
  const performance = new PerformanceMonitor();
  await manager.serve(modelName);

  function predict({ key, features }: { readonly key: string; readonly features: Row }): Answer {
    const began = globalThis.performance.now();
    const { prediction, version, requestId, reason, problem } = manager.predict({
      modelName,
      routingKey: key,
      features,
    });
    const isError = prediction === undefined;
    const latencyMs = globalThis.performance.now() - began;
    if (version !== undefined) performance.record({ modelName, version, latencyMs, isError });
    return isError
      ? { status: 503, body: { reason, problem } }
      : { status: 200, body: { prediction, version, requestId } };
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const route = `${request.method} ${request.url}`;
    if (route === 'GET /metrics') return { status: 200, body: prometheusText(performance) };
    if (route === 'POST /predict') return predict(await json(request));
    if (route === 'POST /actual') {
      const { requestId, actual } = await json<{ readonly requestId: string; readonly actual: number }>(request);
      await manager.recordActual(requestId, actual);
      return { status: 204 };
    }
    return { status: 404 };
  }

  const server = createServer((request, response) => {
    answer(request)
      .catch((error: unknown): Answer => ({
        status:
          error instanceof SyntaxError || (error instanceof MLOpsError && error.code === 'INVALID_INPUT') ? 400 : 500,
        body: { error: error instanceof MLOpsError ? error.message : 'something failed' },
      }))
      .then(({ status, body }) => {
        response.writeHead(status, {
          'content-type': typeof body === 'string' ? 'text/plain; version=0.0.4' : 'application/json',
        });
        response.end(typeof body === 'object' ? JSON.stringify(body) : body);
      })
      .catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const patience = setTimeout(() => server.closeAllConnections(), 5_000); // a client may stall for ever
      await new Promise((resolve) => server.close(resolve));
      clearTimeout(patience);
      await manager.close();
      await registry.close();
    },
  };
}

async function json<T>(request: IncomingMessage): Promise<T> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > 1_000_000) throw new SyntaxError('that is too long');
  }
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new SyntaxError('a JSON object was expected');
  return value as T;
}
