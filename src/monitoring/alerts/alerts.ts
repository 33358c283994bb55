import type { MLOpsConfig } from '../../config/mlops-config.js';
import { ControlPlane } from '../../governance/control-plane.js';
import { modelOrStore, scopeOfRecord } from '../../governance/access/scope.js';
import { type Context, createContext, deriveContext, shareContext } from '../../runtime/context.js';
import type { Principal } from '../../runtime/principal.js';
import {
  checkFunction,
  checkName,
  checkObject,
  checkOneOf,
  checkOptionalName,
  checkOptions,
  refuse,
} from '../../util/check.js';
import { assertJson } from '../../util/json.js';
import { tell, warnOf } from '../../util/tell.js';
import { systemTimer } from '../../util/timer.js';
import { openChannel } from '../channels/open-channel.js';
import { acknowledgeAlert } from './acknowledge.js';
import { type Alert, type AlertEvent, type StoredAlert, alertsCollection } from './alert.js';
import { AlertLoop, type AlertsAutomation } from './alert-loop.js';
import type {
  AlertsOptions,
  AutomateAlertsOptions,
  DueChecksResult,
  ListAlertsOptions,
  ListDeliveriesOptions,
  RaiseAlertOptions,
  RecoverAlertOptions,
  RunDueChecksOptions,
} from './alerts-options.js';
import { type AlertPage, type DeliveryPage, getAlert, listAlerts, listDeliveries } from './alert-pages.js';
import type { Finding } from './finding.js';
import { type DeliverySummary, Outbox } from './outbox.js';
import { isNews, planFinding } from './plan-alert.js';

/** Told of alerts in this process, after they were stored. What it throws, at once or later, becomes a warning. */
export type AlertListener = (event: AlertEvent) => unknown;

/**
 * Tells people what they should know. An alert is stored, audited, together with what is to be sent to each channel of
 * `monitoring.channels`, before anything is sent: neither a process that dies nor a channel that fails loses one.
 */
export class Alerts {
  readonly #context: Context;
  readonly #control: ControlPlane;
  readonly #outbox: Outbox;
  readonly #listeners = new Set<AlertListener>();

  constructor(
    config: MLOpsConfig,
    private readonly options: AlertsOptions = {},
    context?: Context,
  ) {
    const {
      mail,
      timeoutMs = 10_000,
      resolve,
      timer: _timer,
      ...contextOptions
    } = checkObject(options, 'what Alerts is given');
    if (!(timeoutMs >= 1 && timeoutMs <= 600_000))
      refuse(`timeoutMs must be 1 to 600000 milliseconds, got ${timeoutMs}`);
    this.#context = context ?? createContext(config, contextOptions);
    this.#control = new ControlPlane(this.#context);
    const inputs = { config, clock: this.#context.clock, timeoutMs, mail, resolve };
    this.#outbox = new Outbox(this.#context, this.#control, (name) => openChannel(inputs, name), timeoutMs);
    shareContext(this, this.#context);
  }

  /** The same alerts, used by somebody else. */
  withPrincipal(principal: Principal): Alerts {
    return new Alerts(this.#context.config, this.options, deriveContext(this.#context, { principal }));
  }

  /**
   * Calls a listener with every alert that this instance raises, repeats, escalates or lets recover.
   *
   * @returns ends that
   */
  subscribe(listener: AlertListener): () => void {
    checkFunction(listener, 'a listener');
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Raises an alert of your own. When it returns the alert is stored and will be delivered.
   *
   * @returns undefined when the key has an open alert that rests (`monitoring.alert_cooldown_minutes`) or was acknowledged
   */
  async raise(options: RaiseAlertOptions): Promise<AlertEvent | undefined> {
    checkOptions(options, ['key', 'severity', 'title', 'message', 'modelName', 'evidence'], 'raise');
    const { evidence = {}, message } = options;
    if (typeof message !== 'string') refuse('message must be a text');
    assertJson(checkObject(evidence, 'evidence'), 'evidence');
    return this.#take({
      key: `custom/${checkName(options.key, 'key')}`,
      source: 'custom',
      state: 'bad',
      severity: checkOneOf(options.severity, ['warning', 'critical'], 'severity'),
      modelName: checkOptionalName(options.modelName, 'modelName') ?? null,
      title: checkName(options.title, 'title'),
      message,
      evidence,
      evidenceId: this.#context.ids.next(),
    });
  }

  /** Lets an alert raised by {@link raise} recover. @returns undefined when none is open */
  async recover(options: RecoverAlertOptions): Promise<AlertEvent | undefined> {
    checkOptions(options, ['key', 'message'], 'recover');
    return this.#take({
      key: `custom/${checkName(options.key, 'key')}`,
      source: 'custom',
      state: 'good',
      severity: 'warning',
      modelName: null,
      title: 'well again',
      message: checkName(options.message, 'message'),
      evidence: {},
      evidenceId: this.#context.ids.next(),
    });
  }

  /**
   * Looks at the newest drift reports, performance reports, canaries and retrainings of every model, and at the policies that
   * the store was worked on with, and raises or recovers what they call for. Evidence that was looked at before, by whatever process, changes nothing.
   */
  async scan(): Promise<readonly AlertEvent[]> {
    const { monitoring } = this.#context.config.policy;
    const { collectFindings } = await import('./collect-findings.js'); // it knows every kind of record
    const findings = await this.#control.access('monitoring.read', 'store', (storage) =>
      collectFindings(storage, monitoring, this.#context.clock.now()),
    );
    const events: AlertEvent[] = [];
    for (const finding of findings) {
      const event = await this.#take(finding);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  /** Sends what is due to the channels. Failed attempts are made again, up to eight times within a day. */
  async deliverPending(): Promise<DeliverySummary> {
    return this.#outbox.deliver();
  }

  /**
   * Makes the checks that are due, raises what they and everything stored call for, and delivers. For any scheduler, as
   * often as it likes.
   *
   * @example
   * await alerts.runDueChecks({ models: [{ modelName: 'spread', checkDrift: () => monitor.detectDrift(inputs) }] });
   */
  async runDueChecks(options: RunDueChecksOptions = {}): Promise<DueChecksResult> {
    checkOptions(options, ['models', 'health'], 'runDueChecks');
    const { DueChecks } = await import('./due-checks.js');
    const due = await new DueChecks(this.#context, this.#control).run(options);
    const events = [...(await this.scan())];
    const event = due.finding === undefined ? undefined : await this.#take(due.finding);
    if (event !== undefined) events.push(event);
    const deliveries = await this.deliverPending();
    return { checks: due.checks, ...(due.health !== undefined && { health: due.health }), events, deliveries };
  }

  /**
   * Calls {@link runDueChecks} again and again until it is stopped; while a check takes long, alerts are looked for and delivered all
   * the same. It does not keep the process alive.
   */
  automate(options: AutomateAlertsOptions = {}): AlertsAutomation {
    checkOptions(options, ['everyMs', 'models', 'health', 'onError'], 'automate');
    const { everyMs = 10_000, onError, ...checks } = options;
    if (!(everyMs >= 100 && everyMs <= 86_400_000)) refuse('everyMs must be 100 to 86400000 milliseconds');
    const tell = async (): Promise<void> => {
      await this.scan();
      await this.deliverPending();
    };
    return new AlertLoop(() => this.runDueChecks(checks), tell, everyMs, this.options.timer ?? systemTimer, onError);
  }

  /** Says that somebody looks after an alert: it is not repeated any more, unless it gets worse. @throws MLOpsError `NOT_FOUND` */
  async acknowledge(alertId: string, options: { readonly comment?: string } = {}): Promise<Alert> {
    checkName(alertId, 'alertId');
    checkOptions(options, ['comment'], 'acknowledge');
    const comment = checkOptionalName(options.comment, 'comment') ?? null;
    const request = { resource: { type: 'alert', id: alertId }, scope: alertScope(alertId) };
    return this.#control.change('monitoring.acknowledge_alert', request, (storage) =>
      acknowledgeAlert(this.#context, storage, alertId, comment),
    );
  }

  /** @throws MLOpsError `NOT_FOUND` */
  async get(alertId: string): Promise<Alert> {
    checkName(alertId, 'alertId');
    return this.#control.access('monitoring.read', alertScope(alertId), (storage) => getAlert(storage, alertId));
  }

  /** Alerts, newest first. */
  async list(options: ListAlertsOptions = {}): Promise<AlertPage> {
    checkOptions(options, ['status', 'modelName', 'severity', 'limit', 'cursor'], 'list');
    const scope = modelOrStore(options.modelName);
    return this.#control.access('monitoring.read', scope, (storage) => listAlerts(storage, options));
  }

  /** What was, is or could not be sent, newest first. */
  async listDeliveries(options: ListDeliveriesOptions = {}): Promise<DeliveryPage> {
    checkOptions(options, ['alertId', 'status', 'limit', 'cursor'], 'listDeliveries');
    return this.#control.access('monitoring.read', 'store', (storage) => listDeliveries(storage, options));
  }

  /** Gives up the storage; it closes when the last instance made from the same config has. */
  async close(): Promise<void> {
    await this.#context.stores.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #take(finding: Finding): Promise<AlertEvent | undefined> {
    const scope = modelOrStore(finding.modelName ?? undefined);
    // Most findings are known: they leave no audit record.
    if (
      !(await this.#control.access('monitoring.read', scope, (storage) =>
        isNews(storage, finding, this.#context.clock.now()),
      ))
    )
      return undefined;
    const operation = finding.state === 'bad' ? 'monitoring.raise_alert' : 'monitoring.recover_alert';
    const resource =
      finding.modelName === null ? { type: 'alert', id: finding.key } : { type: 'model', id: finding.modelName };
    const event = await this.#control.change(operation, { resource, scope }, (storage) =>
      planFinding(this.#context, storage, finding, () => this.#context.ids.next()),
    );
    if (event !== undefined) this.#tell(event);
    return event;
  }

  #tell(event: AlertEvent): void {
    for (const listener of this.#listeners) tell(listener, [event], warnOf('a listener of alerts'));
  }
}

const alertScope = (alertId: string) =>
  scopeOfRecord(alertsCollection, alertId, ({ modelName }: StoredAlert) => modelOrStore(modelName ?? undefined));
