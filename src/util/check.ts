import { MLOpsError } from '../errors.js';

/** Most characters in the name of an experiment, a model, a metric, a parameter, a tag or an artifact. */
const maxNameLength = 250;

const controlCharacter = /\p{Cc}|\u2028|\u2029/u;

/** Refuses bad input at the boundary of a public call, before anything is written. */
export function refuse(message: string): never {
  throw new MLOpsError('INVALID_INPUT', message);
}

/**
 * A name that can be stored, listed in a terminal, and used as a key.
 *
 * @param what how the message calls it, such as `experimentName`
 */
export function checkName(value: unknown, what: string): string {
  if (typeof value !== 'string') refuse(`${what} must be a string, got ${describe(value)}`);
  if (value.trim() === '') refuse(`${what} must not be empty`);
  if (value.length > maxNameLength)
    refuse(`${what} has ${value.length} characters; at most ${maxNameLength} are allowed`);
  if (!value.isWellFormed() || controlCharacter.test(value)) {
    refuse(`${what} holds control characters or broken Unicode: ${JSON.stringify(value.slice(0, 80))}`);
  }
  if (value === '__proto__' || value === 'constructor' || value === 'prototype') refuse(`${what} must not be ${value}`);
  return value;
}

export function checkOptionalName(value: unknown, what: string): string | undefined {
  return value === undefined ? undefined : checkName(value, what);
}

/** Names of features, each once; an empty list is the caller's to judge. */
export function checkFeatures(value: unknown): readonly string[] {
  const names = checkList(value, 'featureColumns', 'names').map((name) => checkName(name, 'feature column'));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  return twice === undefined ? names : refuse(`featureColumns names ${JSON.stringify(twice)} twice`);
}

/** Words of a person, lines included. */
export function checkText(value: unknown, what: string): string {
  if (typeof value !== 'string') refuse(`${what} must be a string, got ${describe(value)}`);
  if (!value.isWellFormed()) refuse(`${what} holds a lone surrogate; strings must be well-formed Unicode`);
  return value;
}

/** A relative path inside a folder or bundle, with `/` between its parts; nothing that could lead out of it. */
export function checkRelativePath(value: unknown, what: string): string {
  const path = checkName(value, what);
  const parts = path.split('/');
  if (path.includes('\\') || /^[a-z]:/i.test(path) || /%2e|%2f|%5c/i.test(path) || path.startsWith('/')) {
    refuse(`${what} must be a plain relative path with / between its parts, got ${JSON.stringify(path)}`);
  }
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    refuse(`${what} must not hold empty parts, . or .., got ${JSON.stringify(path)}`);
  }
  return path;
}

/** A share in [0, 1]. */
export function checkFraction(value: unknown, what: string): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
    refuse(`${what} must be a fraction from 0 to 1 (0.05 is five percent), got ${describe(value)}`);
  }
  return value;
}

/** How often or how many, within limits: a typing error must not cost hours, or all memory. */
export function checkCount(value: unknown, what: string, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  return refuse(`${what} must be an integer from ${least} to ${most}, got ${describe(value)}`);
}

/** The members of an enumeration; the message lists them. */
export function checkOneOf<T extends string>(value: unknown, allowed: readonly T[], what: string): T {
  const found = allowed.find((member) => member === value);
  return found ?? refuse(`${what} must be one of ${allowed.join(', ')}, got ${describe(value)}`);
}

/** As {@link checkOneOf}, of what may be left out. A misspelled status would find nothing, as if all were well. */
export function checkOptionalOneOf(value: unknown, allowed: readonly string[], what: string): void {
  if (value !== undefined) checkOneOf(value, allowed, what);
}

/** Options that are true or false, and those that are names, wherever they are taken. */
const truths = /^(isFitted|isOpen|isReviewed|apply|correction|dryRun|fullAudit|heartbeat|newestFirst|streaming)$/;
const names = /^(actor|action|alertId|algorithm|breakGlass|experimentName|modelName|modelType|sequence|timeColumn)$/;

/** Refuses options nobody reads, which would otherwise silently do nothing: misspelled ones, and what is no object. */
export function checkOptions(options: unknown, known: readonly string[], what: string): void {
  for (const key of Object.keys(checkObject(options, `what ${what} is given`))) {
    if (!known.includes(key)) refuse(`${what} has no option ${JSON.stringify(key)}; it knows ${known.join(', ')}`);
    const value = (options as Readonly<Record<string, Partial<AbortSignal> | null | undefined>>)[key];
    if (value === undefined) continue;
    if (/^on[A-Z]/.test(key)) checkFunction(value, key);
    if (truths.test(key)) checkTruth(value, key);
    if (names.test(key)) checkName(value, key);
    if (key === 'signal' && value?.aborted === undefined) {
      refuse(`signal must be an AbortSignal, got ${describe(value)}`);
    }
  }
}

/** What is neither counts as the one or the other in places, and as none in others. */
export function checkTruth(value: unknown, what: string): void {
  if (typeof value !== 'boolean') refuse(`${what} must be true or false, got ${describe(value)}`);
}

export function checkFunction(value: unknown, what: string): void {
  if (typeof value !== 'function') refuse(`${what} must be a function, got ${describe(value)}`);
}

/** What holds members by name, such as options, tags or metrics. */
export function checkObject<T>(value: T, what: string): T & object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse(`${what} must be an object with names, got ${describe(value)}`);
  }
  return value;
}

/** @param of what each member is, such as `a name` */
export function checkList<T>(value: T, what: string, of: string): T & readonly unknown[] {
  return Array.isArray(value) ? value : refuse(`${what} must be a list of ${of}, got ${describe(value)}`);
}

/** As messages show it; whatever it is. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return typeof value === 'function' || typeof value === 'symbol' ? `a ${typeof value}` : String(value);
}
