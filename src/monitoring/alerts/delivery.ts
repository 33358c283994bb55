import type { Change } from '../../storage/storage.js';
import { toIso } from '../../util/clock.js';
import { deepFreeze } from '../../util/freeze.js';
import type { JsonValue } from '../../util/json.js';
import type { Alert, AlertEvent, AlertNotice } from './alert.js';

/** What is to be sent, stored in the commit that raises the alert: it outlives the process. */
export const deliveriesCollection = 'alert_deliveries';

/** `undelivered`: given up after the last attempt, or after a day. */
export type DeliveryStatus = 'pending' | 'delivered' | 'undelivered';

export interface StoredDelivery {
  /** Sent along as the idempotency key: a receiver that sees it twice has seen the alert before. */
  readonly deliveryId: string;
  readonly channel: string;
  readonly notice: AlertNotice;
  /** As it was when somebody was to be told. */
  readonly alert: Alert;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly createdAt: number;
  /** Not before; while an attempt is under way, when it counts as lost. */
  readonly nextAttemptAt: number;
  readonly endedAt: number | null;
  readonly lastError: string | null;
}

/** One alert on its way to one channel. */
export interface AlertDelivery {
  readonly deliveryId: string;
  readonly channel: string;
  readonly notice: AlertNotice;
  readonly alert: Alert;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly endedAt?: string;
  readonly lastError?: string;
}

export function viewDelivery(stored: StoredDelivery): AlertDelivery {
  const { nextAttemptAt: _next, createdAt, endedAt, lastError, ...rest } = stored;
  return deepFreeze({
    ...rest,
    createdAt: toIso(createdAt),
    ...(endedAt !== null && { endedAt: toIso(endedAt) }),
    ...(lastError !== null && { lastError }),
  });
}

export function newDelivery(deliveryId: string, channel: string, event: AlertEvent, now: number): StoredDelivery {
  return {
    deliveryId,
    channel,
    ...event,
    status: 'pending',
    attempts: 0,
    createdAt: now,
    nextAttemptAt: now,
    endedAt: null,
    lastError: null,
  };
}

export const putDelivery = (delivery: StoredDelivery, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: deliveriesCollection,
  id: delivery.deliveryId,
  value: delivery as unknown as JsonValue,
  index: {
    channel: delivery.channel,
    status: delivery.status,
    alertId: delivery.alert.alertId,
    createdAt: delivery.createdAt,
    nextAttemptAt: delivery.nextAttemptAt,
  },
  expect,
});
