/** Texts that stand for a missing value, wherever they come from: files and rows must agree to be comparable. */
const missingTexts = new Set(['', 'NaN', 'nan', 'NA', 'N/A', 'null']);

export const isMissingText = (text: string): boolean => text.length <= 4 && missingTexts.has(text.trim());

const zero = 48;
const nine = 57;
/** Exact in binary, so that one division by them is correctly rounded. */
const powersOfTen = Array.from({ length: 16 }, (_, exponent) => Number(`1e${exponent}`));
const anyNumber = /^\s*[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|infinity|inf)\s*$/i;

/**
 * The number a text spells in decimal notation, or NaN. Plain decimals of at most 15 digits, nearly all there are, take a
 * short cut that is exact: an integer below 2^53 divided by a power of ten below 10^16.
 */
export function parseNumber(text: string): number {
  const length = text.length;
  if (length === 0) return NaN;
  const isNegative = text.charCodeAt(0) === 45;
  let mantissa = 0;
  let digits = 0;
  let decimals = -1;
  for (let i = isNegative ? 1 : 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code >= zero && code <= nine) {
      mantissa = mantissa * 10 + (code - zero);
      digits++;
      if (decimals >= 0) decimals++;
    } else if (code === 46 && decimals < 0) {
      decimals = 0;
    } else {
      return parseUnusual(text);
    }
  }
  if (digits === 0 || digits > 15) return parseUnusual(text);
  const value = decimals > 0 ? mantissa / powersOfTen[decimals]! : mantissa;
  return isNegative ? -value : value;
}

function parseUnusual(text: string): number {
  if (!anyNumber.test(text)) return NaN;
  const value = Number(text);
  return Number.isNaN(value) ? (text.includes('-') ? -Infinity : Infinity) : value;
}

/** The double nearest to unscaled · 10^(−scale), the one that {@link parseNumber} gives for the same digits. */
export function decimalNumber(unscaled: bigint, scale: number): number {
  const number = Number(unscaled);
  const isExact = Number.isSafeInteger(number) && scale >= 0 && scale < powersOfTen.length;
  return isExact ? number / powersOfTen[scale]! : Number(`${unscaled}e${-scale}`);
}

/** Whether `String(parseNumber(text))` gives the text back without doubt; false may be a false alarm. */
export function isPlainNumber(text: string): boolean {
  const start = text.charCodeAt(0) === 45 ? 1 : 0;
  const length = text.length - start;
  if (length > 15) return false;
  const point = text.indexOf('.', start);
  const first = text.charCodeAt(start);
  const last = text.charCodeAt(text.length - 1);
  if (first === zero && length > 1) return point === start + 1 && last > zero && last <= nine && length < 7;
  if (first === zero) return start === 0; // -0 prints as 0
  if (first < zero || first > nine) return false;
  return last >= zero && last <= nine && (point === -1 || last !== zero) && !text.includes('e') && !text.includes('E');
}

/** The number before a trailing percent sign (`4.250%` is 4.25), or NaN. */
export function parsePercent(text: string): number {
  const trimmed = text.trimEnd();
  return trimmed.endsWith('%') ? parseNumber(trimmed.slice(0, -1).trimEnd()) : NaN;
}

const isoDate = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** Milliseconds since the epoch of an ISO 8601 date or date and time, UTC unless it names an offset; or NaN. */
export function parseDate(text: string): number {
  const match = isoDate.exec(text.trim());
  if (match === null) return NaN;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match;
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  const date = new Date(0).setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isReal = new Date(date).getUTCDate() === Number(day) && Number(month) >= 1 && Number(month) <= 12;
  if (!isReal || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return NaN;
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
  const time = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 + milliseconds;
  return date + time - offsetMs(zone);
}

function offsetMs(zone: string): number {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', ''));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
