import { dirname, resolve } from 'node:path';
import { PolicyError } from '../errors.js';
import { checkOptions, checkText, refuse } from '../util/check.js';
import { type Digest, digestJson } from '../util/digest.js';
import { deepFreeze } from '../util/freeze.js';
import { assertJson } from '../util/json.js';
import { own } from '../util/own.js';
import { defaultModelType, effectivePolicy } from './effective-policy.js';
import { type Environment, environmentOf } from './environment.js';
import { describe, isMapping } from './fields.js';
import { toPolicyFile } from './key-tree.js';
import { loadYaml } from './load-yaml.js';
import { type PendingKey, pendingKeys } from './pending.js';
import { readPolicyDocument } from './policy-document.js';
import { readPolicyText } from './policy-text.js';
import type { ModelTypePolicy } from './model-policy.js';
import type { Policy } from './policy.js';
import { Problems } from './problems.js';
import { resolveReferences } from './references.js';
import type { PartOf } from './spelling.js';
import { checkModelType } from './supported-models.js';

export type { PendingKey } from './pending.js';

/** Any part of a policy; each key in camelCase or in snake_case, not in both. */
export type PolicyInput = NonNullable<PartOf<Policy>>;

/** How a policy file is read. */
export interface FromYamlOptions {
  /** Variables by name, which override the file; `process.env` unless told, `{}` for none. */
  readonly environment?: Environment;
}

export interface MLOpsConfigOptions extends FromYamlOptions {
  /** Folder that relative paths start from; the current one unless told. */
  readonly baseDirectory?: string;
}

/** A section of `models` with the global drift thresholds where it has none of its own. */
export interface ModelPolicy extends Omit<ModelTypePolicy, 'driftThresholds'> {
  readonly driftThresholds: {
    readonly featureDriftThreshold: number;
    readonly targetDriftThreshold: number;
    readonly residualDriftThreshold: number;
    /** Tolerances of single columns, before all others. */
    readonly columns: Readonly<Record<string, number>>;
  };
}

/**
 * A policy in force: read once, checked whole, frozen. What the policy leaves out has its default. `BONDX_…`
 * environment variables go before the policy, see {@link FromYamlOptions.environment}.
 *
 * @example
 * const config = MLOpsConfig.fromObject({ drift: { psiThreshold: 0.2 } });
 * config.policy.drift.psiThreshold; // 0.2
 */
export class MLOpsConfig {
  readonly policy: Policy;
  /** SHA-256 of the policy in force: equal policies, equal digests, wherever they came from. */
  readonly digest: Digest;
  /** The file it came from, absolute. */
  readonly file?: string;
  /** Folder that relative paths of the policy start from, absolute. */
  readonly baseDirectory: string;
  readonly #environment: Environment;

  private constructor(policy: Policy, environment: Environment, baseDirectory: string, file?: string) {
    assertJson(policy);
    this.policy = policy;
    this.digest = digestJson(policy);
    this.baseDirectory = resolve(baseDirectory);
    this.#environment = environment;
    if (file !== undefined) this.file = resolve(file);
    Object.freeze(this);
  }

  /**
   * Reads a policy file: YAML 1.2, UTF-8, at most 1 MB, snake_case keys. Relative paths in it start from its folder.
   *
   * @throws PolicyError with every problem found, each with line, column and key
   */
  static fromYaml(path: string, options: FromYamlOptions = {}): MLOpsConfig {
    if (typeof path !== 'string') refuse(`fromYaml takes the path of a policy file, got ${describe(path)}`);
    checkOptions(options, ['environment'], 'fromYaml');
    const { content, problems } = readPolicyDocument(readPolicyText(path), path);
    const environment = environmentOf(options.environment);
    const effective = effectivePolicy({ content, problems, spelling: 'snake', environment, name: path });
    return new MLOpsConfig(effective, environment, dirname(resolve(path)), path);
  }

  /**
   * @param object the part of the policy that is not default, in camelCase or snake_case
   * @throws PolicyError with every problem found
   */
  static fromObject(object: PolicyInput, options: MLOpsConfigOptions = {}): MLOpsConfig {
    const content: unknown = object;
    if (!isMapping(content)) {
      throw new PolicyError([
        { path: '', message: `expected an object of sections and keys, got ${describe(content)}` },
      ]);
    }
    checkOptions(options, ['environment', 'baseDirectory'], 'fromObject');
    const environment = environmentOf(options.environment);
    const problems = new Problems(new Map());
    const effective = effectivePolicy({ content, problems, spelling: 'any', environment, name: undefined });
    return new MLOpsConfig(effective, environment, checkText(options.baseDirectory ?? process.cwd(), 'baseDirectory'));
  }

  /** Every default; environment variables still count. */
  static default(options: MLOpsConfigOptions = {}): MLOpsConfig {
    return MLOpsConfig.fromObject({}, options);
  }

  /** A path as the policy writes it, made absolute. */
  resolvePath(path: string): string {
    return resolve(this.baseDirectory, checkText(path, 'path'));
  }

  /**
   * The database and the object store that the policy names, with the environment variables that it refers to in their
   * place: may hold passwords, and is for opening them only.
   *
   * @throws MLOpsError `INVALID_INPUT` when a variable is not set
   */
  storageUrls(): { readonly records: string | undefined; readonly files: string | undefined } {
    const { url, artifactsUrl } = this.policy.storage;
    const resolved = (text: string | null, key: string): string | undefined =>
      text === null ? undefined : resolveReferences(text, this.#environment, key);
    return { records: resolved(url, 'storage.url'), files: resolved(artifactsUrl, 'storage.artifacts_url') };
  }

  /**
   * The environment variable that `keys.variable` names, and its value, which is for opening the keys only. Undefined when
   * the policy names none.
   */
  keyVariable(): { readonly name: string; readonly value: string | undefined } | undefined {
    const { variable: name } = this.policy.keys;
    return name === null ? undefined : { name, value: this.#environment[name] };
  }

  /**
   * URL and secret of one of `monitoring.channels`, with the environment variables that they refer to in their place: for
   * delivering only.
   *
   * @throws MLOpsError `INVALID_INPUT` when there is no such channel, or a variable is not set
   */
  channelSecrets(name: string): { readonly url: string | undefined; readonly secret: string | undefined } {
    const channel = own(this.policy.monitoring.channels, name);
    const { url, secret } = channel ?? refuse(`monitoring.channels has no ${name}`);
    const resolved = (text: string | null, key: string): string | undefined =>
      text === null ? undefined : resolveReferences(text, this.#environment, `monitoring.channels.${name}.${key}`);
    return { url: resolved(url, 'url'), secret: resolved(secret, 'secret') };
  }

  /**
   * Refuses a type of models that new runs, versions and trainings may not be of: one that is neither in `supported_models`
   * nor has a section under `models`. The default list of `supported_models` restricts nothing.
   *
   * @returns the type
   * @throws MLOpsError `INVALID_INPUT`
   */
  checkModelType(modelType: string): string {
    return checkModelType(this.policy, modelType);
  }

  /** What holds for a model type; for one that the policy does not mention, the defaults. */
  modelPolicy(modelType: string): ModelPolicy {
    const { models, drift } = this.policy;
    const own = Object.hasOwn(models, modelType) ? models[modelType]! : defaultModelType();
    const { featureDriftThreshold, targetDriftThreshold, residualDriftThreshold, columns } = own.driftThresholds;
    return deepFreeze({
      ...own,
      driftThresholds: {
        featureDriftThreshold: featureDriftThreshold ?? drift.featureDriftThreshold,
        targetDriftThreshold: targetDriftThreshold ?? drift.targetDriftThreshold,
        residualDriftThreshold: residualDriftThreshold ?? drift.residualDriftThreshold,
        columns,
      },
    });
  }

  /** The whole policy in force as a policy file, overrides and defaults included. Reading it gives an equal policy. */
  toYaml(): string {
    return loadYaml().stringify(toPolicyFile(this.policy), { lineWidth: 0, aliasDuplicateObjects: false });
  }

  /** Keys that are accepted and have no effect in this version, in the order of the policy. */
  pending(): readonly PendingKey[] {
    return deepFreeze(pendingKeys(this.policy));
  }
}
