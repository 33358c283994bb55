import { setImmediate } from 'node:timers/promises';
import type { DataFinding } from '../retrain-result.js';
import type { CheckInputs, DataCheck } from './check-inputs.js';
import { futureDates, unusedDates } from './dates.js';
import { labels } from './labels.js';
import { declaredLeaks, leakage } from './leakage.js';
import { duplicateRows, holdoutOverlap } from './rows.js';
import { featureValues, targetValues } from './values.js';

/** In the order in which they are reported. */
const checks: readonly DataCheck[] = [
  declaredLeaks,
  futureDates,
  unusedDates,
  targetValues,
  featureValues,
  duplicateRows,
  holdoutOverlap,
  leakage,
  labels,
];

/**
 * Looks for what would spoil a model before it is trained: leaking features, copies, poisoned or mixed-up labels, values
 * that cannot be.
 *
 * @param accepted checks whose findings do not block: somebody has looked
 */
export async function checkData(inputs: CheckInputs, accepted: readonly string[]): Promise<readonly DataFinding[]> {
  const findings: DataFinding[] = [];
  for (const check of checks) {
    findings.push(...(await check(inputs)));
    await setImmediate(); // others have a turn
  }
  return findings.map((finding) => (accepted.includes(finding.check) ? { ...finding, severity: 'warning' } : finding));
}
