import type { JsonObject } from '../../util/json.js';
import type { AlertSeverity, AlertSource } from './alert.js';

/**
 * What a piece of evidence says about a key: `bad` raises an alert or keeps it open, `good` lets it recover. Evidence that
 * cannot tell (inconclusive, not assessed) does neither: it is no finding, or `unclear`, which lets an alert about another
 * version recover, since that one has been replaced.
 */
export interface Finding {
  readonly key: string;
  readonly source: AlertSource;
  readonly state: 'bad' | 'good' | 'unclear';
  readonly severity: AlertSeverity;
  readonly modelName: string | null;
  readonly title: string;
  readonly message: string;
  readonly evidence: JsonObject;
  /** Identifies the evidence: the same one is taken up once. */
  readonly evidenceId: string;
  /** By which the newest evidence of a key is told, UTC milliseconds; absent where there is no older one to come upon. */
  readonly evidenceAt?: number;
}
