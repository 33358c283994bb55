import type { AnyModel } from '../models/async-model.js';
import type { GateResult } from './gate-result.js';
import type { ModelVersion } from './model-record.js';
import { isGateName } from '../config/gate-names.js';
import { refuse } from '../util/check.js';
import { isError } from '../util/is-error.js';
import { thrownText } from '../util/thrown-text.js';

/** What a custom gate finds. */
export interface CustomGateVerdict {
  readonly passed: boolean;
  /** What was found, and what to do when it did not pass. */
  readonly message: string;
}

/**
 * A condition of the user's own for entering production. What it throws means `not_assessed`, which is not a pass.
 *
 * @param version the version to be promoted
 * @param open opens its model, verified
 */
export type CustomGate = (
  version: ModelVersion,
  open: () => Promise<AnyModel>,
) => CustomGateVerdict | Promise<CustomGateVerdict>;

/** Gates of your own, by name; they are assessed beside those of the policy. */
export type CustomGates = Readonly<Record<string, CustomGate>>;

/** The gates that were given. @throws MLOpsError `INVALID_INPUT` for names of the package's: who overrides one would have overridden both */
export function customGatesOf(options: { readonly gates?: CustomGates } | null): CustomGates | undefined {
  const taken = Object.keys(options?.gates ?? {}).find(isGateName);
  return taken === undefined
    ? options?.gates
    : refuse(`gates: ${taken} is a gate of the package; give yours another name`);
}

/**
 * The results of the custom gates: those given in code, and those that the policy's `promotion.custom_gates` demands but
 * whose code this process does not have.
 */
export async function runCustomGates(
  gates: CustomGates,
  demanded: readonly string[],
  version: ModelVersion,
  open: () => Promise<AnyModel>,
): Promise<readonly GateResult[]> {
  const names = [...new Set([...demanded, ...Object.keys(gates)])];
  return Promise.all(names.map((name) => runGate(name, gates[name], version, open)));
}

async function runGate(
  gate: string,
  check: CustomGate | undefined,
  version: ModelVersion,
  open: () => Promise<AnyModel>,
): Promise<GateResult> {
  if (check === undefined) {
    const message = `promotion.custom_gates demands it, and this process has no code for it; promote from one whose registry was given gates: { ${gate} }`;
    return { gate, status: 'not_assessed', message };
  }
  try {
    const { passed, message } = await check(version, open);
    if (typeof passed !== 'boolean' || typeof message !== 'string')
      throw new TypeError('it returned no { passed, message }');
    return { gate, status: passed ? 'passed' : 'failed', message: thrownText(message) };
  } catch (error) {
    const problem = thrownText(isError(error) ? error.message : error);
    return { gate, status: 'not_assessed', message: `its check failed: ${problem}; mend it and try again` };
  }
}
