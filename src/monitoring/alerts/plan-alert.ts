import type { Plan } from '../../governance/control-plane.js';
import type { Context } from '../../runtime/context.js';
import type { Change, Storage } from '../../storage/storage.js';
import {
  type AlertEvent,
  type AlertNotice,
  type AlertSeverity,
  type StoredAlert,
  alertKeysCollection,
  alertsCollection,
  putAlert,
  viewAlert,
} from './alert.js';
import { aheadMs } from '../newest.js';
import { newDelivery, putDelivery } from './delivery.js';
import type { Finding } from './finding.js';

/** What is known of a key. */
interface StoredKey {
  /** The alert that is not recovered. */
  readonly alertId: string | null;
  /** The evidence taken up last. */
  readonly evidenceId: string;
  /** When that was made; see {@link Finding}. */
  readonly evidenceAt?: number;
}

interface LoadedKey {
  readonly key: StoredKey | undefined;
  readonly expect: 'absent' | number;
}

async function loadKey(storage: Storage, name: string): Promise<LoadedKey> {
  const record = await storage.get(alertKeysCollection, name);
  return { key: record?.value as unknown as StoredKey | undefined, expect: record?.version ?? 'absent' };
}

/** The alert of a key that is not recovered. */
async function loadOpen(
  storage: Storage,
  key: StoredKey | undefined,
): Promise<{ readonly alert: StoredAlert; readonly version: number } | undefined> {
  const record = key?.alertId == null ? undefined : await storage.get(alertsCollection, key.alertId);
  return record && { alert: record.value as unknown as StoredAlert, version: record.version };
}

/**
 * Whether a finding changes anything: it is evidence not seen before, nor older than what was taken up by a process that looked
 * later, and good news matter only while an alert is open.
 */
export async function isNews(storage: Storage, finding: Finding, now: number): Promise<boolean> {
  const { key } = await loadKey(storage, finding.key);
  if (key?.evidenceId === finding.evidenceId) return false;
  const { evidenceAt = -Infinity } = key ?? {};
  if (finding.evidenceAt !== undefined && finding.evidenceAt < evidenceAt && evidenceAt < now + aheadMs) return false;
  if (finding.state === 'bad') return true;
  const open = await loadOpen(storage, key);
  if (open === undefined) return false;
  return finding.state === 'good' || open.alert.evidence['modelVersion'] !== finding.evidence['modelVersion'];
}

const ranks: Readonly<Record<AlertSeverity, number>> = { warning: 0, critical: 1 };

/**
 * Raises, repeats, escalates or recovers the alert of a finding's key, together with its deliveries, in one commit. The
 * result is undefined when nobody is to be told.
 */
export async function planFinding(
  context: Context,
  storage: Storage,
  finding: Finding,
  newId: () => string,
): Promise<Plan<AlertEvent | undefined>> {
  const now = context.clock.now();
  if (!(await isNews(storage, finding, now))) return { changes: [], result: undefined, reason: 'known already' };
  const { key, expect } = await loadKey(storage, finding.key);
  const open = await loadOpen(storage, key);
  const { alert, notice } =
    open === undefined
      ? { alert: newAlert(newId(), finding, now), notice: 'raised' as const }
      : continued(open.alert, finding, now, context.config.policy.monitoring.alertCooldownMinutes * 60_000);
  const remembered: StoredKey = {
    alertId: alert.status === 'recovered' ? null : alert.alertId,
    evidenceId: finding.evidenceId,
    ...(finding.evidenceAt !== undefined && { evidenceAt: finding.evidenceAt }),
  };
  const event = notice === undefined ? undefined : { notice, alert: viewAlert(alert) };
  return {
    changes: [
      putAlert(alert, open?.version ?? 'absent'),
      { kind: 'put', collection: alertKeysCollection, id: finding.key, value: { ...remembered }, expect },
      ...(event === undefined ? [] : deliveriesOf(context, event, urgencyOf(event, alert), now, newId)),
    ],
    result: event,
    reason: alert.title,
    detail: { alertId: alert.alertId, key: alert.key, severity: alert.severity, notice: notice ?? 'none' },
  };
}

const newAlert = (alertId: string, finding: Finding, now: number): StoredAlert => {
  const { key, source, severity, modelName, title, message, evidence } = finding;
  return {
    ...{
      alertId,
      key,
      source,
      severity,
      worst: severity,
      told: severity,
      status: 'open',
      modelName,
      title,
      message,
      evidence,
    },
    ...{ raisedAt: now, lastSeenAt: now, notifiedAt: now, count: 1 },
    ...{ acknowledgedAt: null, acknowledgedBy: null, comment: null, recoveredAt: null, recovery: null },
  };
};

/** An open alert after another finding; the notice is undefined while it rests. */
function continued(
  before: StoredAlert,
  finding: Finding,
  now: number,
  cooldownMs: number,
): { readonly alert: StoredAlert; readonly notice: AlertNotice | undefined } {
  if (finding.state !== 'bad') {
    const recovery = `${finding.title}: ${finding.message}`;
    return {
      alert: { ...before, status: 'recovered', recoveredAt: now, recovery, notifiedAt: now },
      notice: 'recovered',
    };
  }
  const { severity, title, message, evidence } = finding;
  const { worst = before.severity, told = before.severity } = before;
  // One that comes and goes is not worse each time than what somebody was told; who acknowledged it saw it as it was then.
  const isWorse = ranks[severity] > ranks[before.status === 'open' ? told : before.severity];
  const isRested = before.status === 'open' && Math.abs(now - before.notifiedAt) >= cooldownMs;
  const notice = isWorse ? 'escalated' : isRested ? 'repeated' : undefined;
  const alert: StoredAlert = {
    ...before,
    ...{ severity, title, message, evidence, lastSeenAt: now, count: before.count + 1 },
    worst: ranks[severity] > ranks[worst] ? severity : worst,
    // What got worse is to be looked at again.
    status: isWorse ? 'open' : before.status,
    ...(notice === undefined ? { told, notifiedAt: before.notifiedAt } : { told: severity, notifiedAt: now }),
  };
  return { alert, notice };
}

/** Whoever was told of an alert at its worst is told that it is over. */
const urgencyOf = ({ notice }: AlertEvent, { severity, worst = severity }: StoredAlert): AlertSeverity =>
  notice === 'recovered' ? worst : severity;

function deliveriesOf(
  context: Context,
  event: AlertEvent,
  urgency: AlertSeverity,
  now: number,
  newId: () => string,
): readonly Change[] {
  return Object.entries(context.config.policy.monitoring.channels)
    .filter(([, { minimumSeverity }]) => ranks[urgency] >= ranks[minimumSeverity])
    .map(([channel]) => putDelivery(newDelivery(newId(), channel, event, now), 'absent'));
}
