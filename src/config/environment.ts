import { refuse } from '../util/check.js';
import { nearest } from '../util/nearest.js';
import { describe, isMapping } from './fields.js';
import { type KeyNode, childOf, namedPaths, policyKeys, showPath, valuePaths } from './key-tree.js';
import type { Draft } from './known-part.js';
import type { Problems } from './problems.js';
import { readPolicyDocument } from './policy-document.js';
import { referenceTo, secretKeys } from './references.js';

/** Environment variables by name; `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that a caller passes, or those of this process. @throws MLOpsError `INVALID_INPUT` */
export function environmentOf(given: Environment | undefined): Environment {
  if (given === undefined) return process.env;
  const hint = 'the environment of the policy (development, staging, production) is a key of its own';
  if (!isMapping(given))
    refuse(`environment must be variables by name, such as process.env, got ${describe(given)}; ${hint}`);
  for (const [name, value] of Object.entries<unknown>(given)) {
    if (name.startsWith('BONDX_') && value !== undefined && typeof value !== 'string')
      refuse(`the environment variable ${name} must be a text, got ${describe(value)}`);
  }
  return given;
}

type ValueNode = Extract<KeyNode, { kind: 'value' }>;

/**
 * Writes the values of `BONDX_…` variables over those of the draft: `BONDX_SEED`, `BONDX_DRIFT__PSI_THRESHOLD`, and
 * `BONDX_ENV` for `environment`. An empty variable counts as not set. A variable that looks meant for the policy and is
 * not known is a problem; one without `__` that names no key belongs to somebody else.
 */
export function applyEnvironment(draft: Draft, environment: Environment, problems: Problems): void {
  const known = knownVariables();
  for (const [name, text] of Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!name.startsWith('BONDX_') || text === undefined || text.trim() === '') continue;
    const path = known.get(name);
    if (path !== undefined) {
      if (name === 'BONDX_ENVIRONMENT' && environment['BONDX_ENV']) {
        problems.add(path, 'value', 'BONDX_ENV and BONDX_ENVIRONMENT are both set; keep one');
        continue;
      }
      problems.override(path, name);
      set(draft, path, secretKeys.has(showPath(path)) ? secret(name, text) : parse(text, valueAt(path)));
    } else if (name.includes('__') || policyKeys().keys.has(name.slice('BONDX_'.length).toLowerCase())) {
      problems.add([], 'value', () => `environment variable ${name}: ${refusal(name, known)}`);
    }
  }
}

const variableOf = (path: readonly string[]): string => `BONDX_${path.join('__').toUpperCase()}`;

function knownVariables(): ReadonlyMap<string, readonly string[]> {
  const variables = new Map(valuePaths().map((path) => [variableOf(path), path]));
  return variables.set('BONDX_ENV', ['environment']);
}

function refusal(name: string, known: ReadonlyMap<string, unknown>): string {
  const named = namedPaths().find((path) => `${name}__`.startsWith(`${variableOf(path)}__`));
  if (named !== undefined) return `${showPath(named)} cannot be set by variables; write them in the policy file`;
  const meant = nearest(name, known.keys());
  if (meant !== undefined && name.includes('__')) return `no such key; did you mean ${meant}?`;
  const section = [...known.keys()].find((variable) => variable.startsWith(`${name}__`));
  return section === undefined
    ? 'no such key; variables are named BONDX_<SECTION>__<KEY>'
    : `is a section; set its keys one by one, such as ${section}`;
}

function valueAt(path: readonly string[]): ValueNode {
  return path.reduce<KeyNode>((node, key) => childOf(node, key)!, policyKeys()) as ValueNode;
}

const secret = (name: string, text: string): string | null => (text.trim() === 'null' ? null : referenceTo(name));

/** What does not parse stays a text, for the schema to refuse like any other wrong value. */
function parse(text: string, { type, isNullable }: ValueNode): unknown {
  const trimmed = text.trim();
  if (isNullable && trimmed === 'null') return null;
  switch (type) {
    case 'number':
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : text;
    case 'boolean':
      return /^(true|false)$/i.test(trimmed) ? trimmed.toLowerCase() === 'true' : text;
    case 'list':
      return trimmed.startsWith('[') ? listOfYaml(trimmed) : trimmed.split(',').map((item) => item.trim());
    case 'text':
      return trimmed;
  }
}

/** A list as files write it, `[a, b]`, in one line; what is none stays a text. */
function listOfYaml(text: string): unknown {
  if (!/^.*\]$/.test(text)) return text;
  try {
    return (readPolicyDocument(`list: ${text}`, undefined).content as { readonly list: unknown }).list;
  } catch {
    return text;
  }
}

function set(draft: Draft, path: readonly string[], value: unknown): void {
  const section = path.slice(0, -1).reduce((outer, key) => (outer[key] ??= {}) as Draft, draft);
  section[path.at(-1)!] = value;
}
