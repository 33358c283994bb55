import type { HistoryEvent } from './model-record.js';
import { ModelStage } from './stage.js';

/**
 * The version that was in production at a moment, from the model's history.
 *
 * @param at UTC milliseconds; a change at that very millisecond counts
 */
export function productionAt(history: readonly HistoryEvent[], at: number): string | undefined {
  let production: string | undefined;
  for (const event of history) {
    if (Date.parse(event.at) > at) break;
    if (event.kind !== 'stage_changed') continue;
    if (event.to === ModelStage.PRODUCTION) production = event.version;
    else if (event.from === ModelStage.PRODUCTION && event.version === production) production = undefined;
  }
  return production;
}
