import { driftReportsCollection } from '../../drift/stored-reports.js';
import { ConflictError } from '../../errors.js';
import { type ControlPlane, retryConflicts } from '../../governance/control-plane.js';
import { performanceReportsCollection } from '../../retraining/performance/performance-report.js';
import type { Context } from '../../runtime/context.js';
import type { Change } from '../../storage/storage.js';
import { checkFunction, checkList, checkName, checkOptions } from '../../util/check.js';
import { toIso } from '../../util/clock.js';
import { type Timer, systemTimer } from '../../util/timer.js';
import { healthOf } from '../health/check-health.js';
import type { HealthReport } from '../health/health-report.js';
import { driftIntervalMs } from '../newest.js';
import type { DueChecksResult, MonitoredModel, RunDueChecksOptions } from './alerts-options.js';
import type { Finding } from './finding.js';
import { healthFinding } from './rules.js';
import { isError } from '../../util/is-error.js';

const checksCollection = 'monitoring_checks';

/** A check that was begun. */
interface Begun {
  readonly at: number;
  /** Until when others have to believe that it is being made; null once it has ended, absent from older versions. */
  readonly until?: number | null;
  /** Identifies who is at it. */
  readonly holder?: string;
  /** How often it was begun in a row without an end. */
  readonly attempt?: number;
}

/**
 * When a check is due again: somewhat before its interval has passed. A job that comes at the same time every day or hour is never on
 * the second, a report is dated when its check ends, and a day is an hour short when summer time begins.
 */
const dueAfter = (everyMs: number): number => everyMs - Math.min(everyMs / 10, 5_400_000);

/** How long a check counts as being made after its process was heard of last. */
const leaseMs = 600_000;

/** Processes in a row that a check may take with it before it rests for its interval. */
const mostFutile = 3;

type Made = DueChecksResult['checks'][number];

export interface DueChecksOutcome {
  readonly checks: readonly Made[];
  readonly health?: HealthReport;
  /** What the health check calls for. */
  readonly finding?: Finding;
}

/** Makes the checks whose interval has passed; of several processes that ask at once, one makes each. */
export class DueChecks {
  constructor(
    private readonly context: Context,
    private readonly control: ControlPlane,
    private readonly timer: Timer = systemTimer,
  ) {}

  async run({ models = [], health = {} }: RunDueChecksOptions): Promise<DueChecksOutcome> {
    const checks: Made[] = [];
    checkList(models, 'models', 'models with a modelName');
    for (const model of models) checks.push(...(await this.#checkModel(model)));
    const { monitoring } = this.context.config.policy;
    const everyMs = dueAfter(monitoring.healthCheckIntervalMinutes * 60_000);
    const report = await this.#once('health', everyMs, () => healthOf(this.context, health));
    if (report === undefined) return { checks };
    const finding = healthFinding(report, this.context.ids.next(), monitoring);
    return { checks: [...checks, { kind: 'health' }], health: report, ...(finding !== undefined && { finding }) };
  }

  async #checkModel(model: MonitoredModel): Promise<readonly Made[]> {
    checkOptions(model, ['modelName', 'checkDrift', 'checkPerformance'], 'a model of runDueChecks');
    const { modelName, checkDrift, checkPerformance } = model;
    for (const check of [checkDrift, checkPerformance]) if (check !== undefined) checkFunction(check, 'a check');
    checkName(modelName, 'modelName');
    const { policy } = this.context.config;
    const made: Made[] = [];
    if (checkDrift !== undefined) {
      const check = () => {
        const to = this.context.clock.now();
        return checkDrift({ from: toIso(to - policy.drift.driftWindowDays * 86_400_000), to: toIso(to) });
      };
      made.push(
        ...(await this.#ifDue('drift', driftReportsCollection, modelName, dueAfter(driftIntervalMs(policy)), check)),
      );
    }
    if (checkPerformance !== undefined) {
      const everyMs = dueAfter(policy.monitoring.performanceCheckIntervalMinutes * 60_000);
      made.push(
        ...(await this.#ifDue('performance', performanceReportsCollection, modelName, everyMs, checkPerformance)),
      );
    }
    return made;
  }

  /** Due when neither a report nor an attempt is younger than the interval: a check that fails is not made all the time. */
  async #ifDue(
    kind: 'drift' | 'performance',
    collection: string,
    modelName: string,
    everyMs: number,
    check: () => Promise<unknown>,
  ): Promise<readonly Made[]> {
    const now = this.context.clock.now();
    const isFresh = await this.control.access('monitoring.read', { model: modelName }, async (storage) => {
      const where = [
        { field: 'modelName', op: 'eq', value: modelName },
        { field: 'createdAt', op: 'gt', value: toIso(now - everyMs) },
        { field: 'createdAt', op: 'lt', value: toIso(now + everyMs) }, // by a clock that was wrong otherwise
      ] as const;
      return (await storage.query(collection, { where: { and: where }, limit: 1 })).records.length > 0;
    });
    if (isFresh) return [];
    const made = await this.#once(`${collection}/${modelName}`, everyMs, () => attempt(kind, modelName, check));
    return made === undefined ? [] : [made];
  }

  /**
   * Makes a check unless somebody did, or is at it, within its interval. One whose process died is made again once that has
   * not been heard of for ten minutes; undefined when it is not to be made.
   */
  async #once<T>(id: string, everyMs: number, check: () => Promise<T>): Promise<T | undefined> {
    const begun = await this.#begin(id, everyMs);
    if (begun === undefined) return undefined;
    // What cannot be written now is written the next time; an end that was not is a check too many.
    const renew = (until: number | null) => this.#renew(id, begun, until).catch(() => undefined);
    const stop = this.timer.every(leaseMs / 3, () => void renew(this.context.clock.now() + leaseMs));
    try {
      return await check();
    } finally {
      stop();
      await renew(null);
    }
  }

  /** Takes the right to make a check; undefined when it is not due. */
  async #begin(id: string, everyMs: number): Promise<Begun | undefined> {
    const now = this.context.clock.now();
    return this.control.access('monitoring.begin_check', 'store', async (storage) => {
      const record = await storage.get(checksCollection, id);
      const before = record?.value as unknown as Begun | undefined;
      const isRecent = before !== undefined && Math.abs(now - before.at) < everyMs;
      const { until = null, attempt = 1 } = before ?? {};
      const hasDied = until !== null && until <= now;
      if (isRecent && (!hasDied || attempt >= mostFutile)) return undefined;
      const holder = this.context.ids.next();
      const begun = { at: now, until: now + leaseMs, holder, attempt: isRecent ? attempt + 1 : 1 };
      try {
        await storage.commit([putBegun(id, begun, record?.version ?? 'absent')]);
        return begun;
      } catch (error) {
        if (error instanceof ConflictError) return undefined;
        throw error;
      }
    });
  }

  /** Says that a check is still being made, or that it has ended; nothing when another process has taken it over. */
  async #renew(id: string, begun: Begun, until: number | null): Promise<void> {
    await this.control.access('monitoring.begin_check', 'store', (storage) =>
      retryConflicts(async () => {
        const record = await storage.get(checksCollection, id);
        const found = record?.value as unknown as Begun | undefined;
        if (found?.holder !== begun.holder || found?.until == null) return;
        await storage.commit([putBegun(id, { ...begun, until }, record!.version)]);
      }),
    );
  }
}

const putBegun = (id: string, begun: Begun, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: checksCollection,
  id,
  value: { ...begun },
  expect,
});

async function attempt(kind: 'drift' | 'performance', modelName: string, check: () => Promise<unknown>): Promise<Made> {
  try {
    await check();
    return { kind, modelName };
  } catch (error) {
    return { kind, modelName, error: isError(error) ? error.message : String(error) };
  }
}
