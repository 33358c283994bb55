import { MLOpsError } from '../errors.js';

/** What kind of thing a filter compares. */
export type Entity = 'attribute' | 'metric' | 'param' | 'tag' | 'dataset';

/** Which of a metric's points: the one logged last, or the extreme over those that are not NaN. */
export type Aggregate = 'last' | 'min' | 'max';

/** The left side of a comparison, such as `metrics.rmse` or `min(metrics.rmse)`. */
export interface Field {
  readonly entity: Entity;
  readonly key: string;
  /** Of metrics; `last` unless told. */
  readonly aggregate?: Aggregate;
}

export type Literal = string | number | boolean;

export type OrderOperator = '=' | '!=' | '<' | '<=' | '>' | '>=';

/** A field compared with a value or a list of values. */
export type Comparison =
  | { readonly field: Field; readonly op: OrderOperator; readonly value: Literal }
  | { readonly field: Field; readonly op: 'like' | 'ilike' | 'not like' | 'not ilike'; readonly value: string }
  | { readonly field: Field; readonly op: 'in' | 'not in'; readonly values: readonly Literal[] }
  | { readonly field: Field; readonly op: 'is null' | 'is not null' };

/**
 * A filter as a tree, made by {@link parseFilter} or by the builders below. A comparison with something that a record
 * does not have is false; `not` turns that into true.
 */
export type Filter =
  { readonly and: readonly Filter[] } | { readonly or: readonly Filter[] } | { readonly not: Filter } | Comparison;

/** What is made of a tree. Whatever else somebody passed for one ends in an error of JavaScript's, which becomes this one. */
export function asTree<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof MLOpsError) throw cause;
    const expected =
      'texts, or trees made with where, and, or and not; an order is a text or a list of { field, direction }';
    throw new MLOpsError('INVALID_INPUT', `filters are ${expected}`, { cause });
  }
}

/** All of them; of none, everything. Nested conjunctions become one. */
export function and(...filters: readonly Filter[]): Filter {
  const members = asTree(() => filters.flatMap((filter) => ('and' in filter ? filter.and : [filter])));
  return members.length === 1 ? members[0]! : { and: members };
}

/** At least one of them. Nested disjunctions become one. */
export function or(...filters: readonly [Filter, ...Filter[]]): Filter {
  const members = asTree(() => filters.flatMap((filter) => ('or' in filter ? filter.or : [filter])));
  return members.length === 1 ? members[0]! : { or: members };
}

/** A filter that takes what the given one leaves out. */
export const not = (filter: Filter): Filter => ({ not: filter });

/** Comparisons with one field. */
export interface FieldBuilder {
  eq(value: Literal): Filter;
  ne(value: Literal): Filter;
  lt(value: Literal): Filter;
  lte(value: Literal): Filter;
  gt(value: Literal): Filter;
  gte(value: Literal): Filter;
  /** `%` stands for any text, `_` for one character; a backslash before one of them takes that away. */
  like(pattern: string): Filter;
  /** As `like`, letters A to Z in either case. */
  ilike(pattern: string): Filter;
  notLike(pattern: string): Filter;
  notIlike(pattern: string): Filter;
  in(...values: readonly Literal[]): Filter;
  notIn(...values: readonly Literal[]): Filter;
  isNull(): Filter;
  isNotNull(): Filter;
}

/**
 * Builds the tree that the text would be parsed to.
 *
 * @example
 * and(where.metric('rmse').lt(1), not(where.tag('team').like('rates%')));
 * // the same as parseFilter("metrics.rmse < 1 and not tags.team like 'rates%'")
 */
export const where = {
  attribute: (key: string): FieldBuilder => build({ entity: 'attribute', key }),
  metric: (key: string, aggregate: Aggregate = 'last'): FieldBuilder =>
    build({ entity: 'metric', key, ...(aggregate !== 'last' && { aggregate }) }),
  param: (key: string): FieldBuilder => build({ entity: 'param', key }),
  tag: (key: string): FieldBuilder => build({ entity: 'tag', key }),
  dataset: (key: string): FieldBuilder => build({ entity: 'dataset', key }),
};

const build = (field: Field): FieldBuilder => ({
  eq: (value) => ({ field, op: '=', value }),
  ne: (value) => ({ field, op: '!=', value }),
  lt: (value) => ({ field, op: '<', value }),
  lte: (value) => ({ field, op: '<=', value }),
  gt: (value) => ({ field, op: '>', value }),
  gte: (value) => ({ field, op: '>=', value }),
  like: (value) => ({ field, op: 'like', value }),
  ilike: (value) => ({ field, op: 'ilike', value }),
  notLike: (value) => ({ field, op: 'not like', value }),
  notIlike: (value) => ({ field, op: 'not ilike', value }),
  in: (...values) => ({ field, op: 'in', values }),
  notIn: (...values) => ({ field, op: 'not in', values }),
  isNull: () => ({ field, op: 'is null' }),
  isNotNull: () => ({ field, op: 'is not null' }),
});
