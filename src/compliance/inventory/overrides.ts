import { modelOrStore } from '../../governance/access/scope.js';
import { MLOpsError } from '../../errors.js';
import { ControlPlane } from '../../governance/control-plane.js';
import { actorId } from '../../registry/attribution.js';
import { loadVersion } from '../../registry/stage-change.js';
import { checkVersion } from '../../registry/version-number.js';
import type { Context } from '../../runtime/context.js';
import { type Estimate, wilson } from '../../stats/wilson.js';
import type { Change } from '../../storage/storage.js';
import { checkName, checkOptions, refuse } from '../../util/check.js';
import { toIso } from '../../util/clock.js';
import { deepFreeze } from '../../util/freeze.js';
import type { JsonValue } from '../../util/json.js';
import { checkText, listItems, loadItem, modelOfRecord } from './stored-items.js';

export const overridesCollection = 'model_overrides';

/** A decision against what the model said. Plain JSON. */
export interface Override {
  readonly overrideId: string;
  readonly modelName: string;
  readonly version: string;
  /** The caller's key of the case; no name of a person, it stays in the audit trail. */
  readonly reference: string;
  readonly predicted: number;
  readonly decided: number;
  readonly direction: 'up' | 'down';
  readonly reason: string;
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** What came of it, once known. */
  readonly actual?: number;
}

/** What {@link Overrides.record} records of a decision against the model. */
export type RecordOverrideOptions = Pick<
  Override,
  'modelName' | 'version' | 'reference' | 'predicted' | 'decided' | 'reason'
>;

/** How often people decided against the model, which way, and who was nearer to what happened. */
export interface OverrideSummary {
  readonly overrides: number;
  readonly up: number;
  readonly down: number;
  /** Of all decisions, with Wilson's interval; absent when their number was not given. */
  readonly rate?: Estimate;
  /** Over those whose outcome is known. */
  readonly outcomes: {
    readonly known: number;
    /** Mean absolute errors; absent while nothing is known. */
    readonly modelError?: number;
    readonly overrideError?: number;
  };
}

/** Decisions against a model, tracked apart from what the model does (Basel CRE36). */
export class Overrides {
  readonly #control: ControlPlane;

  constructor(private readonly context: Context) {
    this.#control = new ControlPlane(context);
  }

  async record(options: RecordOverrideOptions): Promise<Override> {
    checkOptions(options, ['modelName', 'version', 'reference', 'predicted', 'decided', 'reason'], 'record');
    const { predicted, decided } = options;
    for (const [what, value] of Object.entries({ predicted, decided })) {
      if (!Number.isFinite(value)) refuse(`${what} must be a number, got ${String(value)}`);
    }
    if (predicted === decided) refuse('predicted and decided are alike: that is no override');
    const override: Override = {
      overrideId: this.context.ids.next(),
      modelName: checkName(options.modelName, 'modelName'),
      version: checkVersion(options.version),
      reference: checkName(options.reference, 'reference'),
      predicted,
      decided,
      direction: decided > predicted ? 'up' : 'down',
      reason: checkText(options.reason, 'reason'),
      by: actorId(this.context),
      at: toIso(this.context.clock.now()),
    };
    const { modelName, version, overrideId, direction, reason } = override;
    const resource = { type: 'model_version', id: modelName, version };
    return this.#control.change(
      'compliance.record_override',
      { resource, scope: { model: resource.id } },
      async (storage) => {
        await loadVersion(storage, modelName, version);
        const detail = { overrideId, predicted, decided, direction };
        return { changes: [putOverride(override, 'absent')], result: deepFreeze(override), reason, detail };
      },
    );
  }

  /** What came of a case. */
  async recordActual(options: { readonly overrideId: string; readonly actual: number }): Promise<Override> {
    checkOptions(options, ['overrideId', 'actual'], 'recordActual');
    const { overrideId, actual } = options;
    if (!Number.isFinite(actual)) refuse(`actual must be a number, got ${String(actual)}`);
    const resource = { type: 'override', id: checkName(overrideId, 'overrideId') };
    return this.#control.change(
      'compliance.record_override',
      { resource, scope: modelOfRecord(overridesCollection, resource.id) },
      async (storage) => {
        const { value, recordVersion } = await loadItem<Override>(storage, overridesCollection, overrideId, 'override');
        if (value.actual !== undefined) {
          throw new MLOpsError('ILLEGAL_STATE', `the outcome of override ${overrideId} is recorded: ${value.actual}`);
        }
        const after = { ...value, actual };
        return { changes: [putOverride(after, recordVersion)], result: deepFreeze(after), detail: { actual } };
      },
    );
  }

  /** Overrides, oldest first. */
  async list(options: { readonly modelName?: string } = {}): Promise<readonly Override[]> {
    checkOptions(options, ['modelName'], 'list');
    return this.#control.access('compliance.read', modelOrStore(options.modelName), async (storage) =>
      deepFreeze(await listItems<Override>(storage, overridesCollection, options.modelName)),
    );
  }
}

/**
 * @param decisions all decisions that the model had a part in, overridden or not
 * @throws MLOpsError `INVALID_INPUT` for fewer decisions than overrides
 */
export function summarizeOverrides(overrides: readonly Override[], decisions?: number): OverrideSummary {
  if (decisions !== undefined && !(Number.isSafeInteger(decisions) && decisions >= overrides.length)) {
    refuse(`there are ${overrides.length} overrides, so ${decisions} decisions cannot be all of them`);
  }
  const known = overrides.filter((override) => override.actual !== undefined);
  const error = (of: 'predicted' | 'decided'): number =>
    known.reduce((sum, override) => sum + Math.abs(override[of] - override.actual!), 0) / known.length;
  const up = overrides.filter(({ direction }) => direction === 'up').length;
  return {
    overrides: overrides.length,
    up,
    down: overrides.length - up,
    ...(decisions !== undefined && decisions > 0 && { rate: wilson(overrides.length, decisions, 0.95) }),
    outcomes: {
      known: known.length,
      ...(known.length > 0 && { modelError: error('predicted'), overrideError: error('decided') }),
    },
  };
}

const putOverride = (override: Override, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: overridesCollection,
  id: override.overrideId,
  value: override as unknown as JsonValue,
  index: { modelName: override.modelName, version: override.version },
  expect,
});
