import * as z from 'zod/mini';
import type { Policy } from './policy.js';
import { type PolicyFile, policySchema } from './schema.js';
import { type CamelCased, toCamelCase, toSnakeCase } from './spelling.js';

/** What stands under a key of a policy file. */
export type KeyNode =
  | { readonly kind: 'section'; readonly keys: ReadonlyMap<string, KeyNode> }
  | { readonly kind: 'names'; readonly member: KeyNode }
  | { readonly kind: 'value'; readonly type: 'number' | 'boolean' | 'text' | 'list'; readonly isNullable: boolean };

type Section = Extract<KeyNode, { kind: 'section' }>;

let tree: Section | undefined;

/** All known keys, derived from the schema. */
export const policyKeys = (): Section => (tree ??= describeSection(policySchema().shape));

const describeSection = (shape: z.core.$ZodShape): Section => ({
  kind: 'section',
  keys: new Map(Object.entries(shape).map(([key, schema]) => [key, describeNode(schema, false)])),
});

function describeNode(schema: z.core.$ZodType, isNullable: boolean): KeyNode {
  if (schema instanceof z.ZodMiniDefault || schema instanceof z.ZodMiniPrefault) {
    return describeNode(schema.def.innerType, isNullable);
  }
  if (schema instanceof z.ZodMiniNullable) return describeNode(schema.def.innerType, true);
  if (schema instanceof z.ZodMiniObject) return describeSection(schema.shape);
  if (schema instanceof z.ZodMiniRecord) {
    return { kind: 'names', member: describeNode(schema.def.valueType, false) };
  }
  if (schema instanceof z.ZodMiniNumber) return { kind: 'value', type: 'number', isNullable };
  if (schema instanceof z.ZodMiniBoolean) return { kind: 'value', type: 'boolean', isNullable };
  if (schema instanceof z.ZodMiniArray) return { kind: 'value', type: 'list', isNullable };
  return { kind: 'value', type: 'text', isNullable };
}

/** What stands under `key` of a section, or under a free name. */
export function childOf(node: KeyNode, key: string): KeyNode | undefined {
  switch (node.kind) {
    case 'section':
      return node.keys.get(key);
    case 'names':
      return node.member;
    case 'value':
      return undefined;
  }
}

/** Paths of all values at fixed places, such as `['drift', 'psi_threshold']`; those under free names are left out. */
export function valuePaths(node: KeyNode = policyKeys(), path: readonly string[] = []): (readonly string[])[] {
  if (node.kind === 'value') return [path];
  if (node.kind === 'names') return [];
  return [...node.keys].flatMap(([key, child]) => valuePaths(child, [...path, key]));
}

/** Paths of all sections and keys at fixed places, sections before what is in them. */
export function keyPaths(node: KeyNode = policyKeys(), path: readonly string[] = []): (readonly string[])[] {
  if (node.kind !== 'section') return [];
  return [...node.keys].flatMap(([key, child]) => [[...path, key], ...keyPaths(child, [...path, key])]);
}

/** Paths of what consists of free names, such as `['models']`. */
export function namedPaths(node: KeyNode = policyKeys(), path: readonly string[] = []): (readonly string[])[] {
  if (node.kind === 'section') return [...node.keys].flatMap(([key, child]) => namedPaths(child, [...path, key]));
  return node.kind === 'names' ? [path] : [];
}

/**
 * A path as messages show it: `models.spread.feature_columns[0]`. Free names that could be taken for more than one part
 * are quoted, so that different paths never read the same.
 */
export function showPath(path: readonly PropertyKey[]): string {
  let shown = '';
  for (const part of path) {
    if (typeof part === 'number') shown += `[${part}]`;
    else {
      const name = String(part);
      shown += `${shown === '' ? '' : '.'}${/^[\w-]+$/.test(name) ? name : JSON.stringify(name)}`;
    }
  }
  return shown;
}

/** The schema and {@link Policy} say the same: otherwise these two assignments do not compile. */
export function toPolicy(file: PolicyFile): Policy {
  return renameKeys(file, policyKeys(), toCamelCase) as CamelCased<PolicyFile>;
}

export function toPolicyFile(policy: Policy): PolicyFile {
  const checked: CamelCased<PolicyFile> = policy;
  return renameKeys(checked, policyKeys(), toSnakeCase) as PolicyFile;
}

function renameKeys(value: object, node: KeyNode, rename: (key: string) => string): object {
  if (node.kind === 'value') return value;
  const entries = Object.entries(value).map(([key, member]: [string, unknown]): [string, unknown] => {
    const child = childOf(node, node.kind === 'names' ? key : toSnakeCase(key));
    const renamed = node.kind === 'names' ? key : rename(key);
    return [renamed, child !== undefined && isObject(member) ? renameKeys(member, child, rename) : member];
  });
  return Object.fromEntries(entries);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
