import type { GateName } from '../config/gate-names.js';

/** `not_assessed` is never a pass: nobody has looked yet. */
export type GateStatus = 'passed' | 'failed' | 'not_assessed';

export type { GateName };

/** A gate that did not pass, and that people decided to go past. */
export interface GrantedOverride {
  readonly reason: string;
  /** The promotion request it was granted in. */
  readonly requestId: string;
  readonly requestedBy: string;
  readonly approvedBy: readonly string[];
}

/** What one gate of a promotion found. */
export interface GateResult {
  readonly gate: GateName | (string & {});
  readonly status: GateStatus;
  /** What was found, and what to do when it did not pass. */
  readonly message: string;
  /** Present when the gate did not pass, and does not stop the promotion all the same. */
  readonly override?: GrantedOverride;
}

/** Whether a gate stands in the way of a promotion. */
export const isInTheWay = ({ status, override }: GateResult): boolean => status !== 'passed' && override === undefined;

/** All that stands in the way, in one line. */
export const sayGates = (gates: readonly GateResult[]): string =>
  gates.map(({ gate, message }) => `${gate}: ${message}`).join('; ');
