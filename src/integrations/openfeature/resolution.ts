import type { ErrorCode, EvaluationContext, FlagMetadata, ResolutionReason } from '@openfeature/server-sdk';
import type { RouteDecision, RouteReason } from '../../canary/router.js';

/** By its name: what is taken from the SDK while this is imported would fail there with words that are not ours. */
const codeOf = (name: `${ErrorCode}`): ErrorCode => name as unknown as ErrorCode;

export const errorCodes = {
  flagNotFound: codeOf('FLAG_NOT_FOUND'),
  general: codeOf('GENERAL'),
  invalidContext: codeOf('INVALID_CONTEXT'),
  typeMismatch: codeOf('TYPE_MISMATCH'),
};

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
    return { errorCode: errorCodes.general, errorMessage: `routing ${modelName} failed; production serves` };
  }
  if (reason === 'not_loaded') {
    const errorMessage = `this process does not know ${modelName} yet; await manager.refresh('${modelName}') or name it in models`;
    return { errorCode: errorCodes.flagNotFound, errorMessage };
  }
  if (version !== undefined) return undefined;
  return { errorCode: errorCodes.flagNotFound, errorMessage: `${modelName} has no version in production` };
}

/** What OpenFeature calls a reason of routing. */
const reasons: Readonly<Record<RouteReason, ResolutionReason>> = {
  canary: 'SPLIT',
  production: 'SPLIT',
  shadow: 'SPLIT',
  paused: 'DISABLED',
  halted: 'DISABLED',
  override: 'TARGETING_MATCH',
  override_refused: 'DEFAULT',
  no_canary: 'STATIC',
  not_loaded: 'ERROR',
  failed: 'ERROR',
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
