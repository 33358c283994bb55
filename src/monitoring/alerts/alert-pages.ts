import { MLOpsError } from '../../errors.js';
import type { Query, Storage } from '../../storage/storage.js';
import { type Alert, type StoredAlert, alertsCollection, viewAlert } from './alert.js';
import type { ListAlertsOptions, ListDeliveriesOptions } from './alerts-options.js';
import { type AlertDelivery, type StoredDelivery, deliveriesCollection, viewDelivery } from './delivery.js';
import { checkOptionalOneOf } from '../../util/check.js';

/** A page of alerts, newest first. */
export interface AlertPage {
  readonly alerts: readonly Alert[];
  /** Present when there may be more. */
  readonly cursor?: string;
}

/** A page of deliveries, newest first. */
export interface DeliveryPage {
  readonly deliveries: readonly AlertDelivery[];
  /** Present when there may be more. */
  readonly cursor?: string;
}

/** @throws MLOpsError `NOT_FOUND` */
export async function loadAlert(
  storage: Storage,
  alertId: string,
): Promise<{ readonly value: StoredAlert; readonly version: number }> {
  const record = await storage.get(alertsCollection, alertId);
  if (record === undefined)
    throw new MLOpsError('NOT_FOUND', `there is no alert ${alertId}; list() shows those there are`);
  return { value: record.value as unknown as StoredAlert, version: record.version };
}

/** @throws MLOpsError `NOT_FOUND` */
export const getAlert = async (storage: Storage, alertId: string): Promise<Alert> =>
  viewAlert((await loadAlert(storage, alertId)).value);

export async function listAlerts(storage: Storage, options: ListAlertsOptions): Promise<AlertPage> {
  const { status, modelName, severity } = options;
  checkOptionalOneOf(status, ['open', 'acknowledged', 'recovered'], 'status');
  checkOptionalOneOf(severity, ['warning', 'critical'], 'severity');
  const query = queryOf({ status, modelName, severity }, 'raisedAt', options);
  const { records, cursor } = await storage.query(alertsCollection, query);
  const alerts = records.map(({ value }) => viewAlert(value as unknown as StoredAlert));
  return { alerts, ...(cursor !== undefined && { cursor }) };
}

export async function listDeliveries(storage: Storage, options: ListDeliveriesOptions): Promise<DeliveryPage> {
  const { alertId, status } = options;
  checkOptionalOneOf(status, ['pending', 'delivered', 'undelivered'], 'status');
  const { records, cursor } = await storage.query(
    deliveriesCollection,
    queryOf({ alertId, status }, 'createdAt', options),
  );
  const deliveries = records.map(({ value }) => viewDelivery(value as unknown as StoredDelivery));
  return { deliveries, ...(cursor !== undefined && { cursor }) };
}

const queryOf = (
  fields: Readonly<Record<string, string | undefined>>,
  timeField: string,
  { limit, cursor }: { readonly limit?: number; readonly cursor?: string },
): Query => ({
  where: {
    and: Object.entries(fields).flatMap(([field, value]) =>
      value === undefined ? [] : [{ field, op: 'eq' as const, value }],
    ),
  },
  orderBy: [{ field: timeField, direction: 'desc' }],
  ...(limit !== undefined && { limit }),
  ...(cursor !== undefined && { cursor }),
});
