import { readinessOf } from '../monitoring/health/check-health.js';
import type { PerformanceMonitor } from '../monitoring/performance/performance-monitor.js';
import { prometheusText } from '../monitoring/performance/prometheus-text.js';
import type { Context } from '../runtime/context.js';
import { respond } from './security/headers.js';
import type { Services } from './services.js';

const text = (body: string, status = 200): Response =>
  respond(body, status, { 'content-type': 'text/plain; charset=utf-8' });

/** How long an answer about readiness holds: each check writes a record, and anybody may ask. */
const readinessHoldsMs = 5_000;

/** What orchestrators ask, without saying who they are, under any host name: they learn yes or no and nothing else. */
export class Probes {
  #checkedAt = -Infinity;
  #ready: Promise<boolean> = Promise.resolve(false);

  constructor(private readonly context: Context) {}

  /** The answer to a probe, or undefined for every other path. */
  async answer(path: string | undefined): Promise<Response | undefined> {
    if (path === 'healthz') return text('ok\n');
    if (path !== 'readyz') return undefined;
    return (await this.#isReady()) ? text('ready\n') : text('not ready\n', 503);
  }

  /** One check for all who ask meanwhile. */
  #isReady(): Promise<boolean> {
    const now = this.context.clock.now();
    if (Math.abs(now - this.#checkedAt) >= readinessHoldsMs) {
      this.#checkedAt = now;
      this.#ready = readinessOf(this.context).then(
        ({ status }) => status !== 'unhealthy',
        () => false,
      );
    }
    return this.#ready;
  }
}

/** Open alerts, and what a monitor of this process counted, for Prometheus. */
export async function metricsFor({ alerts }: Services, performance: PerformanceMonitor | undefined): Promise<Response> {
  const name = 'bondx_mlops_alerts_open';
  const lines = [`# HELP ${name} Alerts that nobody looks after yet, at most 1000.`, `# TYPE ${name} gauge`];
  for (const severity of ['warning', 'critical'] as const) {
    const open = await alerts.list({ status: 'open', severity, limit: 1000 });
    lines.push(`${name}{severity="${severity}"} ${open.alerts.length}`);
  }
  const counted = performance === undefined ? '' : prometheusText(performance);
  return respond(`${lines.join('\n')}\n${counted}`, 200, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
  });
}
