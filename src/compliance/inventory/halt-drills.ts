import { modelOrStore } from '../../governance/access/scope.js';
import type { CanaryDeploymentManager } from '../../canary/canary-deployment-manager.js';
import { MLOpsError } from '../../errors.js';
import { ControlPlane } from '../../governance/control-plane.js';
import { actorId } from '../../registry/attribution.js';
import { type Context, contextOf } from '../../runtime/context.js';
import { checkName, checkOptions, refuse } from '../../util/check.js';
import { toIso } from '../../util/clock.js';
import { deepFreeze } from '../../util/freeze.js';
import type { JsonValue } from '../../util/json.js';
import { listItems } from './stored-items.js';

export const drillsCollection = 'halt_drills';

/** A halt that was timed. Plain JSON. */
export interface HaltDrill {
  readonly drillId: string;
  readonly modelName: string;
  readonly deploymentId: string;
  /** From the call until the halt was durable and this process had read it back, milliseconds. */
  readonly latencyMs: number;
  /** Whether the canary was out of the traffic then, in this process. */
  readonly isHalted: boolean;
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** Proof that the kill switch works (RTS 6, Art. 12): canaries that are halted to see how long it takes. */
export class HaltDrills {
  readonly #control: ControlPlane;

  constructor(private readonly context: Context) {
    this.#control = new ControlPlane(context);
  }

  /**
   * Really halts the model's canary: use one that was begun for it.
   *
   * @throws MLOpsError `NOT_FOUND` when there is no canary; `ILLEGAL_STATE` when it is halted already, which times nothing;
   *   `INVALID_INPUT` when `canaries` are of another store than this registry
   */
  async run(options: { readonly modelName: string; readonly canaries: CanaryDeploymentManager }): Promise<HaltDrill> {
    checkOptions(options, ['modelName', 'canaries'], 'run');
    const { canaries } = options;
    const modelName = checkName(options.modelName, 'modelName');
    const resource = { type: 'model', id: modelName };
    const { clock, ids, stores } = this.context;
    const [storage, theirs] = [await stores.storage(), await contextOf(canaries).stores.storage()];
    if (storage !== theirs) refuse('canaries are of another store: make them with the registry of this inventory');
    const { deployments } = await canaries.listDeployments({ modelName, status: 'halted', limit: 1 });
    if (deployments[0] !== undefined) {
      const { deploymentId } = deployments[0];
      throw new MLOpsError(
        'ILLEGAL_STATE',
        `the canary ${deploymentId} of ${modelName} is halted already; roll it back and begin one for the drill`,
      );
    }
    const began = clock.now();
    const halt = await canaries.halt(modelName, { reason: 'drill of the kill switch' });
    const ended = clock.now();
    if (halt.status === 'no_canary') {
      throw new MLOpsError('NOT_FOUND', `${modelName} has no canary to halt; begin one for the drill`);
    }
    const { status } = await canaries.getDeployment(halt.deploymentId);
    const drill: HaltDrill = {
      drillId: ids.next(),
      modelName,
      deploymentId: halt.deploymentId,
      latencyMs: ended - began,
      isHalted: status === 'halted',
      by: actorId(this.context),
      at: toIso(began),
    };
    return this.#control.change('compliance.record_drill', { resource, scope: { model: resource.id } }, () => {
      const { drillId, deploymentId, latencyMs, isHalted } = drill;
      return Promise.resolve({
        changes: [
          {
            kind: 'put' as const,
            collection: drillsCollection,
            id: drillId,
            value: drill as unknown as JsonValue,
            index: { modelName },
            expect: 'absent' as const,
          },
        ],
        result: deepFreeze(drill),
        detail: { drillId, deploymentId, latencyMs, isHalted },
      });
    });
  }

  /** Drills, oldest first. */
  async list(options: { readonly modelName?: string } = {}): Promise<readonly HaltDrill[]> {
    checkOptions(options, ['modelName'], 'list');
    return this.#control.access('compliance.read', modelOrStore(options.modelName), async (storage) =>
      deepFreeze(await listItems<HaltDrill>(storage, drillsCollection, options.modelName)),
    );
  }
}
