import { modelOrStore } from '../../governance/access/scope.js';
import { ControlPlane } from '../../governance/control-plane.js';
import { loadModelRecord } from '../../registry/stage-change.js';
import type { Context } from '../../runtime/context.js';
import type { JsonValue } from '../../util/json.js';
import { checkName, checkOneOf, checkOptions, refuse } from '../../util/check.js';
import { toIso } from '../../util/clock.js';
import { deepFreeze } from '../../util/freeze.js';
import { type CheckName, checkNames } from '../checks/check-names.js';
import { developersOfModel } from './developers.js';
import { checkDate, checkDecider, checkText, listItems } from './stored-items.js';

export const attestationsCollection = 'attestations';

/** What a person vouches for where nothing can be computed. Plain JSON. */
export interface Attestation {
  readonly attestationId: string;
  readonly modelName: string;
  readonly check: CheckName;
  readonly statement: string;
  readonly by: string;
  /** ISO 8601, UTC, as the other. */
  readonly at: string;
  readonly expiresAt: string;
}

/** Statements of persons, which stand in for checks that are not assessed, never for those that are not met. */
export class Attestations {
  readonly #control: ControlPlane;

  constructor(private readonly context: Context) {
    this.#control = new ControlPlane(context);
  }

  /** @throws MLOpsError `FORBIDDEN` for services, and for whoever developed the model, registered or trained a version of it */
  async record(options: {
    readonly modelName: string;
    readonly check: CheckName;
    readonly statement: string;
    readonly expiresAt: string | Date;
  }): Promise<Attestation> {
    checkOptions(options, ['modelName', 'check', 'statement', 'expiresAt'], 'record');
    const modelName = checkName(options.modelName, 'modelName');
    const check = checkOneOf(options.check, checkNames, 'check');
    const statement = checkText(options.statement, 'statement');
    const expiresAt = toIso(checkDate(options.expiresAt, 'expiresAt'));
    if (Date.parse(expiresAt) <= this.context.clock.now()) refuse(`expiresAt ${expiresAt} has passed`);
    const resource = { type: 'model', id: modelName };
    return this.#control.change('compliance.attest', { resource, scope: { model: resource.id } }, async (storage) => {
      await loadModelRecord(storage, modelName);
      const by = checkDecider(this.context, await developersOfModel(storage, modelName));
      const at = toIso(this.context.clock.now());
      const attestationId = this.context.ids.next();
      const attestation: Attestation = { attestationId, modelName, check, statement, by, at, expiresAt };
      return {
        changes: [
          {
            kind: 'put',
            collection: attestationsCollection,
            id: attestationId,
            value: attestation as unknown as JsonValue,
            index: { modelName, check },
            expect: 'absent',
          },
        ],
        result: deepFreeze(attestation),
        detail: { attestationId, check, expiresAt },
      };
    });
  }

  /** Attestations, oldest first. */
  async list(options: { readonly modelName?: string } = {}): Promise<readonly Attestation[]> {
    checkOptions(options, ['modelName'], 'list');
    return this.#control.access('compliance.read', modelOrStore(options.modelName), async (storage) =>
      deepFreeze(await listItems<Attestation>(storage, attestationsCollection, options.modelName)),
    );
  }
}
