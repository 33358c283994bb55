import type { CanaryPolicy } from '../config/model-policy.js';
import { checkFraction, checkOptionalName, refuse } from '../util/check.js';
import type { CreateCanaryOptions } from './canary-options.js';
import type { Request } from './plans.js';
import { type PlannedStep, planSteps } from './rollout-steps.js';

/** What `createCanaryDeployment` takes. */
export const creationOptions: readonly (keyof CreateCanaryOptions)[] = [
  'modelName',
  'candidateVersion',
  'deployedBy',
  'initialTrafficPercentage',
  'steps',
  'shadowSample',
  'labelWindowHours',
];

/** The rollout that the options ask for, else the one of the policy. */
export function planOf(
  { initialTrafficPercentage, steps }: CreateCanaryOptions,
  policy: CanaryPolicy,
): readonly PlannedStep[] {
  if (steps !== undefined) {
    if (initialTrafficPercentage !== undefined) refuse('pass steps or initialTrafficPercentage, not both');
    return planSteps(steps, policy.maxCanaryPercentage);
  }
  if (initialTrafficPercentage === undefined && policy.steps.length > 0) {
    return planSteps(policy.steps, policy.maxCanaryPercentage);
  }
  const given = initialTrafficPercentage ?? policy.initialCanaryPercentage;
  const traffic = checkTraffic(given, 'initialTrafficPercentage', policy.maxCanaryPercentage);
  if (traffic === 0)
    refuse('initialTrafficPercentage must leave both versions some traffic; shadow mode is a step of 0');
  return planSteps([{ traffic }], policy.maxCanaryPercentage);
}

/** A share that leaves production something, within the policy's limit. */
export function checkTraffic(value: unknown, what: string, maxTraffic: number): number {
  const fraction = checkFraction(value, what);
  if (fraction === 1) refuse(`${what} must leave both versions some traffic`);
  if (fraction > maxTraffic) refuse(`${what} ${fraction} is above canary.max_canary_percentage ${maxTraffic}`);
  return fraction;
}

export function checkShadowSample(value: unknown = 1): number {
  const fraction = checkFraction(value, 'shadowSample');
  return fraction > 0 ? fraction : refuse('shadowSample must be above 0');
}

/** In milliseconds. */
export function checkLabelWindow(value: unknown, policy: CanaryPolicy): number {
  const hours: unknown = value ?? policy.labelWindowHours;
  if (typeof hours !== 'number' || !(hours >= 0 && hours <= 876_000)) {
    refuse(
      `labelWindowHours must be a number of hours from 0 to 876000, got ${typeof hours === 'number' ? hours : typeof hours}`,
    );
  }
  return hours * 3_600_000;
}

export const checkWhy = (name: unknown, reason: unknown): Request => ({
  onBehalfOf: checkOptionalName(name, 'the name of who is responsible'),
  reason: reason === undefined ? undefined : checkReason(reason),
});

function checkReason(reason: unknown): string {
  if (typeof reason !== 'string' || reason.length > 2000 || !reason.isWellFormed()) {
    refuse('reason must be a text of at most 2000 characters');
  }
  return reason === '' ? refuse('reason must not be empty; leave it out instead') : reason;
}
