import type { Policy } from '../config/policy.js';
import { captureEnvironment } from '../tracking/environment.js';
import { captureGit } from '../tracking/git.js';
import type { StoredRun } from '../tracking/run.js';
import type { JsonObject } from '../util/json.js';

/** By working directory and what is to be recorded. */
const found = new Map<string, Promise<JsonObject | null>>();

/**
 * Where a version comes from: the environment of its run, else that of this process, as far as the policy lets it be
 * recorded. Looked up once: the code that runs is the one that was there when the process began.
 */
export function provenance(policy: Policy['tracking'], run: StoredRun | undefined): Promise<JsonObject | null> {
  if (run !== undefined && run.environment !== null) return Promise.resolve(run.environment);
  const { logEnvironment, logGitSha, environmentVariables } = policy;
  const key = JSON.stringify([process.cwd(), logEnvironment, logGitSha, environmentVariables]);
  const known = found.get(key) ?? capture(policy);
  found.set(key, known);
  return known;
}

async function capture({
  logEnvironment,
  logGitSha,
  environmentVariables,
}: Policy['tracking']): Promise<JsonObject | null> {
  const [environment, git] = await Promise.all([
    logEnvironment ? captureEnvironment(environmentVariables) : null,
    logGitSha ? captureGit() : null,
  ]);
  return environment === null && git === null ? null : { ...environment, ...(git !== null && { git }) };
}
