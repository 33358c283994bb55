import { MLOpsError } from '../../errors.js';
import type { Plan } from '../../governance/control-plane.js';
import { actorId } from '../../registry/attribution.js';
import type { Context } from '../../runtime/context.js';
import type { Storage } from '../../storage/storage.js';
import { type Alert, type StoredAlert, putAlert, viewAlert } from './alert.js';
import { loadAlert } from './alert-pages.js';

/** Acknowledging twice is fine: the first one stays. */
export async function acknowledgeAlert(
  context: Context,
  storage: Storage,
  alertId: string,
  comment: string | null,
): Promise<Plan<Alert>> {
  const { value, version } = await loadAlert(storage, alertId);
  const detail = { alertId, key: value.key };
  if (value.status === 'acknowledged') return { changes: [], result: viewAlert(value), detail };
  if (value.status === 'recovered') {
    throw new MLOpsError('ILLEGAL_STATE', `alert ${alertId} has recovered; there is nothing to acknowledge`);
  }
  const after: StoredAlert = {
    ...value,
    status: 'acknowledged',
    acknowledgedAt: context.clock.now(),
    acknowledgedBy: actorId(context),
    comment,
  };
  return { changes: [putAlert(after, version)], result: viewAlert(after), detail };
}
