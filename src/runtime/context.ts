import type { MLOpsConfig } from '../config/mlops-config.js';
import { warnOfPending } from '../config/pending.js';
import { MLOpsError } from '../errors.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { KeyService } from '../keys/key-service.js';
import type { Storage } from '../storage/storage.js';
import { checkOptions } from '../util/check.js';
import { type Clock, systemClock } from '../util/clock.js';
import { type IdSource, uuidSource } from '../util/ids.js';
import { type Random, createRandom } from '../util/random.js';
import type { Logger } from './logging/logger.js';
import { type OperationLog, openOperationLog } from './logging/operation-log.js';
import { openKeys } from './open-keys.js';
import { assertStartable } from './assert-startable.js';
import { checkParts } from './given-parts.js';
import { type Principal, checkPrincipal, osPrincipal } from './principal.js';
import { sealedStores } from './sealed-stores.js';
import type { Telemetry } from './telemetry/telemetry.js';
import { type Stores, givenStores, policyStores } from './stores.js';

/** What every public class can be given instead of the defaults. */
export interface ContextOptions {
  /** Records and streams; with `artifacts`, replaces what the policy's `storage` section selects. */
  readonly storage?: Storage;
  readonly artifacts?: ArtifactStore;
  /** Source of time; the system's unless told. */
  readonly clock?: Clock;
  /** Source of ids; UUIDv7 unless told. */
  readonly ids?: IdSource;
  /** Source of randomness; seeded with the policy's `seed` unless told. */
  readonly random?: Random;
  /** Keys that live elsewhere, such as in a key-management service; those of the policy's `keys` section unless told. */
  readonly keys?: KeyService;
  /** Is told of operations, instead of the files of the policy's `logging` section; pino's loggers fit. */
  readonly logger?: Logger;
  /** Follows operations, such as `openTelemetry()` of `@bondx/mlops/opentelemetry`; nothing does unless told. */
  readonly telemetry?: Telemetry;
  /** Who is calling; the operating-system user unless told. */
  readonly principal?: Principal;
}

const everyContextOption: Readonly<Record<keyof ContextOptions, true>> = {
  storage: true,
  artifacts: true,
  clock: true,
  ids: true,
  random: true,
  keys: true,
  logger: true,
  telemetry: true,
  principal: true,
};

/** The names of them all, for those who check the options that they are given. */
export const contextOptionNames = Object.keys(everyContextOption) as readonly (keyof ContextOptions)[];

/** The registry's custom gates, which everything made from it carries along. */
type CustomGates = Readonly<Record<string, (version: never, open: never) => unknown>>;

/** What an instance of a public class works with. */
export interface Context {
  readonly config: MLOpsConfig;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: Random;
  /** Undefined when nobody was named and the policy demands that somebody is. */
  readonly principal: Principal | undefined;
  readonly customGates: CustomGates;
  readonly stores: Stores;
  /** The keys of the store, opened on first use. @throws MLOpsError `KEY_UNAVAILABLE` */
  readonly keys: () => Promise<KeyRing>;
  /** Undefined when nothing is logged. */
  readonly log: OperationLog | undefined;
  /** Undefined when nothing follows. */
  readonly telemetry: Telemetry | undefined;
}

/** Plain objects and paths reach this from JavaScript; a config of another copy of the package is one as well. */
export function checkConfig(config: Partial<MLOpsConfig> | null | undefined): void {
  if (config?.policy === undefined) {
    throw new MLOpsError(
      'INVALID_INPUT',
      "a policy is needed: MLOpsConfig.fromYaml('policy.yaml') or MLOpsConfig.fromObject({ … })",
    );
  }
}

/**
 * @param options a context stays what it is
 * @param besides options that the caller takes for itself
 * @throws MLOpsError `INVALID_INPUT` when there is no policy, or only one of `storage` and `artifacts` is given, for unknown
 *   options, and for what is no principal, store, clock …; PolicyError in production when nobody was given a role
 */
export function createContext(
  config: MLOpsConfig,
  options: ContextOptions | Context = {},
  customGates: CustomGates = {},
  besides: readonly string[] = [],
): Context {
  checkConfig(config);
  if (options instanceof Object && 'stores' in options) return options;
  checkOptions(options, [...contextOptionNames, ...besides], 'this call');
  const { storage, artifacts } = options;
  if ((storage === undefined) !== (artifacts === undefined)) {
    throw new MLOpsError(
      'INVALID_INPUT',
      'pass both { storage, artifacts } or neither: a model and its bytes belong together',
    );
  }
  checkParts(options);
  assertStartable(config);
  warnOfPending(config.policy);
  const clock = options.clock ?? systemClock;
  const opened =
    storage !== undefined && artifacts !== undefined ? givenStores(storage, artifacts) : policyStores(config);
  const keys = openKeys({ config, clock, storage: () => opened.storage(), service: options.keys });
  return {
    config,
    clock,
    ids: options.ids ?? uuidSource,
    random: options.random ?? createRandom(config.policy.seed),
    principal: options.principal === undefined ? ambientPrincipal(config) : checkPrincipal(options.principal),
    customGates,
    stores: sealedStores(opened, config, keys),
    keys,
    log: openOperationLog(config, clock, options.logger),
    telemetry: options.telemetry,
  };
}

const contexts = new WeakMap<object, Context>();

/** Lets {@link contextOf} find an instance's context, without making it part of the public class. */
export function shareContext(instance: object, context: Context): void {
  contexts.set(instance, context);
}

/** The context of an instance of a public class. */
export function contextOf(instance: object): Context {
  const context = contexts.get(instance);
  if (context === undefined) {
    throw new MLOpsError('INVALID_INPUT', 'expected an instance of a class of this package (of this copy of it)');
  }
  return context;
}

/**
 * The same stores and sources with other options on top, for a class that works on another's records.
 *
 * @param besides options that the caller takes for itself
 */
export function deriveContext(
  context: Context,
  options: ContextOptions = {},
  besides: readonly string[] = [],
): Context {
  checkConfig(context.config);
  checkOptions(options, [...contextOptionNames, ...besides], 'this call');
  if (options.storage !== undefined || options.artifacts !== undefined) {
    throw new MLOpsError('INVALID_INPUT', 'storage is that of the registry passed in; give { storage } to it instead');
  }
  if (options.keys !== undefined) {
    throw new MLOpsError('INVALID_INPUT', 'keys are those of the registry passed in; give { keys } to it instead');
  }
  checkParts(options);
  return {
    config: context.config,
    clock: options.clock ?? context.clock,
    ids: options.ids ?? context.ids,
    random: options.random ?? context.random,
    // Somebody who turns out to be nobody must not act as whoever was before.
    principal: 'principal' in options ? checkPrincipal(options.principal) : context.principal,
    customGates: context.customGates,
    // Only the instance that took a share of the stores gives it up.
    stores: { ...context.stores, release: () => Promise.resolve() },
    keys: context.keys,
    log: options.logger === undefined ? context.log : openOperationLog(context.config, context.clock, options.logger),
    telemetry: options.telemetry ?? context.telemetry,
  };
}

/**
 * The operating-system user stands in where no principal is named, except in production with
 * `security.require_authentication`: there the embedding service must say who is calling.
 */
function ambientPrincipal(config: MLOpsConfig): Principal | undefined {
  const { environment, security } = config.policy;
  return environment === 'production' && security.requireAuthentication ? undefined : osPrincipal();
}
