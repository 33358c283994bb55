import { Alerts } from '../../monitoring/alerts/alerts.js';
import type { AlertStatus } from '../../monitoring/alerts/alert.js';
import { exitCode } from '../exit-code.js';
import { modelLoaders } from '../loaders.js';
import { formatTable } from '../output.js';
import type { Session } from '../session.js';

export async function check({ config, output, who }: Session): Promise<number> {
  await using alerts = new Alerts(config, who);
  const result = await alerts.runDueChecks({ health: { loaders: await modelLoaders() } });
  const { events, deliveries } = result;
  const lines = [
    ...events.map(({ notice, alert }) => `${notice}: [${alert.severity}] ${alert.title}: ${alert.message}`),
    `${events.length} alerts; ${deliveries.delivered} delivered, ${deliveries.failed} to be tried again, ${deliveries.undelivered} given up`,
  ];
  output.result(result, lines.join('\n'));
  return deliveries.undelivered > 0 ? exitCode.found : exitCode.ok;
}

export interface AlertListOptions {
  readonly status?: AlertStatus;
  readonly model?: string;
  readonly undelivered?: boolean;
  readonly limit?: number;
}

export async function list({ config, output, who }: Session, options: AlertListOptions): Promise<number> {
  await using alerts = new Alerts(config, who);
  const limit = options.limit === undefined ? {} : { limit: options.limit };
  if (options.undelivered === true) {
    const { deliveries, cursor } = await alerts.listDeliveries({ status: 'undelivered', ...limit });
    const rows = deliveries.map((one) => [
      one.createdAt,
      one.channel,
      one.notice,
      one.alert.title,
      one.lastError ?? '',
    ]);
    const head = ['since', 'channel', 'notice', 'alert', 'why not'];
    output.result(deliveries, rows.length === 0 ? 'everything was delivered' : formatTable(head, rows));
    output.noteMore(cursor);
    return exitCode.ok;
  }
  const page = await alerts.list({
    ...(options.status !== undefined && { status: options.status }),
    ...(options.model !== undefined && { modelName: options.model }),
    ...limit,
  });
  const rows = page.alerts.map((alert) => [
    alert.raisedAt,
    alert.severity,
    alert.status,
    alert.title,
    String(alert.count),
    alert.alertId,
  ]);
  const head = ['raised', 'severity', 'status', 'alert', 'seen', 'id'];
  output.result(page.alerts, rows.length === 0 ? 'no alerts' : formatTable(head, rows));
  output.noteMore(page.cursor);
  return exitCode.ok;
}

export async function acknowledge(
  { config, output, who }: Session,
  alertId: string,
  comment: string | undefined,
): Promise<number> {
  await using alerts = new Alerts(config, who);
  const alert = await alerts.acknowledge(alertId, comment === undefined ? {} : { comment });
  output.result(alert, `${alert.title}: acknowledged by ${alert.acknowledgedBy}`);
  return exitCode.ok;
}
