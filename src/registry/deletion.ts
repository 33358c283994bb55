import { toIso } from '../util/clock.js';
import { type HistoryEvent, type StoredModel, type StoredVersion } from './model-record.js';
import { ModelStage } from './stage.js';

const day = 86_400_000;

/**
 * What keeps a version from being deleted, in words, or undefined. Whatever decided about credit has to stay explicable, so
 * a version that was in production is kept as long as the audit trail.
 *
 * @param history of the model
 */
export function obstacleToDeletion(
  { version, stage }: StoredVersion,
  { aliases = {}, canary }: StoredModel,
  history: readonly HistoryEvent[],
  retentionDays: number,
  now: number,
): string | undefined {
  if (stage === ModelStage.PRODUCTION || stage === ModelStage.STAGING) return `is in ${stage}; archive it first`;
  const alias = Object.keys(aliases).find((name) => aliases[name] === version);
  if (alias !== undefined) return `has the alias ${alias}; remove that first`;
  if (canary !== null) return 'may be part of the canary that is active; end that first';
  const left = history.findLast((event) => event.version === version && event.from === ModelStage.PRODUCTION);
  const until = left === undefined ? -Infinity : Date.parse(left.at) + retentionDays * day;
  if (now < until) {
    return `was in production until ${left!.at} and is kept until ${toIso(until)} (security.audit_log_retention_days)`;
  }
  return undefined;
}
