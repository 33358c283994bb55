/** A number as a person reads it: four significant digits, thousands apart. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'unknown' : value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e15)) return value.toExponential(2).replaceAll('-', '−');
  const rounded = size >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
  return rounded.toLocaleString('en-GB', { maximumFractionDigits: 7 }).replace('-', '−');
}

export const count = (value: number): string => value.toLocaleString('en-GB');

export const percent = (share: number): string => `${number(Number((100 * share).toPrecision(3)))} %`;

/** A p-value: never zero. */
export const pValue = (p: number): string => (p < 1e-4 ? '< 0.0001' : p.toFixed(4));

/** A value with its interval. */
export const interval = ({
  value,
  lower,
  upper,
}: {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}): string => `${number(value)} (${number(lower)} to ${number(upper)})`;

/** `1 column`, `2 columns`. */
export const counted = (n: number, what: string, more = `${what}s`): string => `${count(n)} ${n === 1 ? what : more}`;

/** A moment, to the second, in UTC. */
export const moment = (iso: string): string => `${iso.slice(0, 19).replace('T', ' ')} UTC`;
