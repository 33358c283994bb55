import type { Change } from '../../storage/storage.js';
import { toIso } from '../../util/clock.js';
import { deepFreeze } from '../../util/freeze.js';
import type { JsonObject, JsonValue } from '../../util/json.js';

export const alertsCollection = 'alerts';
/** The alert that is open for each key, so that two processes cannot raise it twice. */
export const alertKeysCollection = 'alert_keys';

/** What an alert came from. */
export type AlertSource = 'drift' | 'performance' | 'canary' | 'retraining' | 'health' | 'policy' | 'custom';
/** How urgent an alert is. */
export type AlertSeverity = 'warning' | 'critical';
/** `recovered`: what it was about is well again. An acknowledged alert is not repeated. */
export type AlertStatus = 'open' | 'acknowledged' | 'recovered';
/** Why somebody is told. */
export type AlertNotice = 'raised' | 'escalated' | 'repeated' | 'recovered';

export interface StoredAlert {
  readonly alertId: string;
  /** What it is about, such as `drift/spread`: at most one alert a key is not recovered. */
  readonly key: string;
  readonly source: AlertSource;
  readonly severity: AlertSeverity;
  /** The worst it ever was: who was told of that is told of its end. Absent from alerts of older versions. */
  readonly worst?: AlertSeverity;
  /** As it was told last. Absent from alerts of older versions. */
  readonly told?: AlertSeverity;
  readonly status: AlertStatus;
  readonly modelName: string | null;
  readonly title: string;
  readonly message: string;
  /** What it was found from, such as the id of a drift report. */
  readonly evidence: JsonObject;
  readonly raisedAt: number;
  readonly lastSeenAt: number;
  /** How often it was found. */
  readonly count: number;
  readonly notifiedAt: number;
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
  readonly comment: string | null;
  readonly recoveredAt: number | null;
  readonly recovery: string | null;
}

/** Something that somebody should know. */
export interface Alert {
  readonly alertId: string;
  /** What it is about, such as `drift/spread`: at most one alert a key is not recovered. */
  readonly key: string;
  readonly source: AlertSource;
  readonly severity: AlertSeverity;
  readonly status: AlertStatus;
  readonly modelName?: string;
  readonly title: string;
  readonly message: string;
  /** What it was found from, such as the id of a drift report. */
  readonly evidence: JsonObject;
  /** ISO 8601, UTC. */
  readonly raisedAt: string;
  readonly lastSeenAt: string;
  /** How often it was found. */
  readonly count: number;
  readonly acknowledgedAt?: string;
  readonly acknowledgedBy?: string;
  readonly comment?: string;
  readonly recoveredAt?: string;
  /** Why it counts as recovered. */
  readonly recovery?: string;
}

/** An alert and why it is told. */
export interface AlertEvent {
  readonly notice: AlertNotice;
  readonly alert: Alert;
}

export function viewAlert(stored: StoredAlert): Alert {
  const { modelName, acknowledgedAt, acknowledgedBy, comment, recoveredAt, recovery } = stored;
  return deepFreeze({
    alertId: stored.alertId,
    key: stored.key,
    source: stored.source,
    severity: stored.severity,
    status: stored.status,
    ...(modelName !== null && { modelName }),
    title: stored.title,
    message: stored.message,
    evidence: stored.evidence,
    raisedAt: toIso(stored.raisedAt),
    lastSeenAt: toIso(stored.lastSeenAt),
    count: stored.count,
    ...(acknowledgedAt !== null && { acknowledgedAt: toIso(acknowledgedAt) }),
    ...(acknowledgedBy !== null && { acknowledgedBy }),
    ...(comment !== null && { comment }),
    ...(recoveredAt !== null && { recoveredAt: toIso(recoveredAt) }),
    ...(recovery !== null && { recovery }),
  });
}

export const putAlert = (alert: StoredAlert, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: alertsCollection,
  id: alert.alertId,
  value: alert as unknown as JsonValue,
  index: {
    key: alert.key,
    source: alert.source,
    severity: alert.severity,
    status: alert.status,
    modelName: alert.modelName,
    raisedAt: alert.raisedAt,
  },
  expect,
});
