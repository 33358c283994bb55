import { type CheckHealthOptions, checkHealth } from '../../monitoring/health/check-health.js';
import { exitCode } from '../exit-code.js';
import { modelLoaders } from '../loaders.js';
import { formatTable } from '../output.js';
import type { Session } from '../session.js';

export interface HealthCommandOptions {
  readonly probe: NonNullable<CheckHealthOptions['probe']>;
  readonly timeout?: number;
  readonly fullAudit?: boolean;
}

const codes = { healthy: exitCode.ok, degraded: exitCode.found, unhealthy: exitCode.failed } as const;

export async function health({ config, output, who }: Session, options: HealthCommandOptions): Promise<number> {
  const { probe, timeout, fullAudit = false } = options;
  const report = await checkHealth(config, {
    ...who,
    probe,
    fullAudit,
    ...(probe !== 'live' && { loaders: await modelLoaders() }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
  });
  const rows = report.checks.map(({ name, status, reason }) => [name, status, reason]);
  const table = rows.length === 0 ? '' : `\n${formatTable(['check', 'status', 'reason'], rows)}`;
  output.result(report, `${report.status}${table}`);
  return codes[report.status];
}
