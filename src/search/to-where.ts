import type { IndexScalar, Where } from '../storage/storage.js';
import { checkText, describe, refuse } from '../util/check.js';
import { type Comparison, type Field, type Filter, type Literal, type OrderOperator, asTree } from './filter.js';
import { parseFilter } from './parse-filter.js';
import { printField } from './print-filter.js';

/** Where the values of a field are found in storage. */
export interface SearchedField {
  /** Of the index. */
  readonly name: string;
  /** A record may have several values: the index holds a map with them as keys. Only `=`, `!=` and `in` look at those. */
  readonly isMap?: boolean;
  /** Its values have no order that texts have: `<` and its kin are refused. */
  readonly isUnordered?: boolean;
  /** Its values are no texts, or not the ones that people write: `like` and its kin would find nothing, and are refused. */
  readonly isUnlike?: boolean;
  /** What a literal may stand for there; itself unless told. The first one is meant by `<` and its kin. */
  readonly alternatives?: (value: Literal) => readonly [IndexScalar, ...IndexScalar[]];
}

/** Knows the fields of one kind of record. @throws MLOpsError `INVALID_INPUT` for those it does not have */
export type FieldCatalog = (field: Field) => SearchedField;

/** The condition that a filter stands for. @throws MLOpsError `INVALID_INPUT` */
export function whereOf(filter: string | Filter, catalog: FieldCatalog): Where {
  const tree = typeof filter === 'string' ? parseFilter(filter) : filter;
  return asTree(() => toWhere(tree, catalog));
}

function toWhere(filter: Filter, catalog: FieldCatalog): Where {
  if ('and' in filter) return { and: filter.and.map((member) => toWhere(member, catalog)) };
  if ('or' in filter) return { or: filter.or.map((member) => toWhere(member, catalog)) };
  if ('not' in filter) return { not: toWhere(filter.not, catalog) };
  return comparisonToWhere(filter, catalog);
}

const storageOperators = { '<': 'lt', '<=': 'lte', '>': 'gt', '>=': 'gte' } as const satisfies Partial<
  Record<OrderOperator, string>
>;

const itself = (value: Literal): readonly [IndexScalar, ...IndexScalar[]] => [value];

function literalsOf(comparison: Comparison): readonly unknown[] {
  if (comparison.op === 'in' || comparison.op === 'not in') return comparison.values;
  return comparison.op.startsWith('is ') ? [] : [(comparison as { readonly value?: unknown }).value];
}

/** Trees are made by hand, too: undefined, as of a variable that is not set, would be a text of that name. */
function checkComparison(comparison: Comparison): void {
  const { field } = comparison;
  checkText(field.key, 'the key of a field');
  for (const value of literalsOf(comparison)) {
    if (['string', 'number', 'boolean'].includes(typeof value)) continue;
    refuse(`${printField(field)} is compared with texts, numbers, true and false, got ${describe(value)}`);
  }
}

function comparisonToWhere(comparison: Comparison, catalog: FieldCatalog): Where {
  checkComparison(comparison);
  const searched = catalog(comparison.field);
  const { name: field, isMap = false, isUnordered = false, isUnlike = false, alternatives = itself } = searched;
  if (isMap) return membership(comparison, field);
  if (isUnlike && comparison.op.endsWith('like')) {
    refuse(`${printField(comparison.field)} takes = != < <= > >= in and is null, not ${comparison.op}`);
  }
  const isThere: Where = { field, op: 'ne', value: null };
  switch (comparison.op) {
    case '=':
      return { field, op: 'in', values: alternatives(comparison.value) };
    case '!=':
      return { and: [isThere, { not: { field, op: 'in', values: alternatives(comparison.value) } }] };
    case '<':
    case '<=':
    case '>':
    case '>=':
      if (isUnordered) refuse(`${printField(comparison.field)} takes = != in like and is null, not ${comparison.op}`);
      return { field, op: storageOperators[comparison.op], value: alternatives(comparison.value)[0] };
    case 'in':
      return { field, op: 'in', values: comparison.values.flatMap(alternatives) };
    case 'not in':
      return { and: [isThere, { not: { field, op: 'in', values: comparison.values.flatMap(alternatives) } }] };
    case 'like':
    case 'ilike':
      return { field, op: comparison.op, value: comparison.value };
    case 'not like':
      return { and: [isThere, { not: { field, op: 'like', value: comparison.value } }] };
    case 'not ilike':
      return { and: [isThere, { not: { field, op: 'ilike', value: comparison.value } }] };
    case 'is null':
      return { not: isThere };
    case 'is not null':
      return isThere;
  }
}

/** A condition on the keys of a map: whether one of the values is among them. */
function membership(comparison: Comparison, map: string): Where {
  const oneOf = (values: readonly Literal[]): Where => ({
    or: values.map((value) => ({ field: `${map}.${String(value)}`, op: 'exists' })),
  });
  switch (comparison.op) {
    case '=':
      return oneOf([comparison.value]);
    case '!=':
      return { not: oneOf([comparison.value]) };
    case 'in':
      return oneOf(comparison.values);
    case 'not in':
      return { not: oneOf(comparison.values) };
    default:
      return refuse(`${printField(comparison.field)} takes = != in and not in, not ${comparison.op}`);
  }
}
