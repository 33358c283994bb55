import { type Comparison, type Entity, type Field, type Filter, type Literal, asTree } from './filter.js';
import { keywords } from './parse-filter.js';

/** The text of a filter; reading it gives the same tree. @throws MLOpsError `INVALID_INPUT` for what is no filter */
export function printFilter(filter: Filter): string {
  return asTree(() => ('and' in filter && filter.and.length === 0 ? '' : print(filter)));
}

function print(filter: Filter): string {
  if ('and' in filter) return filter.and.length === 0 ? '()' : joined(filter.and, 'and');
  if ('or' in filter) return filter.or.length === 0 ? 'not ()' : joined(filter.or, 'or');
  if ('not' in filter) return `not ${operand(filter.not)}`;
  return printComparison(filter);
}

const joined = (members: readonly Filter[], word: 'and' | 'or'): string => members.map(operand).join(` ${word} `);

const operand = (filter: Filter): string =>
  ('and' in filter && filter.and.length > 0) || 'or' in filter ? `(${print(filter)})` : print(filter);

function printComparison(comparison: Comparison): string {
  const field = printField(comparison.field);
  if ('values' in comparison) return `${field} ${comparison.op} (${comparison.values.map(printLiteral).join(', ')})`;
  if ('value' in comparison) return `${field} ${comparison.op} ${printLiteral(comparison.value)}`;
  return `${field} ${comparison.op}`;
}

const prefixes: Readonly<Record<Entity, string>> = {
  attribute: 'attributes',
  metric: 'metrics',
  param: 'params',
  tag: 'tags',
  dataset: 'datasets',
};

const word = /^[\p{L}_][\p{L}\p{N}_/-]*$/u;

/** As a filter writes it, such as `min(metrics.rmse)`. */
export function printField({ entity, key, aggregate = 'last' }: Field): string {
  if (entity === 'attribute' && word.test(key) && !keywords.includes(key.toLowerCase())) return key;
  const isPlain = key.split('.').every((part) => word.test(part));
  const name = `${prefixes[entity]}.${isPlain ? key : `\`${key.replaceAll('`', '``')}\``}`;
  return aggregate === 'last' ? name : `${aggregate}(${name})`;
}

function printLiteral(value: Literal): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  return Object.is(value, -0) ? '-0' : String(value);
}
