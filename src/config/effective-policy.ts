import { PolicyError } from '../errors.js';
import { deepFreeze } from '../util/freeze.js';
import { type Environment, applyEnvironment } from './environment.js';
import { type KeyNode, childOf, policyKeys, showPath, toPolicy } from './key-tree.js';
import { type Draft, takeKnownPart } from './known-part.js';
import type { ModelTypePolicy } from './model-policy.js';
import type { Policy } from './policy.js';
import type { Problems } from './problems.js';
import type { Rule } from './rule.js';
import { rules } from './rules.js';
import { type PolicyFile, policySchema } from './schema.js';

/** Where a policy comes from, and how it is read. */
export interface PolicySource {
  readonly content: object;
  readonly problems: Problems;
  readonly spelling: 'snake' | 'any';
  readonly environment: Environment;
  /** The file as the error calls it. */
  readonly name: string | undefined;
}

/**
 * Checks keys, values and rules, and fills in the defaults.
 *
 * @throws PolicyError with everything that is wrong
 */
export function effectivePolicy({ content, problems, spelling, environment, name }: PolicySource): Policy {
  const draft = takeKnownPart(content, problems, spelling);
  applyEnvironment(draft, environment, problems);
  const explicit = new Set(givenPaths(draft, policyKeys()).map(showPath));
  const { file, removed } = validPart(draft, problems);
  for (const rule of rules) {
    const problem = rule.paths.some((path) => isTouched(showPath(path), removed)) ? undefined : rule.problem(file);
    if (typeof problem === 'string') problems.add(blame(rule, explicit), 'value', problem);
    else if (problem !== undefined) problems.add(problem.path, 'value', problem.message);
  }
  const issues = problems.list();
  if (issues.length > 0) throw new PolicyError(issues, name);
  return deepFreeze(toPolicy(file));
}

let unmentioned: ModelTypePolicy | undefined;

/** What holds for a model type that the policy does not mention. */
export const defaultModelType = (): ModelTypePolicy =>
  (unmentioned ??= deepFreeze(toPolicy(policySchema().parse({ models: { unmentioned: {} } })).models['unmentioned']!));

/** Whether a key, or something below it, was refused already: what a rule would say of the rest only confuses. */
const isTouched = (key: string, removed: ReadonlySet<string>): boolean =>
  [...removed].some((gone) => gone === key || gone.startsWith(`${key}.`));

/** Of the keys that a rule looks at, the first that somebody wrote. */
function blame({ paths }: Rule, explicit: ReadonlySet<string>): readonly string[] {
  return paths.find((path) => explicit.has(showPath(path))) ?? paths[0]!;
}

/** Takes what the schema refuses out of the draft, so that the rules can be tried on the rest in the same go. */
function validPart(draft: Draft, problems: Problems): { file: PolicyFile; removed: ReadonlySet<string> } {
  const result = policySchema().safeParse(draft);
  if (result.success) return { file: result.data, removed: new Set() };
  const removed = result.error.issues.map((issue) => {
    problems.add(issue.path, 'value', issue.message);
    return showPath(remove(draft, issue.path));
  });
  return { file: policySchema().parse(draft), removed: new Set(removed) };
}

/** Removes the value that `path` leads to or into; returns the path of what was removed. */
function remove(draft: Draft, path: readonly PropertyKey[]): readonly PropertyKey[] {
  let node: KeyNode = policyKeys();
  const last = path.findIndex((part) => {
    node = childOf(node, String(part))!;
    return node.kind === 'value';
  });
  const section = path.slice(0, last).reduce((outer, part) => outer[String(part)] as Draft, draft);
  Reflect.deleteProperty(section, path[last]!);
  return path.slice(0, last + 1);
}

function givenPaths(value: unknown, node: KeyNode, path: readonly string[] = []): (readonly string[])[] {
  if (node.kind === 'value' || typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, member]) => {
    const child = childOf(node, key);
    return child === undefined ? [] : givenPaths(member, child, [...path, key]);
  });
}
