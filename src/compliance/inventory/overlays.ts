import { modelOrStore } from '../../governance/access/scope.js';
import { MLOpsError } from '../../errors.js';
import { ControlPlane } from '../../governance/control-plane.js';
import { actorId } from '../../registry/attribution.js';
import { loadModelRecord } from '../../registry/stage-change.js';
import type { Context } from '../../runtime/context.js';
import type { Change } from '../../storage/storage.js';
import { checkName, checkOneOf, checkOptions, describe, refuse } from '../../util/check.js';
import { toIso } from '../../util/clock.js';
import { deepFreeze } from '../../util/freeze.js';
import type { JsonValue } from '../../util/json.js';
import { checkDate, checkDecider, checkText, listItems, loadItem, modelOfRecord } from './stored-items.js';

export const overlaysCollection = 'model_overlays';

/** An amount put on top of what a model says (IFRS 9: post-model adjustment). Plain JSON. */
export interface Overlay {
  readonly overlayId: string;
  readonly modelName: string;
  /** Above 0, in `currency`. */
  readonly amount: number;
  readonly currency: string;
  readonly direction: 'increase' | 'decrease';
  readonly reason: string;
  /** ISO 8601, UTC, as the others. */
  readonly expiresAt: string;
  readonly recordedAt: string;
  readonly recordedBy: string;
  readonly approvedAt?: string;
  readonly approvedBy?: string;
  readonly withdrawnAt?: string;
  readonly withdrawnBy?: string;
}

/** What {@link Overlays.record} proposes. */
export interface RecordOverlayOptions extends Pick<
  Overlay,
  'modelName' | 'amount' | 'currency' | 'direction' | 'reason'
> {
  readonly expiresAt: string | Date;
}

/** Whether an overlay is in force: approved by another person, not withdrawn, not expired. */
export const isInForce = (overlay: Overlay, now: number): boolean =>
  overlay.approvedAt !== undefined && overlay.withdrawnAt === undefined && Date.parse(overlay.expiresAt) > now;

/** Overlays with amount, direction, reason, approver and expiry. */
export class Overlays {
  readonly #control: ControlPlane;

  constructor(private readonly context: Context) {
    this.#control = new ControlPlane(context);
  }

  /** Proposes an overlay; it counts once somebody else approved it. */
  async record(options: RecordOverlayOptions): Promise<Overlay> {
    const known = ['modelName', 'amount', 'currency', 'direction', 'reason', 'expiresAt'];
    checkOptions(options, known, 'record');
    const { amount, currency } = options;
    if (!(Number.isFinite(amount) && amount > 0)) {
      refuse(`amount must be a number above 0, got ${describe(amount)}; say which way in direction`);
    }
    if (!/^[A-Z]{3}$/.test(checkText(currency, 'currency')))
      refuse(`currency must be a code such as EUR, got ${currency}`);
    const now = this.context.clock.now();
    const overlay: Overlay = {
      overlayId: this.context.ids.next(),
      modelName: checkName(options.modelName, 'modelName'),
      amount,
      currency,
      direction: checkOneOf(options.direction, ['increase', 'decrease'] as const, 'direction'),
      reason: checkText(options.reason, 'reason'),
      expiresAt: toIso(checkDate(options.expiresAt, 'expiresAt')),
      recordedAt: toIso(now),
      recordedBy: actorId(this.context),
    };
    if (Date.parse(overlay.expiresAt) <= now) refuse(`expiresAt ${overlay.expiresAt} has passed`);
    const resource = { type: 'model', id: overlay.modelName };
    return this.#control.change(
      'compliance.record_overlay',
      { resource, scope: { model: resource.id } },
      async (storage) => {
        await loadModelRecord(storage, overlay.modelName);
        const { overlayId, direction, reason, expiresAt } = overlay;
        const detail = { overlayId, amount, currency, direction, expiresAt };
        return { changes: [putOverlay(overlay, 'absent')], result: deepFreeze(overlay), reason, detail };
      },
    );
  }

  /** @throws MLOpsError `FORBIDDEN` for services and for whoever recorded it */
  async approve(options: { readonly overlayId: string }): Promise<Overlay> {
    checkOptions(options, ['overlayId'], 'approve');
    return this.#edit('compliance.approve_overlay', options.overlayId, (overlay, at) => ({
      approvedAt: at,
      approvedBy: checkDecider(this.context, [{ id: overlay.recordedBy, did: 'recorded the overlay' }]),
    }));
  }

  /** Ends an overlay before it expires, or takes a proposal back. */
  async withdraw(options: { readonly overlayId: string }): Promise<Overlay> {
    checkOptions(options, ['overlayId'], 'withdraw');
    return this.#edit('compliance.record_overlay', options.overlayId, (_, at) => ({
      withdrawnAt: at,
      withdrawnBy: actorId(this.context),
    }));
  }

  /** Overlays, oldest first. */
  async list(options: { readonly modelName?: string } = {}): Promise<readonly Overlay[]> {
    checkOptions(options, ['modelName'], 'list');
    return this.#control.access('compliance.read', modelOrStore(options.modelName), async (storage) =>
      deepFreeze(await listItems<Overlay>(storage, overlaysCollection, options.modelName)),
    );
  }

  async #edit(
    operation: 'compliance.record_overlay' | 'compliance.approve_overlay',
    overlayId: string,
    change: (overlay: Overlay, at: string) => Partial<Overlay>,
  ): Promise<Overlay> {
    const resource = { type: 'overlay', id: checkName(overlayId, 'overlayId') };
    return this.#control.change(
      operation,
      { resource, scope: modelOfRecord(overlaysCollection, resource.id) },
      async (storage) => {
        const { value, recordVersion } = await loadItem<Overlay>(storage, overlaysCollection, overlayId, 'overlay');
        const changed = change(value, toIso(this.context.clock.now()));
        const isAgain = Object.keys(changed).some((key) => key in value);
        if (value.withdrawnAt !== undefined || isAgain) {
          throw new MLOpsError('ILLEGAL_STATE', `overlay ${overlayId} was approved or withdrawn already`);
        }
        const after = { ...value, ...changed };
        const { modelName, amount, currency } = value;
        const detail = { modelName, amount, currency };
        return { changes: [putOverlay(after, recordVersion)], result: deepFreeze(after), detail };
      },
    );
  }
}

const putOverlay = (overlay: Overlay, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: overlaysCollection,
  id: overlay.overlayId,
  value: overlay as unknown as JsonValue,
  index: { modelName: overlay.modelName },
  expect,
});
