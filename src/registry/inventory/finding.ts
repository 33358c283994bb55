import type { Change, Storage } from '../../storage/storage.js';
import { toIso } from '../../util/clock.js';
import { deepFreeze } from '../../util/freeze.js';
import type { JsonValue } from '../../util/json.js';

export const findingsCollection = 'model_findings';

export const severities = ['high', 'medium', 'low'] as const;
/** How grave a finding is. */
export type Severity = (typeof severities)[number];

/** What happened to a finding. */
export interface FindingEvent {
  readonly action: 'raised' | 'extended' | 'resolved' | 'risk_accepted';
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly comment?: string;
}

/** A weakness of a model, to be mended by a date. Times are UTC milliseconds when stored. */
export interface StoredFinding {
  readonly findingId: string;
  readonly modelName: string;
  readonly version?: string;
  readonly severity: Severity;
  readonly title: string;
  readonly dueAt: number;
  readonly status: 'open' | 'resolved' | 'risk_accepted';
  readonly events: readonly FindingEvent[];
}

/** A finding as a caller sees it. */
export interface ModelFinding extends Omit<StoredFinding, 'dueAt'> {
  /** ISO 8601, UTC. */
  readonly dueAt: string;
  readonly isOverdue: boolean;
}

export const isOverdue = ({ status, dueAt }: StoredFinding, now: number): boolean => status === 'open' && now >= dueAt;

export const viewFinding = (stored: StoredFinding, now: number): ModelFinding =>
  deepFreeze({ ...stored, dueAt: toIso(stored.dueAt), isOverdue: isOverdue(stored, now) });

export const putFinding = (finding: StoredFinding, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: findingsCollection,
  id: finding.findingId,
  value: finding as unknown as JsonValue,
  index: {
    modelName: finding.modelName,
    severity: finding.severity,
    isOpen: finding.status === 'open',
    dueAt: finding.dueAt,
  },
  expect,
});

/** Grave findings of a model that were to be mended before now, and were not. */
export async function overdueFindings(
  storage: Storage,
  modelName: string,
  now: number,
): Promise<readonly StoredFinding[]> {
  const { records } = await storage.query(findingsCollection, {
    where: {
      and: [
        { field: 'modelName', op: 'eq', value: modelName },
        { field: 'isOpen', op: 'eq', value: true },
        { field: 'severity', op: 'eq', value: 'high' },
        { field: 'dueAt', op: 'lte', value: now },
      ],
    },
  });
  return records.map(({ value }) => value as unknown as StoredFinding);
}
