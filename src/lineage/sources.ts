import {
  type CanaryDecision,
  type StoredDeployment,
  decisionsCollection,
  deploymentsCollection,
} from '../canary/deployment.js';
import { driftReportsCollection } from '../drift/stored-reports.js';
import type { DriftReport } from '../drift/drift-report.js';
import { type StoredVersion, versionId, versionsCollection } from '../registry/model-record.js';
import { type StoredRetraining, retrainingsCollection } from '../retraining/retraining-record.js';
import type { Where } from '../storage/storage.js';
import { type StoredRun, runsCollection } from '../tracking/run.js';
import { toIso } from '../util/clock.js';
import type { JsonObject, JsonValue } from '../util/json.js';
import type { LineageKind, LineageNode, LineageRef } from './lineage-node.js';

/** A cause that a record names, and what part it had. */
export interface Cause {
  readonly ref: LineageRef;
  readonly relation: string;
}

/** Where one kind of thing is stored, what its record says of its causes, and how those that a cause had are found. */
export interface LineageSource {
  readonly kind: LineageKind;
  readonly collection: string;
  readonly describe: (value: JsonValue) => Omit<LineageNode, 'kind' | 'id'>;
  readonly causes: (value: JsonValue) => readonly Cause[];
  /** Finds the records that may name a cause; undefined when they never name one of this kind. */
  readonly effectsOf: (cause: LineageRef) => Where | undefined;
}

const eq = (field: string, value: string): Where => ({ field, op: 'eq', value });
const cause = (kind: LineageKind, id: string | null | undefined, relation: string): Cause[] =>
  id === null || id === undefined ? [] : [{ ref: { kind, id }, relation }];

/** A source whose record has the type `T`; what is stored is trusted to be it. */
const source = <T>(
  kind: LineageKind,
  collection: string,
  parts: {
    readonly describe: (value: T) => Omit<LineageNode, 'kind' | 'id'>;
    readonly causes: (value: T) => readonly Cause[];
    readonly effectsOf: LineageSource['effectsOf'];
  },
): LineageSource => ({ kind, collection, ...parts }) as unknown as LineageSource;

const runs = source<StoredRun>('run', runsCollection, {
  describe: ({ experimentName, runName, status, startedAt, startedBy }) => ({
    label: runName === null ? `run of ${experimentName}` : `run ${runName} of ${experimentName}`,
    at: toIso(startedAt),
    detail: { status, startedBy },
  }),
  causes: ({ datasets = [], parentRunId, tags }) => [
    ...datasets.flatMap(({ digest, role }) => cause('dataset', digest, `${role} data of`)),
    ...cause('run', parentRunId, 'parent of'),
    ...cause('retraining', tags['retrainingId'], 'ran'),
  ],
  effectsOf: ({ kind, id }) => {
    if (kind === 'dataset') return { field: `datasetDigests.${id}`, op: 'exists' };
    if (kind === 'run') return eq('parentRunId', id);
    return kind === 'retraining' ? eq('tags.retrainingId', id) : undefined;
  },
});

const versions = source<StoredVersion>('version', versionsCollection, {
  describe: ({ modelName, version, stage, digest, registeredAt, registeredBy }) => ({
    label: `${modelName} ${version}`,
    at: toIso(registeredAt),
    detail: { stage, digest, registeredBy },
  }),
  causes: ({ modelName, runId, trainingData, origin }) => [
    ...cause('run', runId, 'produced'),
    ...cause('dataset', trainingData?.digest, 'trained'),
    ...cause('retraining', origin?.retrainingId, 'produced'),
    ...cause('report', origin?.driftReportId ?? origin?.performanceReportId, 'asked for'),
    ...cause('version', origin?.championVersion && versionId(modelName, origin.championVersion), 'compared with'),
  ],
  effectsOf: ({ kind, id }) => {
    const fields = { run: 'runId', dataset: 'trainingDigest', retraining: 'retrainingId', report: 'reportId' } as const;
    if (kind === 'version') return eq('champion', id);
    return kind in fields ? eq(fields[kind as keyof typeof fields], id) : undefined;
  },
});

const deployments = source<StoredDeployment>('deployment', deploymentsCollection, {
  describe: ({ modelName, candidateVersion, status, createdAt, createdBy }) => ({
    label: `canary of ${modelName} ${candidateVersion}`,
    at: toIso(createdAt),
    detail: { status, createdBy },
  }),
  causes: ({ modelName, candidateVersion, productionVersion }) => [
    ...cause('version', versionId(modelName, candidateVersion), 'candidate of'),
    ...cause('version', versionId(modelName, productionVersion), 'production beside'),
  ],
  effectsOf: ({ kind, id }) => {
    if (kind !== 'version') return undefined;
    const [modelName, version] = splitVersion(id);
    return {
      and: [eq('modelName', modelName), { or: [eq('candidateVersion', version), eq('productionVersion', version)] }],
    };
  },
});

const decisions = source<CanaryDecision>('decision', decisionsCollection, {
  describe: ({ modelName, candidateVersion, verdict, decidedAt, policyDigest }) => ({
    label: `decision on ${modelName} ${candidateVersion}: ${verdict}`,
    at: decidedAt,
    detail: { verdict, policyDigest },
  }),
  causes: ({ deploymentId }) => cause('deployment', deploymentId, 'judged by'),
  effectsOf: ({ kind, id }) => (kind === 'deployment' ? eq('deploymentId', id) : undefined),
});

const reports = source<DriftReport>('report', driftReportsCollection, {
  describe: ({ modelName, verdict, createdAt, overallDriftScore }) => ({
    label: `drift report on ${modelName}: ${verdict}`,
    at: createdAt,
    detail: { verdict, overallDriftScore } satisfies JsonObject,
  }),
  causes: ({ modelName, modelVersion, inputs }) => [
    ...cause('version', modelVersion && versionId(modelName, modelVersion), 'watched by'),
    ...cause('dataset', inputs.baselineDigest, 'baseline of'),
    ...cause('dataset', inputs.currentDigest, 'current data of'),
  ],
  effectsOf: ({ kind, id }) => {
    if (kind === 'dataset') return { or: [eq('baselineDigest', id), eq('currentDigest', id)] };
    if (kind !== 'version') return undefined;
    const [modelName, version] = splitVersion(id);
    return { and: [eq('modelName', modelName), eq('modelVersion', version)] };
  },
});

const retrainings = source<StoredRetraining>('retraining', retrainingsCollection, {
  describe: ({ plan, status, startedAt, startedBy }) => ({
    label: `retraining of ${plan.modelName}: ${status}`,
    at: toIso(startedAt),
    detail: { status, startedBy, trigger: plan.trigger },
  }),
  causes: ({ plan, dataDigest }) => [
    ...cause('report', plan.reportId, 'asked for'),
    ...cause('dataset', dataDigest, 'data of'),
  ],
  effectsOf: ({ kind, id }) => {
    if (kind === 'report') return eq('reportId', id);
    return kind === 'dataset' ? eq('dataDigest', id) : undefined;
  },
});

/** A version's number has no slash, a model's name may. */
function splitVersion(id: string): [modelName: string, version: string] {
  const at = id.lastIndexOf('/');
  return [id.slice(0, at), id.slice(at + 1)];
}

/** Everything that has a record; data sets are known by those that used them. */
export const lineageSources: readonly LineageSource[] = [runs, versions, deployments, decisions, reports, retrainings];
