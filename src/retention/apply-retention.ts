import type { MLOpsConfig } from '../config/mlops-config.js';
import { ControlPlane } from '../governance/control-plane.js';
import { expireBackups } from '../maintenance/expire-backups.js';
import { type WorkOptions, assertNotAborted, storeDirectories } from '../maintenance/store-directories.js';
import { type ContextOptions, contextOptionNames, createContext } from '../runtime/context.js';
import { checkOptions, refuse } from '../util/check.js';
import { toIso } from '../util/clock.js';
import type { AuditPurge } from './purge-audit.js';

export interface ApplyRetentionOptions extends ContextOptions, WorkOptions {
  /** Only say what would be removed. */
  readonly dryRun?: boolean;
}

/** What was deleted because its time had passed, or would be. */
export interface RetentionResult {
  /** Ids of deleted runs that are gone for good, with the points of their metrics. */
  readonly runs: readonly string[];
  /** Ids of drift reports that are gone. */
  readonly reports: readonly string[];
  /** Audit records that are gone, older than `madeBefore`; what keeps them longer than the policy asks, if anything does. */
  readonly audit: AuditPurge;
  /** Folders of backups that are gone. */
  readonly backups: readonly string[];
  /** ISO 8601: runs deleted before then, and reports made before then. */
  readonly runsDeletedBefore: string;
  readonly reportsMadeBefore: string;
}

const dayMs = 86_400_000;
const optionNames = [...contextOptionNames, 'signal', 'onProgress', 'dryRun'];

/** Promises what src/on-demand.ts says. */
export async function applyRetention(
  config: MLOpsConfig,
  options: ApplyRetentionOptions = {},
): Promise<RetentionResult> {
  checkOptions(options, optionNames, 'applyRetention');
  const { signal, onProgress = () => undefined, dryRun = false, ...given } = options;
  if (typeof dryRun !== 'boolean') refuse('dryRun must be true or false');
  const context = createContext(config, given);
  const control = new ControlPlane(context);
  const now = context.clock.now();
  // Old things are rarely removed, and never where a model serves.
  const { findExpiredAudit, purgeAudit } = await import('./purge-audit.js');
  const { findExpiredReports, purgeReports, reportDays } = await import('./purge-reports.js');
  const { findExpiredRuns, purgeRun } = await import('./purge-runs.js');
  const deletedBefore = now - config.policy.retention.deletedRunsDays * dayMs;
  const madeBefore = toIso(now - reportDays(config) * dayMs);
  try {
    const found = await control.access('storage.read', 'store', async (storage) => ({
      runs: await findExpiredRuns(storage, deletedBefore),
      reports: await findExpiredReports(storage, madeBefore),
      audit: await findExpiredAudit(context, storage),
    }));
    const runs: string[] = [];
    for (const [i, runId] of found.runs.entries()) {
      assertNotAborted(signal);
      if (dryRun || (await purgeRun(control, runId, deletedBefore))) runs.push(runId);
      onProgress((i + 1) / (found.runs.length + 1), 'runs');
    }
    assertNotAborted(signal);
    const reports = dryRun ? found.reports.map(({ id }) => id) : await purgeReports(control, found.reports);
    assertNotAborted(signal);
    const isDue = found.audit.records > 0 && !dryRun;
    const audit = isDue ? await purgeAudit(context, control) : found.audit;
    // Stores that the caller opened may be anywhere; the policy's backups are of the policy's store.
    const hasBackups = options.storage === undefined && config.policy.storage.kind === 'filesystem';
    const backups = hasBackups ? await expire(config, control, now, dryRun) : [];
    onProgress(1, 'backups');
    return {
      runs,
      reports,
      audit,
      backups,
      runsDeletedBefore: toIso(deletedBefore),
      reportsMadeBefore: madeBefore,
    };
  } finally {
    await context.stores.release();
  }
}

async function expire(
  config: MLOpsConfig,
  control: ControlPlane,
  now: number,
  dryRun: boolean,
): Promise<readonly string[]> {
  const { backups } = storeDirectories(config);
  const days = config.policy.backup.backupRetentionDays;
  const expired = await expireBackups(backups, days, now, true);
  if (dryRun || expired.length === 0) return expired;
  await control.change(
    'storage.expire_backups',
    { resource: { type: 'backups', id: backups }, scope: 'store' },
    async () => ({
      changes: [],
      result: undefined,
      detail: { backups: expired.length, olderThanDays: days },
    }),
  );
  return expireBackups(backups, days, now);
}
