import type { Policy } from '../config/policy.js';
import type { DataProfile } from '../data/profile.js';
import type { FileDeclaration } from '../models/file-declaration.js';
import type { BundleFile } from '../runtime/bundle.js';
import type { IndexFields } from '../storage/storage.js';
import { toIso } from '../util/clock.js';
import type { Digest } from '../util/digest.js';
import { deepFreeze } from '../util/freeze.js';
import type { JsonObject } from '../util/json.js';
import type { EvidenceKind } from './evidence-kind.js';
import type { FileSignature } from './file-signature.js';
import type { GateResult } from './gate-result.js';
import type { ModelSignature } from './signature.js';
import type { ModelStage } from './stage.js';

export const modelsCollection = 'models';
export const versionsCollection = 'model_versions';

export const versionId = (modelName: string, version: string): string => `${modelName}/${version}`;

/** What holds for a model as a whole. Every change to any of its versions passes through this record. */
export interface StoredModel {
  readonly modelName: string;
  readonly modelType: string;
  readonly createdAt: number;
  readonly highestVersion: string | null;
  /** The one version in production. */
  readonly production: string | null;
  /** The deployment that is routing, if any. */
  readonly canary: string | null;
  /** Entries of the history stream. */
  readonly historyLength: number;
  /** Names to versions; absent in records of older versions, as the two below. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A model as a caller sees it. */
export interface RegisteredModel {
  readonly modelName: string;
  readonly modelType: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly highestVersion?: string;
  /** The version in production. */
  readonly production?: string;
  /** The deployment that is routing. */
  readonly canary?: string;
  readonly aliases: Readonly<Record<string, string>>;
  readonly description?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export function viewModel(stored: StoredModel): RegisteredModel {
  const { modelName, modelType, createdAt, highestVersion, production, canary, description } = stored;
  return deepFreeze({
    modelName,
    modelType,
    createdAt: toIso(createdAt),
    ...(highestVersion !== null && { highestVersion }),
    ...(production !== null && { production }),
    ...(canary !== null && { canary }),
    aliases: { ...stored.aliases },
    ...(description !== undefined && { description }),
    tags: { ...stored.tags },
  });
}

/** What somebody found when examining a version: the gates of promotion read it. */
export interface Evidence {
  readonly passed: boolean;
  /** What was found: numbers, methods, the id of a report. */
  readonly detail: JsonObject;
  /** ISO 8601, UTC. */
  readonly recordedAt: string;
  readonly recordedBy: string;
  /** The policy's `environment` where it was recorded; absent in records of older versions. */
  readonly environment?: Policy['environment'];
  /** What goes with it: plots, tables, a validation report. */
  readonly files?: readonly BundleFile[];
}

/** What a version was trained on. */
export interface TrainingData {
  readonly digest: Digest;
  readonly rowCount: number;
  /** Span of the time column, ISO 8601, when there is one. */
  readonly from?: string;
  readonly to?: string;
  /** Summary of the features and the target, which later training data are checked against. */
  readonly profile?: DataProfile;
}

/** Why a version exists. */
export interface ModelOrigin {
  /** The drift report that asked for it. */
  readonly driftReportId?: string;
  /** The performance report that asked for it. */
  readonly performanceReportId?: string;
  /** The version it was measured against. */
  readonly championVersion?: string;
  /** The retraining it came from, whose record holds every step. */
  readonly retrainingId?: string;
  /** What began that: `drift`, `performance`, `schedule` or `manual`. */
  readonly trigger?: string;
  /** Why it was begun, in words. */
  readonly reason?: string;
  /** The git commit of the training code. */
  readonly codeCommit?: string;
}

export interface StoredVersion {
  readonly modelId: string;
  readonly modelName: string;
  readonly version: string;
  readonly modelType: string;
  readonly stage: ModelStage;
  readonly registeredAt: number;
  readonly registeredBy: string;
  readonly runId: string | null;
  readonly experimentName: string | null;
  readonly featureColumns: readonly string[];
  readonly targetColumn: string | null;
  readonly performanceMetrics: Readonly<Record<string, number>>;
  readonly hyperparameters: JsonObject;
  readonly description: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly trainingData: TrainingData | null;
  readonly origin: ModelOrigin | null;
  /** The stored files, and which of them is the model. */
  readonly files: readonly BundleFile[];
  readonly modelFile: string;
  /** What the model's file says of itself; absent for formats that say nothing, and in records of older versions. */
  readonly declared?: FileDeclaration;
  /** Digest of the files as a whole. */
  readonly digest: Digest;
  /** The training data in counts, as stored; absent when none were given. */
  readonly baselineProfile?: BundleFile;
  readonly evidence: Readonly<Partial<Record<EvidenceKind, Evidence>>>;
  /** Absent in versions registered by older releases, as the two below. */
  readonly signature?: ModelSignature | null;
  readonly environment?: JsonObject | null;
  readonly fileSignature?: FileSignature;
  /** Canaries of this version that were rolled back. */
  readonly canaryRollbacks: number;
}

/** A version as a caller sees it: as stored, with ISO times and without empty fields. */
export interface ModelVersion {
  readonly modelId: string;
  readonly modelName: string;
  readonly version: string;
  readonly modelType: string;
  readonly stage: ModelStage;
  /** ISO 8601, UTC. */
  readonly registeredAt: string;
  readonly registeredBy: string;
  readonly runId?: string;
  readonly experimentName?: string;
  readonly featureColumns: readonly string[];
  readonly targetColumn?: string;
  readonly performanceMetrics: Readonly<Record<string, number>>;
  readonly hyperparameters: JsonObject;
  readonly description?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly trainingData?: TrainingData;
  readonly origin?: ModelOrigin;
  readonly files: readonly BundleFile[];
  /** Inputs, outputs and operator sets, for formats that declare them. */
  readonly declared?: FileDeclaration;
  readonly digest: Digest;
  readonly evidence: Readonly<Partial<Record<EvidenceKind, Evidence>>>;
  /** What it takes and gives; every request is held against it. Not known of formats that the core does not read. */
  readonly signature?: ModelSignature;
  /**
   * Where it was trained, or registered when no run is known: Node, machine, digest of the package lock, git commit and
   * branch, as `tracking.log_environment` and `log_git_sha` allow.
   */
  readonly environment?: JsonObject;
}

export function viewVersion(stored: StoredVersion): ModelVersion {
  const { runId, experimentName, targetColumn, description, trainingData, origin, declared } = stored;
  const { signature = null, environment = null } = stored;
  return Object.freeze({
    modelId: stored.modelId,
    modelName: stored.modelName,
    version: stored.version,
    modelType: stored.modelType,
    stage: stored.stage,
    registeredAt: toIso(stored.registeredAt),
    registeredBy: stored.registeredBy,
    ...(runId !== null && { runId }),
    ...(experimentName !== null && { experimentName }),
    featureColumns: stored.featureColumns,
    ...(targetColumn !== null && { targetColumn }),
    performanceMetrics: stored.performanceMetrics,
    hyperparameters: stored.hyperparameters,
    ...(description !== null && { description }),
    tags: stored.tags,
    ...(trainingData !== null && { trainingData }),
    ...(origin !== null && { origin }),
    files: stored.files,
    ...(declared !== undefined && { declared }),
    digest: stored.digest,
    evidence: stored.evidence,
    ...(signature !== null && { signature }),
    ...(environment !== null && { environment }),
  });
}

export function indexVersion(version: StoredVersion): IndexFields {
  const { trainingData, origin } = version;
  const retrainingId = origin?.retrainingId;
  const reportId = origin?.driftReportId ?? origin?.performanceReportId;
  const champion = origin?.championVersion;
  return {
    modelName: version.modelName,
    modelType: version.modelType,
    version: version.version,
    stage: version.stage,
    registeredAt: version.registeredAt,
    runId: version.runId,
    // Lineage looks for these by their value: where there is none, there is nothing to find.
    ...(trainingData?.digest !== undefined && { trainingDigest: trainingData.digest }),
    ...(retrainingId !== undefined && { retrainingId }),
    ...(reportId !== undefined && { reportId }),
    ...(champion !== undefined && { champion: versionId(version.modelName, champion) }),
    metrics: version.performanceMetrics,
    tags: version.tags,
  };
}

/** One line of a model's history. */
export interface HistoryEvent {
  readonly kind: 'registered' | 'stage_changed' | 'alias_set' | 'alias_removed' | 'described' | 'deleted';
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly version: string;
  readonly from?: ModelStage;
  /** The stage after the event. */
  readonly to: ModelStage;
  /** The alias that was set or removed. */
  readonly alias?: string;
  readonly by: string;
  readonly onBehalfOf?: string;
  readonly reason?: string;
  /** The gates as they stood, when the change had to pass them. */
  readonly gates?: readonly GateResult[];
}

export const historyStream = (modelName: string): string => `model/${modelName}/history`;
