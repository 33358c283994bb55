import type { Policy } from '../../config/policy.js';
import { driftReportsCollection } from '../../drift/stored-reports.js';
import type { Storage } from '../../storage/storage.js';
import { toIso } from '../../util/clock.js';
import { findByKey, isOpen, restOfAlarms } from '../claim.js';
import { performanceReportsCollection } from '../performance/performance-report.js';
import type { RetrainingCause, RetrainingTrigger } from '../retraining-plan.js';
import { type StoredRetraining, retrainingsCollection } from '../retraining-record.js';
import { periodOf } from './calendar.js';
import { reasonOf } from './reason-of.js';

/** Why a model is to be retrained now. */
export interface Due {
  readonly trigger: RetrainingTrigger;
  readonly cause: RetrainingCause;
  /** Whoever asks for the same thing has the same key. */
  readonly idempotencyKey: string;
  readonly reason: string;
}

/** What decides whether a model is due. */
export interface DueInputs {
  readonly storage: Storage;
  readonly retraining: Policy['retraining'];
  readonly now: number;
}

/** Clocks of hosts that are right differ by less; what is dated later does not hide the newest report. */
const aheadMs = 86_400_000;

/**
 * What a model's newest reports and the calendar ask for and nobody has done yet: the drift report first, then the
 * performance report, then the schedule. Otherwise why nothing is due.
 */
export async function findDue(inputs: DueInputs, modelName: string): Promise<Due | string> {
  const { autoRetrainOnDrift, autoRetrainOnPerformanceDrop } = inputs.retraining;
  const reports = [
    ['drift', driftReportsCollection, autoRetrainOnDrift],
    ['performance', performanceReportsCollection, autoRetrainOnPerformanceDrop],
  ] as const;
  const reasons: string[] = [];
  for (const [trigger, collection, isOn] of reports) {
    const due = isOn ? await dueByReport(inputs, modelName, trigger, collection) : `${trigger} alarms are switched off`;
    if (typeof due !== 'string') return due;
    reasons.push(due);
  }
  const due = await dueBySchedule(inputs, modelName);
  return typeof due === 'string' ? [...reasons, due].join('; ') : due;
}

async function dueByReport(
  inputs: DueInputs,
  modelName: string,
  trigger: 'drift' | 'performance',
  collection: string,
): Promise<Due | string> {
  const { storage, retraining, now } = inputs;
  const { records } = await storage.query(collection, {
    where: {
      and: [
        { field: 'modelName', op: 'eq', value: modelName },
        { field: 'createdAt', op: 'lt', value: toIso(now + aheadMs) },
      ],
    },
    orderBy: [
      { field: 'createdAt', direction: 'desc' },
      { field: 'id', direction: 'desc' }, // of those of one moment the last: ids grow
    ],
    limit: 1,
  });
  const report = records[0]?.value as unknown as (RetrainingCause & { readonly reportId: string }) | undefined;
  if (report === undefined) return `there is no ${trigger} report`;
  if (report.requiresRetraining !== true) return `the newest ${trigger} report asks for nothing`;
  const { records: followed } = await storage.query(retrainingsCollection, {
    where: {
      and: [
        { field: 'reportId', op: 'eq', value: report.reportId },
        { field: 'status', op: 'in', values: ['registered', 'rejected'] },
      ],
    },
    limit: 1,
  });
  if (followed[0] !== undefined) return `the newest ${trigger} report was followed by retraining ${followed[0].id}`;
  const idempotencyKey = `${trigger}/${report.reportId}`;
  const tried = (await findByKey(storage, modelName, idempotencyKey))?.retraining.value;
  const answered = answerTo(tried, retraining.cooldownHours, now);
  if (answered !== undefined) return `the newest ${trigger} report ${answered}`;
  const rest =
    tried !== undefined && isOpen(tried)
      ? undefined
      : await restOfAlarms(storage, retraining.cooldownHours, modelName, now);
  if (rest !== undefined) return rest;
  return { trigger, cause: report, idempotencyKey, reason: reasonOf(trigger, report) };
}

/** Due when the calendar began a new period and no retraining of the model has come to an end in it. */
async function dueBySchedule({ storage, retraining, now }: DueInputs, modelName: string): Promise<Due | string> {
  const { enabled, frequency } = retraining.scheduledRetraining;
  if (!enabled) return 'no schedule is switched on';
  const period = periodOf(now, frequency);
  const { records } = await storage.query(retrainingsCollection, {
    where: {
      and: [
        { field: 'modelName', op: 'eq', value: modelName },
        { field: 'status', op: 'in', values: ['registered', 'rejected'] },
        { field: 'endedAt', op: 'gte', value: period.startsAt },
        { field: 'endedAt', op: 'lt', value: period.endsAt },
      ],
    },
    limit: 1,
  });
  if (records.length > 0) return `it was retrained in ${period.name}`;
  const idempotencyKey = `schedule/${period.name}`;
  const tried = (await findByKey(storage, modelName, idempotencyKey))?.retraining.value;
  const answered = answerTo(tried, retraining.cooldownHours, now);
  if (answered !== undefined) return `the schedule for ${period.name} ${answered}`;
  return { trigger: 'schedule', cause: { modelName }, idempotencyKey, reason: `${frequency}, for ${period.name}` };
}

/** What became of an earlier try, unless it is to be gone on with or tried again. */
function answerTo(tried: StoredRetraining | undefined, cooldownHours: number, now: number): string | undefined {
  if (tried === undefined) return undefined;
  const { result, status, endedAt, retrainingId } = tried;
  if (result !== null) return `was followed by retraining ${retrainingId}`;
  // Apart in either direction: one that ended later than now did so by a clock that was ahead.
  const hasFailed = status === 'failed' && Math.abs(now - (endedAt ?? 0)) < cooldownHours * 3_600_000;
  return hasFailed
    ? `led to retraining ${retrainingId}, which failed; it rests for retraining.cooldown_hours`
    : undefined;
}
