import type { DriftReport } from '../../drift/drift-report.js';
import type { ContextOptions } from '../../runtime/context.js';
import type { PerformanceReport } from '../../retraining/performance/performance-report.js';
import type { JsonObject } from '../../util/json.js';
import type { Timer } from '../../util/timer.js';
import type { MailTransport } from '../channels/channel.js';
import type { ResolveHost } from '../channels/safe-post.js';
import type { CheckHealthOptions } from '../health/check-health.js';
import type { HealthReport } from '../health/health-report.js';
import type { AlertEvent, AlertSeverity, AlertStatus } from './alert.js';
import type { DeliveryStatus } from './delivery.js';
import type { DeliverySummary } from './outbox.js';

export interface AlertsOptions extends ContextOptions {
  /** Sends the e-mails of channels of `kind: email`; nodemailer's transports fit. */
  readonly mail?: MailTransport;
  /** Longest time of one attempt to deliver, milliseconds; 10,000 unless told. */
  readonly timeoutMs?: number;
  /** Turns names of hosts into addresses; the system's resolver unless told. */
  readonly resolve?: ResolveHost;
  readonly timer?: Timer;
}

/** An alert of the embedding service's own. */
export interface RaiseAlertOptions {
  /** What it is about: raising a key that has an open alert counts up, and tells nobody while it rests. */
  readonly key: string;
  readonly severity: AlertSeverity;
  readonly title: string;
  readonly message: string;
  readonly modelName?: string;
  readonly evidence?: JsonObject;
}

/** Which alert {@link Alerts.recover} ends, and why. */
export interface RecoverAlertOptions {
  readonly key: string;
  readonly message: string;
}

/** Which alerts {@link Alerts.list} gives. */
export interface ListAlertsOptions {
  readonly status?: AlertStatus;
  readonly modelName?: string;
  readonly severity?: AlertSeverity;
  /** 100 unless told. */
  readonly limit?: number;
  readonly cursor?: string;
}

/** Which deliveries {@link Alerts.listDeliveries} gives. */
export interface ListDeliveriesOptions {
  readonly alertId?: string;
  readonly status?: DeliveryStatus;
  /** 100 unless told. */
  readonly limit?: number;
  readonly cursor?: string;
}

/** A model whose checks are made when they are due. */
export interface MonitoredModel {
  readonly modelName: string;
  /**
   * Makes a drift check, such as `monitor.detectDrift(…)`; due when the newest report is older than the shorter of
   * `monitoring.drift_check_interval_hours` and `drift.drift_check_interval_hours`.
   *
   * @param window the time that `drift.drift_window_days` reaches back, ISO 8601
   */
  readonly checkDrift?: (window: { readonly from: string; readonly to: string }) => Promise<DriftReport>;
  /**
   * Makes a performance check, such as `pipeline.checkPerformance(…)`; due after
   * `monitoring.performance_check_interval_minutes`.
   */
  readonly checkPerformance?: () => Promise<PerformanceReport>;
}

/** Which checks {@link Alerts.runDueChecks} makes when they are due. */
export interface RunDueChecksOptions {
  /** None unless told: alerts then come from what is stored, and from the health checks. */
  readonly models?: readonly MonitoredModel[];
  /** How health is checked. */
  readonly health?: CheckHealthOptions;
}

/** What one look did. */
export interface DueChecksResult {
  /** Checks that were due, each with its error when it failed; one that fails holds up no other. */
  readonly checks: readonly {
    readonly kind: 'drift' | 'performance' | 'health';
    readonly modelName?: string;
    readonly error?: string;
  }[];
  /** When health was due. */
  readonly health?: HealthReport;
  readonly events: readonly AlertEvent[];
  readonly deliveries: DeliverySummary;
}

/** What {@link Alerts.automate} does again and again. */
export interface AutomateAlertsOptions extends RunDueChecksOptions {
  /** How often it is looked, milliseconds; 10,000 unless told. */
  readonly everyMs?: number;
  /** Told when looking, or one of the checks, failed; it is tried again. Without it, a warning is printed. */
  readonly onError?: (error: unknown) => unknown;
}
