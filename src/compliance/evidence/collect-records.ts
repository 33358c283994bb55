import { driftReportsCollection } from '../../drift/stored-reports.js';
import { performanceReportsCollection } from '../../retraining/performance/performance-report.js';
import { runsCollection } from '../../tracking/run.js';
import type { Storage } from '../../storage/storage.js';
import type { JsonValue } from '../../util/json.js';
import type { ComplianceFacts } from '../checks/facts.js';
import { complianceReportsCollection } from '../compliance-report.js';
import { decisionsOn } from '../gather-facts.js';
import { attestationsCollection } from '../inventory/attestations.js';
import { listItems } from '../inventory/stored-items.js';

/** A record of a pack: where it lies in it, what it is, and the value. */
export interface PackedRecord {
  readonly path: string;
  readonly what: string;
  readonly value: unknown;
}

interface Report {
  readonly reportId: string;
  readonly modelVersion?: string;
}

/** Every record that tells of a version, as stored. */
export async function collectRecords(storage: Storage, facts: ComplianceFacts): Promise<readonly PackedRecord[]> {
  const { version } = facts;
  const { modelName } = version;
  const isOwn = (item: { readonly version?: string }): boolean => item.version === version.version;
  const run = version.runId === null ? undefined : await storage.get(runsCollection, version.runId);
  const isOf = ({ modelVersion }: Report): boolean => modelVersion === version.version;
  const reports = await listItems<Report>(storage, driftReportsCollection, modelName);
  const performance = await listItems<Report>(storage, performanceReportsCollection, modelName);
  const assessed = await listItems<{ readonly version: string }>(storage, complianceReportsCollection, modelName);
  const record = (name: string, what: string, value: unknown): PackedRecord => ({
    path: `records/${name}.json`,
    what,
    value: value ?? null,
  });
  return [
    record('version', 'the version: files and their digests, metrics, training data, evidence', version),
    record('model', 'the model', facts.model),
    record('history', 'what happened to the versions of the model, with the gates as they stood', facts.history),
    record('approvals', 'requests to promote the version: votes, and what they are bound to', facts.approvals),
    record('run', 'the training run: parameters, metrics, data, commit', run?.value),
    record('retraining', 'the retraining it came from, step by step', facts.retraining),
    record(
      'drift-reports',
      'drift checks of the version, and the one that asked for it',
      reports.filter((report) => isOf(report) || report.reportId === version.origin?.driftReportId),
    ),
    record(
      'performance-reports',
      'performance of the version on labels, and the report that asked for it',
      performance.filter((report) => isOf(report) || report.reportId === version.origin?.performanceReportId),
    ),
    record('deployments', 'canaries of the version', facts.deployments),
    record(
      'canary-decisions',
      'decisions on them, with the sufficient statistics they were computed from',
      await decisionsOn(storage, facts.deployments, (decision) => decision),
    ),
    record('compliance-reports', 'assessments of the version', assessed.filter(isOwn)),
    record(
      'attestations',
      'what people vouched for',
      await listItems<JsonValue>(storage, attestationsCollection, modelName),
    ),
    record('inventory', 'the model in the inventory: tier, owner, validations', facts.entry),
    record('findings', 'weaknesses', facts.findings),
    record('overlays', 'amounts put on top', facts.overlays),
    record('overrides', 'decisions against the version', facts.overrides.filter(isOwn)),
    record('annual-reports', 'yearly reports and who signed them', facts.reports),
    record('halt-drills', 'drills of the kill switch', facts.drills),
    record('policy', 'the policy in force when the pack was made', facts.policy),
  ];
}
