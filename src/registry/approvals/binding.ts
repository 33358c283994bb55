import { digestJson } from '../../util/digest.js';
import { gateNames } from '../../config/gate-names.js';
import type { GateResult } from '../gate-result.js';
import type { StoredVersion } from '../model-record.js';
import type { ApprovalBinding } from './approval.js';

/** Whose words count: those of the package, but for the approval itself. */
const builtIn: ReadonlySet<string> = new Set(gateNames.filter((name) => name !== 'approval'));

/**
 * What an approval of a version holds for: these files, this outcome of every gate, this policy. The words of custom gates
 * are left out, since they may name the time of day.
 */
export const bindingOf = (
  version: StoredVersion,
  gates: readonly GateResult[],
  policyDigest: string,
): ApprovalBinding => ({
  artifacts: version.digest,
  gates: digestJson(
    gates.map(({ gate, status, message }) => ({ gate, status, message: builtIn.has(gate) ? message : '' })),
  ),
  policy: policyDigest,
});

const words: Readonly<Record<keyof ApprovalBinding, string>> = {
  artifacts: 'the files of the version',
  gates: 'what the gates say',
  policy: 'the policy',
};

/** What changed since; empty when the approval still holds. */
export const changedSince = (then: ApprovalBinding, now: ApprovalBinding): readonly string[] =>
  (Object.keys(words) as (keyof ApprovalBinding)[]).filter((key) => then[key] !== now[key]).map((key) => words[key]);
