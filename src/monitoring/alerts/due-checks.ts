import { driftReportsCollection } from '../../drift/stored-reports.js';
import { ConflictError } from '../../errors.js';
import type { ControlPlane } from '../../governance/control-plane.js';
import { performanceReportsCollection } from '../../retraining/performance/performance-report.js';
import type { Context } from '../../runtime/context.js';
import { checkFunction, checkList, checkName, checkOptions } from '../../util/check.js';
import { toIso } from '../../util/clock.js';
import type { JsonValue } from '../../util/json.js';
import { healthOf } from '../health/check-health.js';
import type { HealthReport } from '../health/health-report.js';
import { driftIntervalMs } from '../newest.js';
import type { DueChecksResult, MonitoredModel, RunDueChecksOptions } from './alerts-options.js';
import type { Finding } from './finding.js';
import { healthFinding } from './rules.js';

const checksCollection = 'monitoring_checks';

/** When a check was begun last. */
interface Begun {
  readonly at: number;
}

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
  ) {}

  async run({ models = [], health = {} }: RunDueChecksOptions): Promise<DueChecksOutcome> {
    const checks: Made[] = [];
    checkList(models, 'models', 'models with a modelName');
    for (const model of models) checks.push(...(await this.#checkModel(model)));
    const { monitoring } = this.context.config.policy;
    if (!(await this.#begin('health', monitoring.healthCheckIntervalMinutes * 60_000))) return { checks };
    const report = await healthOf(this.context, health);
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
    if (checkDrift !== undefined && (await this.#isDue(driftReportsCollection, modelName, driftIntervalMs(policy)))) {
      const to = this.context.clock.now();
      const window = { from: toIso(to - policy.drift.driftWindowDays * 86_400_000), to: toIso(to) };
      made.push(await attempt('drift', modelName, () => checkDrift(window)));
    }
    const everyMs = policy.monitoring.performanceCheckIntervalMinutes * 60_000;
    if (checkPerformance !== undefined && (await this.#isDue(performanceReportsCollection, modelName, everyMs))) {
      made.push(await attempt('performance', modelName, checkPerformance));
    }
    return made;
  }

  /** Due when neither a report nor an attempt is younger than the interval: a check that fails is not made all the time. */
  async #isDue(collection: string, modelName: string, everyMs: number): Promise<boolean> {
    const now = this.context.clock.now();
    const isFresh = await this.control.access('monitoring.read', { model: modelName }, async (storage) => {
      const where = [
        { field: 'modelName', op: 'eq', value: modelName },
        { field: 'createdAt', op: 'gt', value: toIso(now - everyMs) },
        { field: 'createdAt', op: 'lt', value: toIso(now + everyMs) }, // by a clock that was wrong otherwise
      ] as const;
      return (await storage.query(collection, { where: { and: where }, limit: 1 })).records.length > 0;
    });
    return !isFresh && this.#begin(`${collection}/${modelName}`, everyMs);
  }

  /** Takes the right to make a check, once an interval. */
  async #begin(id: string, everyMs: number): Promise<boolean> {
    const now = this.context.clock.now();
    return this.control.access('monitoring.begin_check', 'store', async (storage) => {
      const record = await storage.get(checksCollection, id);
      const begun = record?.value as unknown as Begun | undefined;
      if (begun !== undefined && Math.abs(now - begun.at) < everyMs) return false;
      const value: JsonValue = { at: now };
      try {
        const expect = record?.version ?? 'absent';
        await storage.commit([{ kind: 'put', collection: checksCollection, id, value, expect }]);
        return true;
      } catch (error) {
        if (error instanceof ConflictError) return false;
        throw error;
      }
    });
  }
}

async function attempt(kind: 'drift' | 'performance', modelName: string, check: () => Promise<unknown>): Promise<Made> {
  try {
    await check();
    return { kind, modelName };
  } catch (error) {
    return { kind, modelName, error: error instanceof Error ? error.message : String(error) };
  }
}
