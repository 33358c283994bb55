import { MLOpsError } from '../../errors.js';

/**
 * What every detector of change in a stream has in common. The state is plain JSON with a kind and a version, so it is its
 * own serialized form. A detector follows one order of observations; two of them cannot be merged.
 */
export interface Detector<Options, State extends DetectorState, Value extends DetectorValue> {
  /** @throws MLOpsError `INVALID_INPUT` for options out of range */
  readonly create: (options?: Options) => State;
  /**
   * Takes the next observation into the state. The first one after a detection starts afresh.
   *
   * @throws MLOpsError `INVALID_INPUT` for a value the detector cannot use; the state is left as it was
   */
  readonly add: (state: State, value: number) => void;
  readonly value: (state: State) => Value;
  /** A state read back from JSON. @throws MLOpsError `CORRUPT` or, from a later version, `UNSUPPORTED` */
  readonly restore: (json: unknown) => State;
}

export interface DetectorState {
  readonly kind: string;
  readonly version: 1;
}

export interface DetectorValue {
  /** Whether the observation added last set off an alarm. */
  readonly status: 'stable' | 'warning' | 'drift';
  /** Observations the present estimate rests on. */
  readonly count: number;
}

/** Squares of larger numbers, or sums of them, are beyond a double. */
const largest = 1e150;

/** Refuses NaN, infinities and what is nearly infinite: they would stay in a running sum for ever. */
export function checkObservation(value: number, detector: string): void {
  if (!Number.isFinite(value)) {
    throw new MLOpsError('INVALID_INPUT', `${detector} takes finite numbers, got ${value}; leave missing values out`);
  }
  if (Math.abs(value) > largest) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `${detector} takes numbers up to ${largest}, got ${value}; leave codes for missing values out`,
    );
  }
}

/** Refuses a detector's option that fails its condition. */
export function checkOption(isValid: boolean, name: string, value: number, expected: string): void {
  if (!isValid) throw new MLOpsError('INVALID_INPUT', `${name} is ${value}; expected ${expected}`);
}

/** Options with the defaults filled in; a given `undefined` counts as not given. */
export function withDefaults<Options extends object>(defaults: Options, given: Partial<Options>): Options {
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(known) };
}

/**
 * Checks that a JSON value is a state of the kind: same version, same fields of the same types as a new state with its
 * options has.
 */
export function restoreState<State extends DetectorState>(json: unknown, fresh: (options: never) => State): State {
  const candidate = json as Partial<State> & { readonly options?: unknown };
  if (typeof json !== 'object' || json === null || typeof candidate.options !== 'object') {
    throw new MLOpsError('CORRUPT', 'the detector state is not an object with options; expected what a detector saved');
  }
  const expected = fresh(candidate.options as never);
  if (candidate.kind !== expected.kind) {
    throw new MLOpsError('CORRUPT', `the state is of a detector ${String(candidate.kind)}; expected ${expected.kind}`);
  }
  if (candidate.version !== expected.version) {
    throw new MLOpsError(
      'UNSUPPORTED',
      `the state of ${expected.kind} has version ${String(candidate.version)}; this release reads ${expected.version}`,
    );
  }
  for (const [field, value] of Object.entries(expected)) {
    const found: unknown = candidate[field as keyof State];
    const isValid =
      value === null
        ? found === null || typeof found === 'number'
        : typeof found === typeof value && found !== null && Array.isArray(found) === Array.isArray(value);
    if (!isValid) {
      throw new MLOpsError('CORRUPT', `the state of ${expected.kind} has no valid field ${field}`);
    }
  }
  return structuredClone(json) as State;
}
