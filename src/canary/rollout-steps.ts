import { checkOptions, refuse } from '../util/check.js';

/** A step of a rollout. */
export interface CanaryStep {
  /** Share of the requests that the candidate answers, a fraction; 0 is shadow mode: both score, production answers. */
  readonly traffic: number;
  /** The step lasts at least so long; 0 unless told. */
  readonly hours?: number | undefined;
  /** The step ends only after so many requests of it were answered (in shadow mode: scored) by the candidate; 0 unless told. */
  readonly requests?: number | undefined;
}

/** A step with its conditions spelled out. */
export interface PlannedStep {
  readonly traffic: number;
  readonly minMs: number;
  readonly minRequests: number;
}

/**
 * The plan of a rollout, checked: shares grow from step to step, up to the limit.
 *
 * @throws MLOpsError `INVALID_INPUT`
 */
export function planSteps(steps: readonly CanaryStep[], maxTraffic: number): readonly PlannedStep[] {
  if (!Array.isArray(steps) || steps.length === 0) refuse('steps must be a list of at least one step');
  let before = -1;
  return (steps as readonly (CanaryStep | null)[]).map((step, i) => {
    const where = `steps[${i}]`;
    if (typeof step !== 'object' || step === null) refuse(`${where} must be { traffic, hours?, requests? }`);
    checkOptions(step, ['traffic', 'hours', 'requests'], where);
    const { traffic, hours = 0, requests = 0 } = step;
    if (typeof traffic !== 'number' || !(traffic >= 0 && traffic < 1)) {
      refuse(`${where}.traffic must be a fraction from 0 (shadow) to below 1, got ${String(traffic)}`);
    }
    if (traffic > maxTraffic) {
      refuse(`${where}.traffic ${traffic} is above canary.max_canary_percentage ${maxTraffic}`);
    }
    if (traffic <= before) refuse(`${where}.traffic ${traffic} must be above the step before it (${before})`);
    if (typeof hours !== 'number' || !(hours >= 0 && hours <= 876_000)) {
      refuse(`${where}.hours must be a number of hours from 0 to 876000, got ${String(hours)}`);
    }
    if (!Number.isSafeInteger(requests) || requests < 0) {
      refuse(`${where}.requests must be a whole number from 0, got ${String(requests)}`);
    }
    before = traffic;
    return { traffic, minMs: hours * 3_600_000, minRequests: requests };
  });
}

/** What is known of the step under way. */
export interface StepProgress {
  readonly steps: readonly PlannedStep[];
  /** Index of the planned step under way; undefined when somebody chose a share by hand. */
  readonly current: number | undefined;
  readonly elapsedMs: number;
  /** Requests of this step that the candidate answered, or in shadow mode scored. */
  readonly requests: number;
}

/** What an automatic rollout does once nothing speaks against the candidate; `complete`: no step is left to go through. */
export type StepAdvice =
  | { readonly action: 'advance'; readonly to: number; readonly reason: string }
  | { readonly action: 'wait' | 'complete'; readonly reason: string };

/** Whether the step under way, the last one too, has lasted long enough and has enough evidence. */
export function adviseStep({ steps, current, elapsedMs, requests }: StepProgress): StepAdvice {
  const step = current === undefined ? undefined : steps[current];
  if (step === undefined) return { action: 'complete', reason: 'the share was chosen by hand' };
  if (elapsedMs < step.minMs) {
    return { action: 'wait', reason: `the step lasts ${hours(step.minMs)}, ${hours(elapsedMs)} have passed` };
  }
  if (requests < step.minRequests) {
    return { action: 'wait', reason: `the step needs ${step.minRequests} requests, ${requests} are there` };
  }
  if (current === steps.length - 1) return { action: 'complete', reason: 'this is the last step' };
  const reason = `step ${current! + 1} of ${steps.length} passed: ${hours(elapsedMs)}, ${requests} requests`;
  return { action: 'advance', to: current! + 1, reason };
}

const hours = (ms: number): string => `${Number((ms / 3_600_000).toPrecision(3))} h`;
