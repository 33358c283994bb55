import {
  type Context,
  type MeterProvider,
  type Span,
  SpanStatusCode,
  type TracerProvider,
  context as contexts,
  createNoopMeter,
  isSpanContextValid,
  metrics,
  trace,
} from '@opentelemetry/api';
import type { PerformanceMonitor } from '../../monitoring/performance/performance-monitor.js';
import { redactText } from '../../runtime/logging/format-line.js';
import type { FollowedOperation, OperationEnd, OperationStart, Telemetry } from '../../runtime/telemetry/telemetry.js';
import { checkOptions } from '../../util/check.js';
import { attribute } from './names.js';
import { OperationMetrics } from './operation-metrics.js';
import { observePerformance } from './performance-metrics.js';
import { isError } from '../../util/is-error.js';

/** What {@link openTelemetry} observes, and whom it tells. */
export interface OpenTelemetryOptions {
  /** Whose counts of predictions become metrics; none unless told. */
  readonly performance?: PerformanceMonitor;
  /** The globally registered one unless told. */
  readonly tracerProvider?: TracerProvider;
  /** The globally registered one unless told. */
  readonly meterProvider?: MeterProvider;
}

/** What follows the library for OpenTelemetry. */
export interface OpenTelemetryBridge extends Telemetry {
  /** Ends the observation of the performance monitor; spans and other metrics go on as long as it is passed to classes. */
  close(): void;
}

/** Of the instrumentation. */
const scope = '@bondx/mlops';

/**
 * A span around every operation of the classes it is passed to, and metrics of operations, drift checks, alerts and predictions.
 * It is silent while no SDK is registered. Spans are children of whatever span is active; work that the library does by itself
 * begins traces of its own.
 *
 * @example
 * const telemetry = openTelemetry({ performance: monitor });
 * const registry = new ModelRegistry(config, { telemetry });
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): OpenTelemetryBridge {
  checkOptions(options, ['performance', 'tracerProvider', 'meterProvider'], 'openTelemetry');
  const meters = new Meters(options);
  return {
    begin(start) {
      const tracer = (options.tracerProvider ?? trace).getTracer(scope);
      const measured = meters.current();
      const active = contexts.active();
      const span = tracer.startSpan(start.operation, { attributes: attributesOf(start) }, active);
      const isSilent = measured === undefined && !isSpanContextValid(span.spanContext());
      return isSilent ? undefined : new Followed(start, span, trace.setSpan(active, span), measured);
    },
    close: () => meters.close(),
  };
}

/** The instruments of the meter there is; an SDK may be registered after the library was set up. */
class Meters {
  #provider: MeterProvider | undefined;
  #metrics: OperationMetrics | undefined;
  #endObservation: (() => void) | undefined;
  #isClosed = false;

  constructor(private readonly options: OpenTelemetryOptions) {
    this.current();
  }

  /** Undefined while there is no SDK. */
  current(): OperationMetrics | undefined {
    const provider = this.options.meterProvider ?? metrics.getMeterProvider();
    if (provider === this.#provider) return this.#metrics;
    this.#provider = provider;
    const meter = provider.getMeter(scope); // once: a provider that was shut down warns of each call
    this.#endObservation?.();
    this.#endObservation = undefined;
    this.#metrics = undefined;
    if (meter === createNoopMeter()) return undefined;
    const { performance } = this.options;
    if (performance !== undefined && !this.#isClosed) this.#endObservation = observePerformance(meter, performance);
    return (this.#metrics = new OperationMetrics(meter));
  }

  close(): void {
    this.#isClosed = true;
    this.#endObservation?.();
    this.#endObservation = undefined;
  }
}

class Followed implements FollowedOperation {
  readonly #began = performance.now();

  constructor(
    private readonly start: OperationStart,
    private readonly span: Span,
    private readonly context: Context,
    private readonly measured: OperationMetrics | undefined,
  ) {}

  run<T>(work: () => Promise<T>): Promise<T> {
    return contexts.with(this.context, work);
  }

  end(outcome: OperationEnd): void {
    const { span } = this;
    const { decision, error } = outcome;
    const seconds = (performance.now() - this.#began) / 1000;
    const errorType = error === undefined ? undefined : typeOf(error);
    if (decision !== undefined) span.setAttribute(attribute.decision, decision);
    if (errorType !== undefined) fail(span, error, errorType);
    span.end();
    this.measured?.record(this.start, outcome, { seconds, errorType, context: this.context });
  }
}

function attributesOf({ operation, modelName, modelVersion }: OperationStart): Record<string, string> {
  return {
    [attribute.operation]: operation,
    ...(modelName !== undefined && { [attribute.modelName]: modelName }),
    ...(modelVersion !== undefined && { [attribute.modelVersion]: modelVersion }),
  };
}

function typeOf(error: unknown): string {
  if (!isError(error)) return '_OTHER';
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : error.name;
}

/** Secrets in messages are left out, as they are in logs. */
function fail(span: Span, error: unknown, type: string): void {
  const { message, stack } = isError(error) ? error : new Error(String(error));
  span.setAttribute(attribute.errorType, type);
  span.setStatus({ code: SpanStatusCode.ERROR, message: redactText(message) });
  span.recordException({
    name: type,
    message: redactText(message),
    ...(stack !== undefined && { stack: redactText(stack) }),
  });
}
