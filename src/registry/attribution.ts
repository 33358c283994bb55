import type { Context } from '../runtime/context.js';
import { checkText } from '../util/check.js';
import { toIso } from '../util/clock.js';
import type { HistoryEvent } from './model-record.js';

export const actorId = (context: Context): string => context.principal?.id ?? 'anonymous';

/** When, by whom and why, as history tells it. @throws MLOpsError `INVALID_INPUT` for a reason that is no text */
export function attribution(
  context: Context,
  onBehalfOf?: string,
  reason?: string,
): Pick<HistoryEvent, 'at' | 'by' | 'onBehalfOf' | 'reason'> {
  return {
    at: toIso(context.clock.now()),
    by: actorId(context),
    ...(onBehalfOf !== undefined && { onBehalfOf }),
    ...(reason !== undefined && { reason: checkText(reason, 'reason') }),
  };
}
