import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SpanStatusCode, context, diag, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  Alerts,
  CanaryDeploymentManager,
  DriftMonitor,
  ModelRegistry,
  PerformanceMonitor,
  type Telemetry,
} from '@bondx/mlops';
import { openTelemetry } from '@bondx/mlops/opentelemetry';
import { createWorld, failure, smallRows } from '../helpers.js';
import { twoVersions } from '../report/canary-fixture.js';

let spans: InMemorySpanExporter;
let exported: InMemoryMetricExporter;
let reader: PeriodicExportingMetricReader;
let providers: { shutdown(): Promise<void> }[];

function startSdk(): void {
  spans = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  exported = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  reader = new PeriodicExportingMetricReader({ exporter: exported, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(tracerProvider);
  metrics.setGlobalMeterProvider(meterProvider);
  providers = [tracerProvider, meterProvider];
}

beforeEach(() => {
  providers = [];
});
afterEach(async () => {
  for (const provider of providers) await provider.shutdown();
  for (const api of [trace, metrics, context, propagation]) api.disable();
});

const named = (name: string): ReadableSpan[] => spans.getFinishedSpans().filter((span) => span.name === name);

/** What the SDK would export now: value by metric and attributes. */
async function collected(): Promise<Record<string, { attributes: object; value: unknown }[]>> {
  exported.reset();
  await reader.forceFlush();
  const found = exported.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  return Object.fromEntries(
    found.map(({ descriptor, dataPoints }) => [
      descriptor.name,
      dataPoints.map(({ attributes, value }) => ({ attributes, value })),
    ]),
  );
}

describe('spans', () => {
  it('follow each operation, with model and version, as children of the span that is active', async () => {
    startSdk();
    const { config, options } = createWorld();
    const telemetry = openTelemetry();
    const registry = await twoVersions({ ...createWorld(), config, options: { ...options, telemetry } });
    spans.reset();
    const parents = await Promise.all(
      ['one', 'two'].map((request) =>
        trace.getTracer('service').startActiveSpan(request, async (span) => {
          await new Promise((resolve) => setImmediate(resolve));
          await registry.getModelVersion('spread', { version: '1.0.0' });
          if (request === 'two')
            await registry.promoteModel({ modelName: 'spread', version: '1.1.0', targetStage: 'staging' });
          span.end();
          return span.spanContext();
        }),
      ),
    );
    const reads = named('registry.read');
    expect(reads.map((span) => span.parentSpanContext?.spanId).sort()).toEqual(parents.map((p) => p.spanId).sort());
    const [promotion] = named('registry.promote');
    expect(promotion!.parentSpanContext?.spanId).toBe(parents[1]!.spanId);
    expect(promotion!.attributes).toEqual({
      'bondx.mlops.operation': 'registry.promote',
      'bondx.mlops.model.name': 'spread',
      'bondx.mlops.model.version': '1.1.0',
      'bondx.mlops.decision': 'allow',
    });
    expect(promotion!.status.code).toBe(SpanStatusCode.UNSET);
  });

  it('hold what runs inside of them: a span that storage begins is their child', async () => {
    startSdk();
    const { config, options, storage } = createWorld();
    const query = storage.query.bind(storage);
    storage.query = async (...args) =>
      trace.getTracer('driver').startActiveSpan('SELECT', async (span) => {
        const page = await query(...args);
        span.end();
        return page;
      });
    await new DriftMonitor(config, { ...options, telemetry: openTelemetry() }).listReports();
    const [read] = named('drift.read');
    expect(named('SELECT')[0]!.parentSpanContext?.spanId).toBe(read!.spanContext().spanId);
  });

  it('record errors by their code, without secrets, and a gate that refuses as an outcome', async () => {
    startSdk();
    const { config, options } = createWorld();
    const registry = new ModelRegistry(config, { ...options, telemetry: openTelemetry() });
    await failure(registry.getModelVersion('none', { version: '1.0.0' }));
    const [failed] = named('registry.read');
    expect(failed).toMatchObject({
      attributes: { 'error.type': 'NOT_FOUND' },
      status: { code: SpanStatusCode.ERROR, message: expect.stringContaining('none') as string },
      events: [{ name: 'exception', attributes: { 'exception.type': 'NOT_FOUND' } }],
    });
    const leaky: Telemetry = openTelemetry();
    const span = leaky.begin({ operation: 'registry.read' })!;
    span.end({ error: new Error('cannot open s3://user:hush@bucket') });
    expect(JSON.stringify(named('registry.read').map(({ status, events }) => [status, events]))).not.toContain('hush');
  });

  it('of what the library repeats by itself do not prolong the trace of who began it', async () => {
    startSdk();
    const { config, options } = createWorld();
    const alerts = new Alerts(config, { ...options, telemetry: openTelemetry() });
    const [automation, traceId] = trace.getTracer('service').startActiveSpan('request', (span) => {
      const begun = alerts.automate({ everyMs: 100 });
      span.end();
      return [begun, span.spanContext().traceId] as const;
    });
    await vi.waitUntil(() => named('monitoring.read').length >= 2, { timeout: 20_000 });
    await automation.stop();
    expect(named('monitoring.read').filter((span) => span.spanContext().traceId === traceId)).toEqual([]);
  });
});

describe('metrics', () => {
  it('say how long operations took, what drift checks found and which alerts were raised', async () => {
    startSdk();
    const { config, options } = createWorld();
    const given = { ...options, telemetry: openTelemetry() };
    const monitor = new DriftMonitor(config, given);
    const report = await monitor.detectDrift({
      modelName: 'spread',
      baselineData: smallRows(800),
      currentData: smallRows(800, { seed: 2, shift: 4 }),
      featureColumns: ['x'],
    });
    await failure(monitor.getReport('none'));
    const alerts = new Alerts(config, given);
    expect(await alerts.scan()).toHaveLength(1);
    await alerts.raise({ key: 'prices', severity: 'warning', title: 'late', message: '' });
    await alerts.raise({ key: 'prices', severity: 'warning', title: 'late', message: '' }); // rests
    await alerts.recover({ key: 'prices', message: 'there' });
    const found = await collected();
    const model = { 'bondx.mlops.model.name': 'spread' };
    expect(found['bondx.mlops.drift.score']).toEqual([{ attributes: model, value: report.overallDriftScore }]);
    expect(found['bondx.mlops.drift.checks']).toEqual([
      { attributes: { ...model, 'bondx.mlops.drift.verdict': 'drifted' }, value: 1 },
    ]);
    const about = (source: string, severity: string, notice: string): object => ({
      'bondx.mlops.alert.source': source,
      'bondx.mlops.alert.severity': severity,
      'bondx.mlops.alert.notice': notice,
    });
    expect(found['bondx.mlops.alerts']).toEqual([
      { attributes: { ...model, ...about('drift', 'critical', 'raised') }, value: 1 },
      { attributes: about('custom', 'warning', 'raised'), value: 1 },
      { attributes: about('custom', 'warning', 'recovered'), value: 1 },
    ]);
    const durations = found['bondx.mlops.operation.duration']!;
    expect(durations).toContainEqual({
      attributes: { 'bondx.mlops.operation': 'drift.read', 'error.type': 'NOT_FOUND' },
      value: expect.objectContaining({ count: 1 }) as object,
    });
    expect(durations.map(({ attributes }) => attributes)).toContainEqual({ 'bondx.mlops.operation': 'drift.detect' });
  });

  it('count what a performance monitor counted, until the bridge is closed', async () => {
    startSdk();
    const performance = new PerformanceMonitor();
    const bridge = openTelemetry({ performance });
    for (const latencyMs of [1, 1, 1, 9])
      performance.record({ modelName: 'spread', version: '1.0.0', latencyMs, prediction: 3, actual: 1 });
    performance.record({ modelName: 'spread', version: '1.0.0', isError: true });
    performance.record({ modelName: 'spread', version: '1.1.0' });
    const model = { 'bondx.mlops.model.name': 'spread', 'bondx.mlops.model.version': '1.0.0' };
    const of = (found: Awaited<ReturnType<typeof collected>>, name: string): unknown[] =>
      (found[`bondx.mlops.prediction.${name}`] ?? [])
        .filter(({ attributes }) => Object.entries(model).every(([k, v]) => Reflect.get(attributes, k) === v))
        .map(({ value }) => value);
    const found = await collected();
    expect(of(found, 'count')).toEqual([5]);
    expect(of(found, 'errors')).toEqual([1]);
    expect(of(found, 'labelled')).toEqual([4]);
    expect(of(found, 'absolute_error')).toEqual([8]);
    expect(of(found, 'time')).toEqual([0.012]);
    const [p50, p95] = of(found, 'duration') as number[];
    const { latency } = performance.summary('spread', '1.0.0')!;
    expect([p50, p95]).toEqual([latency.p50! / 1000, latency.p95! / 1000]);
    expect(found['bondx.mlops.prediction.count']).toHaveLength(2);
    bridge.close();
    performance.record({ modelName: 'spread', version: '1.0.0' });
    expect(of(await collected(), 'count').filter((count) => count === 6)).toEqual([]);
  });
});

describe('without an SDK', () => {
  it('nothing is followed; an SDK that starts later is noticed', async () => {
    const { config, options } = createWorld();
    const performance = new PerformanceMonitor();
    const telemetry = openTelemetry({ performance });
    expect(telemetry.begin({ operation: 'registry.read' })).toBeUndefined();
    const registry = new ModelRegistry(config, { ...options, telemetry });
    await registry.listModels();
    startSdk();
    performance.record({ modelName: 'spread', version: '1.0.0' });
    await registry.listModels();
    expect(named('registry.read')).toHaveLength(1);
    expect(await collected()).toHaveProperty(['bondx.mlops.prediction.count']);
  });

  it('that was shut down is left alone: operations go on, and it warns of none of them', async () => {
    startSdk();
    const { config, options } = createWorld();
    const registry = new ModelRegistry(config, { ...options, telemetry: openTelemetry() });
    await registry.listModels();
    for (const provider of providers.splice(0)) await provider.shutdown();
    const warn = vi.fn();
    const ignore = (): void => undefined;
    diag.setLogger({ error: warn, warn, info: ignore, debug: ignore, verbose: ignore });
    expect(await registry.listModels()).toEqual({ versions: [] });
    diag.disable();
    expect(warn).not.toHaveBeenCalled();
  });

  it('spans alone, or metrics alone, are enough', async () => {
    startSdk();
    trace.disable();
    const telemetry = openTelemetry();
    telemetry.begin({ operation: 'registry.read' })!.end({});
    expect(await collected()).toHaveProperty(['bondx.mlops.operation.duration']);
    expect(spans.getFinishedSpans()).toEqual([]);
  });

  it('the library loads nothing of OpenTelemetry, and routes without asking for telemetry', async () => {
    const script = `
      const { MLOpsConfig, ModelRegistry } = await import('./src/index.ts');
      const registry = new ModelRegistry(MLOpsConfig.fromObject({ storage: { kind: 'memory' } }));
      await registry.listModels();
      console.log(Object.getOwnPropertySymbols(globalThis).filter((s) => String(s).includes('opentelemetry')).length);
    `;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout.trim()).toBe('0');
    const begun: string[] = [];
    const telemetry: Telemetry = { begin: ({ operation }) => void begun.push(operation) };
    const world = createWorld();
    const registry = await twoVersions({ ...world, options: { ...world.options, telemetry } });
    const manager = new CanaryDeploymentManager(world.config, registry);
    await manager.refresh('spread');
    begun.length = 0;
    const route = manager.routePrediction({ modelName: 'spread', features: {}, routingKey: 1 });
    manager.recordOutcome({ modelName: 'spread', version: route.version!, prediction: 1, actual: 1 });
    expect(begun).toEqual([]);
    await manager.close();
  });
});

describe('telemetry that fails', () => {
  it('fails nothing that it follows', async () => {
    const { config, options } = createWorld();
    const no = (): never => {
      throw new Error('no');
    };
    for (const telemetry of [
      { begin: no },
      { begin: () => ({ run: <T>(work: () => Promise<T>) => work(), end: no }) },
    ] satisfies Telemetry[])
      expect(await new ModelRegistry(config, { ...options, telemetry }).listModels()).toEqual({ versions: [] });
  });
});
