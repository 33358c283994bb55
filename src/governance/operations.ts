import type { Permission } from '../config/roles.js';

/**
 * Every public operation: what it needs permission for and whether it is audited. A public method of the six classes
 * that has no row here fails the test suite.
 *
 * - `always`: one audit record, in the same commit as the effect, whatever the outcome.
 * - `covered`: high-volume appends; the count and digest recorded when their run or window closes vouch for them.
 * - `none`: reads.
 */
export const operations = {
  'tracking.start_run': { permission: 'track', audit: 'always' },
  'tracking.log': { permission: 'track', audit: 'covered' },
  'tracking.end_run': { permission: 'track', audit: 'always' },
  'tracking.kill_run': { permission: 'track', audit: 'always' },
  'tracking.resume_run': { permission: 'track', audit: 'always' },
  'tracking.delete_run': { permission: 'track', audit: 'always' },
  'tracking.restore_run': { permission: 'track', audit: 'always' },
  'tracking.describe_experiment': { permission: 'track', audit: 'always' },
  'tracking.delete_experiment': { permission: 'track', audit: 'always' },
  'tracking.restore_experiment': { permission: 'track', audit: 'always' },
  'tracking.import_run': { permission: 'track', audit: 'always' },
  'tracking.read': { permission: 'read', audit: 'none' },
  'registry.register': { permission: 'register', audit: 'always' },
  'registry.promote': { permission: 'promote', audit: 'always' },
  'registry.request_promotion': { permission: 'request', audit: 'always' },
  'registry.withdraw_promotion': { permission: 'request', audit: 'always' },
  'registry.approve_promotion': { permission: 'approve', audit: 'always' },
  'registry.reject_promotion': { permission: 'approve', audit: 'always' },
  'registry.rollback': { permission: 'rollback', audit: 'always' },
  'registry.record_evidence': { permission: 'evidence', audit: 'always' },
  'registry.set_alias': { permission: 'promote', audit: 'always' },
  'registry.describe': { permission: 'register', audit: 'always' },
  'registry.delete': { permission: 'promote', audit: 'always' },
  'registry.read': { permission: 'read', audit: 'none' },
  'drift.detect': { permission: 'monitor', audit: 'always' },
  'drift.read': { permission: 'read', audit: 'none' },
  'retraining.trigger': { permission: 'retrain', audit: 'always' },
  'retraining.resume': { permission: 'retrain', audit: 'always' },
  'retraining.complete': { permission: 'retrain', audit: 'always' },
  'retraining.record_step': { permission: 'retrain', audit: 'covered' },
  'retraining.check_performance': { permission: 'monitor', audit: 'always' },
  'retraining.read': { permission: 'read', audit: 'none' },
  'canary.deploy': { permission: 'promote', audit: 'always' },
  'canary.adjust': { permission: 'promote', audit: 'always' },
  'canary.pause': { permission: 'rollback', audit: 'always' },
  'canary.resume': { permission: 'promote', audit: 'always' },
  'canary.halt': { permission: 'rollback', audit: 'always' },
  'canary.record_outcomes': { permission: 'serve', audit: 'covered' },
  'canary.evaluate': { permission: 'monitor', audit: 'always' },
  'canary.promote': { permission: 'promote', audit: 'always' },
  'canary.rollback': { permission: 'rollback', audit: 'always' },
  'canary.read': { permission: 'read', audit: 'none' },
  'monitoring.raise_alert': { permission: 'monitor', audit: 'always' },
  'monitoring.recover_alert': { permission: 'monitor', audit: 'always' },
  'monitoring.acknowledge_alert': { permission: 'monitor', audit: 'always' },
  'monitoring.begin_check': { permission: 'monitor', audit: 'covered' },
  'monitoring.deliver': { permission: 'monitor', audit: 'covered' },
  'monitoring.end_delivery': { permission: 'monitor', audit: 'always' },
  'monitoring.read': { permission: 'read', audit: 'none' },
  'storage.backup': { permission: 'maintain', audit: 'always' },
  'storage.restore': { permission: 'maintain', audit: 'always' },
  'storage.migrate': { permission: 'maintain', audit: 'always' },
  'storage.expire_backups': { permission: 'maintain', audit: 'always' },
  'storage.collect_garbage': { permission: 'maintain', audit: 'always' },
  'storage.read': { permission: 'read', audit: 'none' },
  'storage.rewrap': { permission: 'administer', audit: 'always' },
  'privacy.protect': { permission: 'track', audit: 'none' },
  'privacy.erase_subject': { permission: 'administer', audit: 'always' },
  'privacy.hold_subject': { permission: 'administer', audit: 'always' },
  'privacy.release_subject': { permission: 'administer', audit: 'always' },
  'keys.read': { permission: 'read', audit: 'none' },
  'keys.create': { permission: 'administer', audit: 'always' },
  'keys.rotate': { permission: 'administer', audit: 'always' },
  'keys.revoke': { permission: 'administer', audit: 'always' },
  'retention.purge_run': { permission: 'maintain', audit: 'always' },
  'retention.purge_audit': { permission: 'maintain', audit: 'always' },
  'retention.purge_reports': { permission: 'maintain', audit: 'always' },
  'audit.checkpoint': { permission: 'audit', audit: 'none' },
  'audit.read': { permission: 'audit', audit: 'none' },
  'access.create_token': { permission: 'own_token', audit: 'always' },
  'access.create_service_token': { permission: 'administer', audit: 'always' },
  'access.revoke_own_token': { permission: 'own_token', audit: 'always' },
  'access.revoke_token': { permission: 'administer', audit: 'always' },
  'access.break_glass': { permission: 'break_glass', audit: 'always' },
  'access.review': { permission: 'review', audit: 'always' },
  'access.read': { permission: 'read', audit: 'none' },
  'compliance.describe_model': { permission: 'register', audit: 'always' },
  'compliance.record_validation': { permission: 'approve', audit: 'always' },
  'compliance.raise_finding': { permission: 'monitor', audit: 'always' },
  'compliance.change_finding': { permission: 'approve', audit: 'always' },
  'compliance.record_overlay': { permission: 'register', audit: 'always' },
  'compliance.approve_overlay': { permission: 'approve', audit: 'always' },
  'compliance.record_override': { permission: 'serve', audit: 'always' },
  'compliance.draft_report': { permission: 'approve', audit: 'always' },
  'compliance.sign_report': { permission: 'approve', audit: 'always' },
  'compliance.attest': { permission: 'approve', audit: 'always' },
  'compliance.record_drill': { permission: 'rollback', audit: 'always' },
  'compliance.assess': { permission: 'evidence', audit: 'always' },
  'compliance.export_evidence': { permission: 'audit', audit: 'always' },
  'compliance.read': { permission: 'read', audit: 'none' },
} as const satisfies Record<string, OperationRule>;

interface OperationRule {
  readonly permission: Permission;
  readonly audit: 'always' | 'covered' | 'none';
}

export type OperationName = keyof typeof operations;

/** Operations that end in an audit record. */
export type AuditedOperation = {
  [K in OperationName]: (typeof operations)[K]['audit'] extends 'always' ? K : never;
}[OperationName];

/** Operations that leave no record of their own. */
export type UnauditedOperation = Exclude<OperationName, AuditedOperation>;
