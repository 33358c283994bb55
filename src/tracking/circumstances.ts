import type { TrackingPolicy } from '../config/policy.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import { digestBytes } from '../util/digest.js';
import type { JsonObject } from '../util/json.js';
import { captureEnvironment } from './environment.js';
import { type UncommittedDiff, captureDiff, captureGit } from './git.js';
import type { RunArtifact } from './run.js';

/** Where a run keeps the changes that were not committed when it started. */
export const diffArtifact = 'environment/uncommitted.diff';

const mebibyte = 1024 * 1024;

/** Under what circumstances a run starts. */
export interface Circumstances {
  readonly environment: JsonObject | null;
  readonly diff: UncommittedDiff | null;
}

/** Looks at as much as the policy wants known. */
export async function captureCircumstances(policy: TrackingPolicy): Promise<Circumstances> {
  const [environment, { git, diff }] = await Promise.all([
    policy.logEnvironment ? captureEnvironment(policy.environmentVariables) : null,
    policy.logGitSha ? captureCode(policy) : { git: null, diff: null },
  ]);
  if (environment === null && git === null) return { environment, diff };
  return { environment: { ...environment, ...(git !== null && { git }) }, diff };
}

/** Asks for the diff only where there is one: starting git takes longer than storing the run. */
async function captureCode(policy: TrackingPolicy): Promise<{ git: JsonObject | null; diff: UncommittedDiff | null }> {
  const git = await captureGit();
  if (git?.['isDirty'] !== true || !policy.logArtifacts || !policy.logUncommittedDiff) return { git, diff: null };
  const diff = await captureDiff(Math.min(1, policy.maxArtifactSizeMb) * mebibyte);
  return { git: diff?.isTruncated === true ? { ...git, isDiffTruncated: true } : git, diff };
}

/** Stores the diff unless it is there already, as it mostly is from the run before. */
export async function storeDiff(artifacts: ArtifactStore, diff: UncommittedDiff | null): Promise<RunArtifact[]> {
  if (diff === null) return [];
  const digest = digestBytes(diff.content);
  const { size } = (await artifacts.stat(digest)) ?? (await artifacts.put(diff.content));
  return [{ name: diffArtifact, digest, size }];
}
