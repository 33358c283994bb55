import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MLOpsConfig } from '../../src/config/mlops-config.js';
import { PolicyError, type PolicyIssue } from '../../src/errors.js';

/** Runs `use` with the path of a file that holds `content`, in a folder that is removed afterwards. */
export function withPolicyFile<T>(content: string | Uint8Array, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'bondx-policy-'));
  try {
    const path = join(folder, 'policy.yaml');
    writeFileSync(path, content);
    return use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The configuration that a policy file gives, away from the variables of whoever runs the tests. */
export const fromText = (content: string | Uint8Array, environment: Record<string, string> = {}): MLOpsConfig =>
  withPolicyFile(content, (path) => MLOpsConfig.fromYaml(path, { environment }));

/** The issues of the policy error that `load` throws. */
export function issuesOf(load: () => unknown): readonly PolicyIssue[] {
  try {
    load();
  } catch (error) {
    if (error instanceof PolicyError) return error.issues;
    throw error;
  }
  throw new Error('the policy was accepted');
}

/** The one issue of a policy file. */
export function onlyIssue(content: string | Uint8Array, environment: Record<string, string> = {}): PolicyIssue {
  const issues = issuesOf(() => fromText(content, environment));
  if (issues.length !== 1) throw new Error(`expected one issue, got ${JSON.stringify(issues, null, 1)}`);
  return issues[0]!;
}
