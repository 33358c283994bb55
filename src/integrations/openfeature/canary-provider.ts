import type { ErrorCode, EvaluationContext, JsonValue, Provider, ResolutionDetails } from '@openfeature/server-sdk';
import type { CanaryDeploymentManager } from '../../canary/canary-deployment-manager.js';
import type { RouteDecision } from '../../canary/router.js';
import { checkOptions, refuse } from '../../util/check.js';
import { errorCodes, givenVersion, metadataOf, problemOf, reasonOf } from './resolution.js';

/** What a {@link CanaryProvider} routes with. */
export interface CanaryProviderOptions {
  /** Routes; it stays open when the provider is closed. */
  readonly manager: CanaryDeploymentManager;
  /** Models that must be known before the provider is ready; others can be refreshed at any time. */
  readonly models?: readonly string[];
}

/**
 * An OpenFeature provider over canaries. The flag key is the model's name, the targeting key the routing key (without one
 * each request is assigned by itself), the attribute `modelVersion` asks for a version. A string flag is the version that
 * should answer, a boolean one whether that is the canary, an object one the whole decision of routing, to be passed on to
 * `recordOutcome`. The variant is `canary` or `production`; the request's id, deployment, step and unit are flag metadata.
 *
 * Errors, with the default value: `FLAG_NOT_FOUND` for a model that is unknown, not refreshed or without a production version,
 * `TYPE_MISMATCH` for number flags, `INVALID_CONTEXT`, `GENERAL` when routing itself failed.
 *
 * @example `await OpenFeature.setProviderAndWait(new CanaryProvider({ manager, models: ['spread'] }))`
 */
export class CanaryProvider implements Provider {
  readonly metadata = { name: 'bondx-mlops-canary' } as const;
  readonly runsOn = 'server';

  /** @throws MLOpsError `INVALID_INPUT` */
  constructor(private readonly options: CanaryProviderOptions) {
    const { manager, models = [] } = options;
    // OpenFeature takes what evaluations throw for answers: every request would get its default, without a word.
    if (typeof (manager as Partial<CanaryDeploymentManager> | undefined)?.routePrediction !== 'function')
      refuse('CanaryProvider takes { manager }, which is a CanaryDeploymentManager');
    checkOptions(options, ['manager', 'models'], 'CanaryProvider');
    if (!Array.isArray(models) || models.some((name) => typeof name !== 'string'))
      refuse("models must be a list of names, such as ['spread']");
  }

  /** Reads the models' routing state; the manager follows it from then on. */
  async initialize(): Promise<void> {
    for (const modelName of this.options.models ?? []) await this.options.manager.refresh(modelName);
  }

  async resolveStringEvaluation(
    modelName: string,
    defaultValue: string,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<string>> {
    return this.#resolve(modelName, defaultValue, context, ({ version }) => version!);
  }

  async resolveBooleanEvaluation(
    modelName: string,
    defaultValue: boolean,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<boolean>> {
    return this.#resolve(modelName, defaultValue, context, ({ routeToCanary }) => routeToCanary);
  }

  async resolveObjectEvaluation<T extends JsonValue>(
    modelName: string,
    defaultValue: T,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<T>> {
    // A route without a deployment has fields that JSON does not: they are left out.
    return this.#resolve(modelName, defaultValue, context, (route) => JSON.parse(JSON.stringify(route)) as T);
  }

  async resolveNumberEvaluation(modelName: string, defaultValue: number): Promise<ResolutionDetails<number>> {
    const errorMessage = `${modelName} is a model: ask for a string (its version), a boolean (canary or not) or an object`;
    return failed(defaultValue, errorCodes.typeMismatch, errorMessage);
  }

  #resolve<T>(
    modelName: string,
    defaultValue: T,
    context: EvaluationContext,
    valueOf: (route: RouteDecision) => T,
  ): ResolutionDetails<T> {
    const { targetingKey } = context;
    const version = givenVersion(context);
    if (version === null || (targetingKey !== undefined && typeof targetingKey !== 'string')) {
      const errorMessage = 'the targeting key and the attribute modelVersion must be texts';
      return failed(defaultValue, errorCodes.invalidContext, errorMessage);
    }
    const route = this.options.manager.routePrediction({
      modelName,
      ...(targetingKey !== undefined && { routingKey: targetingKey }),
      ...(version !== undefined && { version }),
    });
    const problem = problemOf(modelName, route);
    if (problem !== undefined) return failed(defaultValue, problem.errorCode, problem.errorMessage);
    return {
      value: valueOf(route),
      variant: route.routeToCanary ? 'canary' : 'production',
      reason: reasonOf(route),
      flagMetadata: metadataOf(route),
    };
  }
}

const failed = <T>(value: T, errorCode: ErrorCode, errorMessage: string): ResolutionDetails<T> => ({
  value,
  reason: 'ERROR',
  errorCode,
  errorMessage,
});
