import type { Filter } from '../search/filter.js';
import type { ContextOptions } from '../runtime/context.js';
import type { CustomGates } from './custom-gate.js';
import type { GateResult } from './gate-result.js';
import type { ModelVersion, RegisteredModel } from './model-record.js';
import type { ModelStage } from './stage.js';

export interface RegistryOptions extends ContextOptions {
  /** Conditions of one's own for entering production, by name; they hold for canaries made from the registry too. */
  readonly gates?: CustomGates;
}

/** Which version {@link ModelRegistry.promoteModel} moves to which stage, and why. */
export interface PromoteModelOptions {
  readonly modelName: string;
  readonly version: string;
  /** In any case: `production` will do. */
  readonly targetStage: ModelStage | Lowercase<ModelStage>;
  /** Whom to name as responsible; a claim, recorded beside the principal. */
  readonly deployedBy?: string;
  readonly reason?: string;
  /**
   * The version that must be in production at that moment, null for none. Without it a promotion replaces whatever is
   * there, also a version that somebody else promoted a moment ago.
   */
  readonly replaces?: string | null;
}

/** Whether a promotion took place, and which gates stood in its way. */
export type PromotionResult =
  | {
      readonly status: 'promoted';
      readonly modelName: string;
      readonly version: string;
      readonly from: ModelStage;
      readonly to: ModelStage;
      /** The version that left production for this one. */
      readonly archivedVersion?: string;
      readonly gates: readonly GateResult[];
    }
  | {
      readonly status: 'refused';
      readonly modelName: string;
      readonly version: string;
      /** Every gate that did not pass. */
      readonly failures: readonly GateResult[];
      readonly gates: readonly GateResult[];
    };

/** Which versions {@link ModelRegistry.listModels} gives. */
export interface ListModelsOptions {
  readonly modelName?: string;
  readonly stage?: ModelStage | Lowercase<ModelStage>;
  /**
   * As text, such as `metrics.mae < 2 and tags.team = 'rates'`, or as a tree. Attributes are `name`, `version`, `model_type`,
   * `stage`, `run_id` and `registered_at`.
   */
  readonly filter?: string | Filter;
  /** 100 unless told. */
  readonly limit?: number;
  readonly cursor?: string;
}

/** Some of the versions found; `cursor` is there when more may follow. */
export interface VersionPage {
  readonly versions: readonly ModelVersion[];
  readonly cursor?: string;
}

/** Some of the models; `cursor` is there when more may follow. */
export interface ModelPage {
  readonly models: readonly RegisteredModel[];
  readonly cursor?: string;
}

/** What is given replaces what was there; tags are merged. */
export interface DescribeModelOptions {
  readonly modelName: string;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Names one version. */
export interface VersionReference {
  readonly modelName: string;
  readonly version: string;
  /** Why, for the history. */
  readonly reason?: string;
}

export interface SetAliasOptions extends VersionReference {
  /** Such as `champion`; moves to this version when another has it. */
  readonly alias: string;
}

/** What is given replaces what was there; tags are merged. */
export interface DescribeVersionOptions extends VersionReference {
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
}
