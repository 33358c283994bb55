import { runsCollection } from '../tracking/run.js';
import type { Storage } from '../storage/storage.js';
import type { FinalRunStatus } from '../tracking/run.js';
import type { ExperimentTracker } from '../tracking/experiment-tracker.js';
import type { Job } from './job.js';

const retrainingTag = 'retrainingId';

/** Runs of a retraining that have not ended: one, unless its process died before there was any. */
export async function openRuns(storage: Storage, retrainingId: string): Promise<readonly string[]> {
  const { records } = await storage.query(runsCollection, {
    where: {
      and: [
        { field: `tags.${retrainingTag}`, op: 'eq', value: retrainingId },
        { field: 'status', op: 'eq', value: 'running' },
      ],
    },
  });
  return records.map(({ id }) => id);
}

/** The latest run of a retraining, ended or not: once there is a version, the one that it was trained in. */
export async function latestRun(storage: Storage, retrainingId: string): Promise<string | undefined> {
  const { records } = await storage.query(runsCollection, {
    where: { field: `tags.${retrainingTag}`, op: 'eq', value: retrainingId },
    orderBy: [{ field: 'startedAt', direction: 'desc' }],
    limit: 1,
  });
  return records[0]?.id;
}

/** The tracking run of a retraining: the one begun before it was interrupted, or a new one. */
export async function ensureRun({ storage, tracker, plan, retrainingId }: Job): Promise<string> {
  const [open] = await openRuns(storage, retrainingId);
  if (open !== undefined) return open;
  return tracker.startRun({
    experimentName: experimentName(plan.modelName),
    modelType: plan.modelType,
    heartbeat: false, // whoever resumes the retraining goes on with its run
    tags: {
      [retrainingTag]: retrainingId,
      trigger: plan.trigger,
      reason: plan.reason,
      ...(plan.reportId !== null && { reportId: plan.reportId }),
    },
  });
}

export const experimentName = (modelName: string): string => `${modelName}_retraining`;

/** Logs metrics unless that was done before an interruption. */
export async function logMetricsOnce(
  tracker: ExperimentTracker,
  runId: string,
  metrics: Readonly<Record<string, number>>,
): Promise<void> {
  const { metrics: logged } = await tracker.getRun(runId);
  if (Object.keys(metrics).every((name) => logged[name] === undefined)) await tracker.logMetrics(runId, metrics);
}

/** Ends every run of a retraining that is still open. */
export async function endRuns(
  storage: Storage,
  tracker: ExperimentTracker,
  retrainingId: string,
  status: FinalRunStatus,
  error?: string,
): Promise<void> {
  for (const runId of await openRuns(storage, retrainingId)) await tracker.endRun(runId, status, error);
}
