import {
  ErrorCode,
  type EvaluationContext,
  type FlagMetadata,
  type ResolutionReason,
  StandardResolutionReasons,
} from '@openfeature/server-sdk';
import type { RouteDecision, RouteReason } from '../../canary/router.js';

/** The version that the context asks for; null when it is no text. */
export function givenVersion({ modelVersion }: EvaluationContext): string | undefined | null {
  if (modelVersion === undefined) return undefined;
  return typeof modelVersion === 'string' ? modelVersion : null;
}

/** Why there is no version to name. */
export function problemOf(
  modelName: string,
  { reason, version }: RouteDecision,
): { readonly errorCode: ErrorCode; readonly errorMessage: string } | undefined {
  if (reason === 'failed') {
    return { errorCode: ErrorCode.GENERAL, errorMessage: `routing ${modelName} failed; production serves` };
  }
  if (reason === 'not_loaded') {
    const errorMessage = `this process does not know ${modelName} yet; await manager.refresh('${modelName}') or name it in models`;
    return { errorCode: ErrorCode.FLAG_NOT_FOUND, errorMessage };
  }
  if (version !== undefined) return undefined;
  return { errorCode: ErrorCode.FLAG_NOT_FOUND, errorMessage: `${modelName} has no version in production` };
}

/** What OpenFeature calls a reason of routing. */
const reasons: Readonly<Record<RouteReason, ResolutionReason>> = {
  canary: StandardResolutionReasons.SPLIT,
  production: StandardResolutionReasons.SPLIT,
  shadow: StandardResolutionReasons.SPLIT,
  paused: StandardResolutionReasons.DISABLED,
  halted: StandardResolutionReasons.DISABLED,
  override: StandardResolutionReasons.TARGETING_MATCH,
  override_refused: StandardResolutionReasons.DEFAULT,
  no_canary: StandardResolutionReasons.STATIC,
  not_loaded: StandardResolutionReasons.ERROR,
  failed: StandardResolutionReasons.ERROR,
};

export const reasonOf = ({ reason }: RouteDecision): ResolutionReason => reasons[reason];

/** What `recordOutcome` wants to know of the request, besides the version. */
export const metadataOf = ({ requestId, deploymentId, step, unit, reason }: RouteDecision): FlagMetadata => ({
  requestId,
  unit,
  routeReason: reason,
  ...(deploymentId !== undefined && { deploymentId }),
  ...(step !== undefined && { step }),
});
