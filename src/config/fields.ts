import * as z from 'zod/mini';
import { nearest } from '../util/nearest.js';

/** Schema pieces whose every message reads "expected …, got …". */

/** The text must be usable as a key and in a terminal. */
export const isName = (text: string): boolean =>
  text.trim() !== '' && text.length <= 250 && text.isWellFormed() && !/\p{Cc}|\u2028|\u2029/u.test(text);

export const number = (what: string, isValid: (value: number) => boolean) =>
  z.number(expected(what)).check(z.refine(isValid, expected(what)));

export const fraction = () =>
  number('a fraction from 0 to 1 (0.05 is five percent)', (value) => value >= 0 && value <= 1);

/** A hundred years: what is added to a date stays one. */
const longest: Readonly<Record<string, number>> = {
  days: 36_500,
  hours: 876_000,
  minutes: 52_560_000,
  seconds: 3_153_600_000,
  milliseconds: 3_153_600_000_000,
};

export const positive = (unit: string) => {
  const most = longest[unit] ?? Infinity;
  const isAllowed = (value: number): boolean => value > 0 && value <= most;
  return number(`a number of ${unit} above 0${most === Infinity ? '' : `, at most ${most}`}`, isAllowed);
};

/** Hours from 0 to a hundred years. */
export const hours = () => number('a number of hours from 0 to 876000', (value) => value >= 0 && value <= 876_000);

export const integer = (minimum: number, most = Infinity) =>
  number(
    most === Infinity ? `a whole number, at least ${minimum}` : `a whole number from ${minimum} to ${most}`,
    (value) => Number.isSafeInteger(value) && value >= minimum && value <= most,
  );

/** Whole days, a hundred years at most. */
export const days = (minimum: number) =>
  number(
    `a whole number of days from ${minimum} to 36500`,
    (value) => Number.isInteger(value) && value >= minimum && value <= 36_500,
  );

export const boolean = () => z.boolean(expected('true or false'));

export const text = (what: string) => z.string(expected(what)).check(z.refine(isName, expected(what)));

export const matching = (what: string, pattern: RegExp) =>
  z.string(expected(what)).check(z.refine((value) => pattern.test(value), expected(what)));

/** A text that may hold a secret: it is not repeated when it is refused. */
export const secretText = (what: string) =>
  z.string(expected(what)).check(z.refine(isName, { error: () => `expected ${what}` }));

export const oneOf = <const T extends readonly string[]>(...members: T) =>
  z.enum(members, expected(`one of ${members.join(', ')}`));

/** A list whose members are all different. */
export const list = <T extends z.ZodMiniType<string>>(item: T) =>
  z
    .array(item, expected('a list such as [a, b]'))
    .check(z.refine((items) => new Set(items).size === items.length, { error: 'holds the same member twice' }));

export const section = <T extends z.core.$ZodLooseShape>(shape: T) => z.prefault(z.strictObject(shape), {} as never);

/** A member of a list, which names the keys it knows. */
export const entry = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') {
        return isMapping(issue.input) ? undefined : `expected keys and values, got ${describe(issue.input)}`;
      }
      const hints = (issue.keys as readonly string[]).map((key) => {
        const meant = nearest(key, Object.keys(shape));
        return meant === undefined ? key : `${key} (did you mean ${meant}?)`;
      });
      return `unknown key ${hints.join(', ')}; known here: ${Object.keys(shape).join(', ')}`;
    },
  });

/** Values under free names. */
export const named = <T extends z.ZodMiniType>(member: T) => z._default(z.record(z.string(), member), {});

export const scalar = () =>
  z.union(
    [z.number(), z.boolean(), z.string().check(z.refine((value) => value.isWellFormed()))],
    expected('a number, a text, true or false'),
  );

/** Map, Date and the like are not; objects of other realms and instances of a user's classes are. */
export const isMapping = (value: unknown): value is object =>
  Object.prototype.toString.call(value) === '[object Object]';

export const expected = (what: string) => ({
  error: ({ input }: { readonly input?: unknown }) => `expected ${what}, got ${describe(input)}${hint(what, input)}`,
});

export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `the text ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}`;
    case 'number':
    case 'boolean':
      return String(value);
    case 'undefined':
      return 'nothing';
    case 'object':
      if (value === null) return 'nothing (null)';
      return Array.isArray(value) ? 'a list' : isMapping(value) ? 'a section' : 'an instance of a class';
    default:
      return `a ${typeof value}`;
  }
}

/** What the writer most likely meant by a text where none is wanted. */
function hint(what: string, value: unknown): string {
  if (typeof value !== 'string') return '';
  if (what === 'true or false') {
    if (/^(true|false)$/i.test(value)) return '; remove the quotes';
    return /^(yes|no|on|off)$/i.test(value) ? '; YAML 1.2 has only true and false' : '';
  }
  if (!/\b(number|fraction)\b/.test(what)) return '';
  const [, digits, percent] = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(%?)\s*$/i.exec(value) ?? [];
  if (digits === undefined) return '';
  return percent === '%' ? `; write ${Number(digits) / 100}` : '; remove the quotes';
}
