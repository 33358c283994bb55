import { checkOptions, refuse } from '../util/check.js';

/**
 * What becomes of a sensitive column.
 *
 * - `pseudonymize`: each value becomes the same pseudonym everywhere, which nobody without the key can compute.
 * - `generalize`: dates become quarters, numbers powers of ten, texts the bands that list them (others: `other`).
 * - `mask`: only the last `keep` characters stay, behind four asterisks; none of a value that is not longer.
 * - `drop`: the column is left out.
 */
export type ColumnRule =
  | { readonly action: 'pseudonymize' }
  | { readonly action: 'generalize'; readonly to: 'quarter' | 'power_of_ten' }
  | { readonly action: 'generalize'; readonly to: 'band'; readonly bands: Readonly<Record<string, readonly string[]>> }
  | { readonly action: 'mask'; readonly keep?: number }
  | { readonly action: 'drop' };

const optionsOf: Readonly<Record<string, readonly string[]>> = {
  pseudonymize: ['action'],
  generalize: ['action', 'to', 'bands'],
  mask: ['action', 'keep'],
  drop: ['action'],
};

/** @throws MLOpsError `INVALID_INPUT` */
export function checkColumnRule(rule: unknown, name: string): ColumnRule {
  const what = `the rule of column ${JSON.stringify(name)}`;
  if (typeof rule !== 'object' || rule === null) refuse(`${what} must be an object such as { action: 'drop' }`);
  const { action, to, bands, keep } = rule as Readonly<Record<string, unknown>>;
  if (typeof action !== 'string' || !Object.hasOwn(optionsOf, action)) {
    refuse(`${what} must have an action: ${Object.keys(optionsOf).join(', ')}`);
  }
  checkOptions(rule, optionsOf[action]!, what);
  if (action === 'generalize' && to !== 'quarter' && to !== 'power_of_ten' && to !== 'band') {
    refuse(`${what} generalizes to quarter, power_of_ten or band`);
  }
  if ((to === 'band') !== (bands !== undefined)) refuse(`${what}: bands go with to: 'band'`);
  if (bands !== undefined) checkBands(bands, what);
  if (keep !== undefined && !(Number.isInteger(keep) && (keep as number) >= 0)) {
    refuse(`${what}: keep must be a whole number of characters from 0`);
  }
  return rule as ColumnRule;
}

function checkBands(bands: unknown, what: string): void {
  const isMap = typeof bands === 'object' && bands !== null && !Array.isArray(bands);
  const lists: unknown[] = isMap ? Object.values(bands) : [];
  const isSound = lists.every((list) => Array.isArray(list) && list.every((value) => typeof value === 'string'));
  const values = lists.flat();
  if (lists.length === 0 || !isSound || new Set(values).size < values.length) {
    refuse(`${what}: bands are lists of texts by name, each text in one of them: { investment: ['AAA', 'AA'] }`);
  }
}
