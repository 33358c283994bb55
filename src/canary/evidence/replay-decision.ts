import { refuse } from '../../util/check.js';
import { type JsonValue, canonicalJson } from '../../util/json.js';
import type { CanaryVerdict } from './canary-verdict.js';
import { decide } from './decide.js';
import type { DecisionInputs } from './decision-inputs.js';

/** What came of computing a stored decision again. */
export interface DecisionReplay {
  /** Whether verdict and evidence are the same, to the last bit of every number. */
  readonly isSame: boolean;
  /** Names of what differs. */
  readonly differences: readonly string[];
  readonly recomputed: CanaryVerdict;
}

/**
 * Computes a decision again from the inputs stored with it.
 *
 * @param decision as `evaluate` and `listDecisions` give it
 * @throws MLOpsError `INVALID_INPUT` for a decision whose inputs this version does not know
 */
export function replayDecision(decision: object): DecisionReplay {
  const stored = decision as Readonly<Record<string, JsonValue | undefined>>;
  const inputs = stored['inputs'] as unknown as Partial<DecisionInputs> | undefined;
  if (inputs?.version !== 1) {
    refuse(
      'the decision was stored by another version of this package and has other inputs; replay it with that version',
    );
  }
  const recomputed = decide(inputs as DecisionInputs);
  const differences = Object.entries(recomputed).flatMap(([name, value]) => {
    const before = stored[name];
    return before !== undefined && canonicalJson(before) === canonicalJson(value as JsonValue) ? [] : [name];
  });
  return { isSame: differences.length === 0, differences, recomputed };
}
