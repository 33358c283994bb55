/**
 * Retraining from pg-boss, a job queue in PostgreSQL: every host runs this, the queue asks one of them at a time, and
 * `runDue` sees to it that nothing is trained twice even when it asks two.
 *
 *     DATABASE_URL=postgres://… npx tsx examples/pg-boss/main.ts
 */
import type PgBoss from 'pg-boss';
import type { DueOutcome, ManagedModel, RetrainPipeline } from '@bondx/mlops';

const queue = 'retrain-due';

export interface RetrainingJobs {
  readonly boss: PgBoss;
  readonly pipeline: RetrainPipeline;
  readonly models: readonly ManagedModel[];
  /** When to look for what is due, as cron; every quarter of an hour unless told. */
  readonly cron?: string;
  readonly onOutcome?: (outcome: DueOutcome) => void;
}

/** Looks for what is due by the clock, until the queue is stopped. */
export async function workOnRetrainings(jobs: RetrainingJobs): Promise<void> {
  const { boss, pipeline, models, cron = '*/15 * * * *', onOutcome } = jobs;
  // A host that dies in mid-training is noticed when its job expires; the next one resumes what it had begun.
  await boss.createQueue(queue, { name: queue, policy: 'singleton', expireInHours: 6, retryLimit: 2 });
  await boss.schedule(queue, cron);
  await boss.work(queue, { pollingIntervalSeconds: 1 }, async () => {
    const outcomes = await pipeline.runDue({ models });
    for (const outcome of outcomes) onOutcome?.(outcome);
    return outcomes.map(({ modelName, trigger, reason, result }) => ({
      modelName,
      trigger,
      reason,
      status: result?.status ?? null,
      version: result?.newModelVersion ?? null,
    }));
  });
}

/** Asks for a look now, besides those of the clock. */
export const askNow = (boss: PgBoss): Promise<string | null> => boss.send(queue, {});
