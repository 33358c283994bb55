import type { AssessComplianceOptions } from './compliance/assess-compliance.js';
import type { ComplianceReport } from './compliance/compliance-report.js';
import type { EvidencePack } from './compliance/evidence/export-evidence.js';
import type { MLOpsConfig } from './config/mlops-config.js';
import type { Lineage, LineageRef } from './lineage/lineage-node.js';
import type { TraceLineageOptions } from './lineage/trace-lineage.js';
import type { BackupOptions, BackupResult } from './maintenance/backup-store.js';
import type { CollectGarbageOptions, GarbageResult } from './maintenance/collect-garbage.js';
import type { MigrateStoreOptions, MigrationResult } from './maintenance/migrate-store.js';
import type { RestoreOptions, RestoreResult } from './maintenance/restore-store.js';
import type { ModelRegistry } from './registry/model-registry.js';
import type { ApplyRetentionOptions, RetentionResult } from './retention/apply-retention.js';

// What most processes never call: each is loaded when first called, so that importing the package stays quick.

/**
 * Data set → run → version → deployment → decision → report → retraining → next run: what led to a thing, and what it led
 * to, as far as records say.
 *
 * @example
 * await traceLineage(registry, { kind: 'version', id: 'spread/1.1.0' }, { direction: 'backwards' });
 * @throws MLOpsError `NOT_FOUND` when there is no such thing
 */
export async function traceLineage(
  registry: ModelRegistry,
  from: LineageRef,
  options?: TraceLineageOptions,
): Promise<Lineage> {
  return (await import('./lineage/trace-lineage.js')).traceLineage(registry, from, options);
}

/**
 * Makes every check that `security.regulatory_frameworks` and `security.compliance_checks` ask for and that applies to what
 * the model is for, stores the report, and puts it on the version as its evidence for `promotion.require_compliance_check`.
 *
 * @example
 * const report = await assessCompliance(registry, { modelName: 'pd', version: '1.0.0', inputs: { pd: { grades, horizonEndsAt } } });
 * report.results.filter(({ status }) => status !== 'met');
 * @throws MLOpsError `NOT_FOUND`; `INVALID_INPUT` for inputs that cannot be
 */
export async function assessCompliance(
  registry: ModelRegistry,
  options: AssessComplianceOptions,
): Promise<ComplianceReport> {
  return (await import('./compliance/assess-compliance.js')).assessCompliance(registry, options);
}

/**
 * Puts all that is known of a version into one archive that can be read and verified without this software: its files, every
 * record, the gapless part of the audit trail with proofs to a signed checkpoint, the policy, an index signed with the store's
 * key for artifacts, and the script that verifies it.
 *
 * @example
 * const { bytes } = await exportEvidence(registry, { modelName: 'pd', version: '1.0.0' });
 * await writeFile('pd-1.0.0.tar', bytes);
 * @throws MLOpsError `NOT_FOUND`; `CORRUPT` when a file of the version was altered, or the audit trail is not the one that its
 *   checkpoint signs; `KEY_UNAVAILABLE` without a key
 */
export async function exportEvidence(
  registry: ModelRegistry,
  options: { readonly modelName: string; readonly version: string },
): Promise<EvidencePack> {
  return (await import('./compliance/evidence/export-evidence.js')).exportEvidence(registry, options);
}

/**
 * Copies a filesystem store as it is at one moment, while processes go on writing to it: the database first, then every
 * file that the copy refers to, each verified on the way. The audit trail of the copy is verified before the backup
 * counts. Files are kept once for all backups of the folder, so that the next one copies what is new. What records name
 * and the store no longer has is listed as `missing`. The store's own trail gets a record of the backup.
 *
 * @throws MLOpsError `CORRUPT` when the store is damaged, `NOT_FOUND` when there is none, `ABORTED`, `STORAGE_FULL`,
 *   `UNAUTHENTICATED`
 */
export async function backupStore(config: MLOpsConfig, options?: BackupOptions): Promise<BackupResult> {
  return (await import('./maintenance/backup-store.js')).backupStore(config, options);
}

/**
 * Puts a backup where the policy says that the store is, and verifies it: the database's digest, the audit trail up to
 * the record that was its last, every file's digest. The database gets its name last: a restore that was interrupted
 * leaves no store, only files, and can be started again. The restored trail goes on with a record of the restore. Files that
 * the backup lacks or has damaged are named in `missing`; all others are put back.
 *
 * @throws MLOpsError `ALREADY_EXISTS` when there is a store already, `NOT_FOUND` when there is no backup, `CORRUPT` when
 *   its records are damaged, `ABORTED`, `UNAUTHENTICATED`
 */
export async function restoreStore(config: MLOpsConfig, options?: RestoreOptions): Promise<RestoreResult> {
  return (await import('./maintenance/restore-store.js')).restoreStore(config, options);
}

/**
 * Copies everything that one store holds into another, empty one: artifacts, records with their index fields, streams.
 * Then it reads the target and compares: counts, the digest of all content, the audit trail up to the source's last
 * record. A call that was stopped, or killed, is gone on with by the next; one that was done is told so. The target's
 * audit trail goes on with a record of the migration. Nobody may write to either store meanwhile.
 *
 * @throws MLOpsError `ALREADY_EXISTS` when the target holds something else, `ILLEGAL_STATE` when the source was written
 *   to meanwhile, `CORRUPT` when source or copy do not verify, `UNAUTHENTICATED`, `ABORTED`
 */
export async function migrateStore(options: MigrateStoreOptions): Promise<MigrationResult> {
  return (await import('./maintenance/migrate-store.js')).migrateStore(options);
}

/**
 * Removes artifacts that no record and no stream entry names, once they are `retention.unreferenced_artifacts_hours` old:
 * left over from registrations that were refused or interrupted, and from what was deleted.
 *
 * Never races with a registration: whoever stores content, also content that is there already, makes it new again in the
 * same step in which the store keeps it; the adapters' `deleteUnlessPutSince` decides that. So a registration only has to
 * be committed within the hours of the policy.
 *
 * @throws MLOpsError `UNSUPPORTED` where an adapter cannot tell what is referred to or since when it is there
 */
export async function collectGarbage(config: MLOpsConfig, options?: CollectGarbageOptions): Promise<GarbageResult> {
  return (await import('./maintenance/collect-garbage.js')).collectGarbage(config, options);
}

/**
 * Removes for good what the policy's `retention` section, `security.audit_log_retention_days` and
 * `backup.backup_retention_days` no longer ask to keep: runs that were deleted, with their metric points; drift reports; audit
 * records; backups. Stays, however old: what a registered version refers to, what a law asks for (the longer time wins), the
 * newest backup, and audit records since the oldest version in use was registered. Files that only those referred to
 * go with the next {@link collectGarbage}.
 */
export async function applyRetention(config: MLOpsConfig, options?: ApplyRetentionOptions): Promise<RetentionResult> {
  return (await import('./retention/apply-retention.js')).applyRetention(config, options);
}
