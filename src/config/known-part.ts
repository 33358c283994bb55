import { nearest } from '../util/nearest.js';
import { describe, isMapping, isName } from './fields.js';
import { type KeyNode, keyPaths, policyKeys, showPath } from './key-tree.js';
import type { Problems } from './problems.js';
import { toSnakeCase } from './spelling.js';

/** A fresh copy of the known keys of what was given, in snake_case; values are not looked at yet. */
export type Draft = Record<string, unknown>;

/** The part of `given` whose keys are known. Problems: unknown keys, a key in two spellings, impossible names. */
export function takeKnownPart(given: object, problems: Problems, spelling: 'snake' | 'any'): Draft {
  return new KnownPart(problems, spelling).section(given, policyKeys().keys, []);
}

class KnownPart {
  constructor(
    private readonly problems: Problems,
    private readonly spelling: 'snake' | 'any',
  ) {}

  section(given: object, keys: ReadonlyMap<string, KeyNode>, path: readonly string[]): Draft {
    const draft: Draft = {};
    const spellings = new Map<string, string>();
    for (const [written, value] of Object.entries(given) as [string, unknown][]) {
      if (value === undefined) continue;
      const key = keys.has(written) || this.spelling === 'snake' ? written : toSnakeCase(written);
      const node = keys.get(key);
      const earlier = spellings.get(key);
      if (node === undefined) this.#unknown(written, keys, path);
      else if (earlier !== undefined) {
        this.problems.add([...path, key], 'key', `is given twice, as ${earlier} and as ${written}; keep one`);
      } else {
        spellings.set(key, written);
        draft[key] = this.#node(value, node, [...path, key]);
      }
    }
    return draft;
  }

  #node(value: unknown, node: KeyNode, path: readonly string[]): unknown {
    if (node.kind === 'value') return value;
    if (value === null) return {}; // a section whose keys are all commented out
    if (!isMapping(value)) {
      this.problems.add(path, 'value', `expected a section (indented keys), got ${describe(value)}`);
      return undefined;
    }
    if (node.kind === 'section') return this.section(value, node.keys, path);
    const draft: Draft = {};
    for (const [name, member] of Object.entries(value) as [string, unknown][]) {
      if (member === undefined) continue;
      const memberPath = [...path, name];
      if (isForbidden(name)) this.problems.add(memberPath, 'key', 'is not allowed as a key');
      else if (!isName(name)) {
        this.problems.add(memberPath, 'key', `expected a name of 1 to 250 printable characters, got ${describe(name)}`);
      } else {
        const known = this.#node(member, node.member, memberPath);
        if (known !== undefined) draft[name] = known; // what is no section was refused, and has no defaults
      }
    }
    return draft;
  }

  #unknown(written: string, keys: ReadonlyMap<string, KeyNode>, path: readonly string[]): void {
    this.problems.add([...path, written], 'key', () => {
      if (isForbidden(written)) return 'is not allowed as a key';
      if (written === '<<')
        return 'merge keys are not supported; write the keys out, or use an alias for a whole value';
      const meant = nearestKey(written, keys, path);
      return meant === undefined
        ? `unknown key; known here: ${[...keys.keys()].join(', ')}`
        : `unknown key; did you mean ${meant}?`;
    });
  }
}

/** The key most likely meant: this one in snake_case, or of another section, else a neighbour. */
function nearestKey(written: string, keys: ReadonlyMap<string, KeyNode>, path: readonly string[]): string | undefined {
  const key = toSnakeCase(written);
  const elsewhere = keys.has(key) ? undefined : keyPaths().find((other) => other.at(-1) === key);
  if (elsewhere !== undefined) return showPath(elsewhere);
  const neighbour = nearest(written, keys.keys()) ?? nearest(key, keys.keys());
  return neighbour === undefined ? undefined : showPath([...path, neighbour]);
}

const isForbidden = (key: string): boolean => ['__proto__', 'constructor', 'prototype'].includes(key);
