import { type Position, decodeCursor } from './cursor.js';
import { checkScalar } from './index-scalar.js';
import { checkPlainObject } from './index-fields.js';
import { parseLike } from './like-pattern.js';
import type { IndexScalar, OrderBy, Query, StreamRange, Where } from './storage.js';
import { checkStorageName, invalid } from './storage-name.js';

const maxLimit = 50_000;
const defaultLimit = 100;
const maxSortKeys = 8;
/** Conditions of one query; deeper nesting than this is refused as well. */
const maxConditions = 256;
/** Values of all the `in` conditions of one query. */
const maxInValues = 10_000;
/** Different fields of one query: SQL adapters join a table for each. */
const maxQueryFields = 32;

/** A query that was found valid, copied and with its defaults filled in. */
export interface CheckedQuery {
  readonly where: Where | undefined;
  /** Nothing follows `id`, which leaves no ties. */
  readonly orderBy: readonly OrderBy[];
  readonly limit: number;
  /** Where the page before ended. */
  readonly after: Position | undefined;
}

/** @throws MLOpsError `INVALID_INPUT` for malformed conditions, limits out of range and cursors of other queries */
export function checkQuery(collection: string, query: Query = {}): CheckedQuery {
  checkPlainObject(query, 'a query');
  const checker = new ConditionChecker();
  const where = query.where === undefined ? undefined : checker.check(query.where, 'where');
  const orderBy = checkOrderBy(query.orderBy ?? []);
  for (const { field } of orderBy) checker.fields.add(field);
  if (checker.fields.size > maxQueryFields) {
    throw invalid(`a query names ${checker.fields.size} fields; at most ${maxQueryFields} are allowed`);
  }
  return {
    where,
    orderBy,
    limit: query.limit === undefined ? defaultLimit : checkCount(query.limit, 'limit', 1, maxLimit),
    after: query.cursor === undefined ? undefined : decodeCursor(query.cursor, collection, where, orderBy),
  };
}

/** A range with its defaults filled in: entries `from` to just before `to`. */
export interface CheckedRange {
  readonly from: number;
  readonly to: number;
}

/** @throws MLOpsError `INVALID_INPUT` for fractions and negative numbers */
export function checkRange(range: StreamRange = {}): CheckedRange {
  checkPlainObject(range, 'a range');
  const from = checkCount(range.from ?? 0, 'from', 0);
  const to = checkCount(range.to ?? Number.MAX_SAFE_INTEGER, 'to', 0);
  const limit = checkCount(range.limit ?? Number.MAX_SAFE_INTEGER, 'limit', 0);
  return { from, to: Math.min(to, from + limit) };
}

function checkCount(value: unknown, what: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
  throw invalid(`${what} must be a whole number, ${range}, got ${String(value)}`);
}

function checkOrderBy(orderBy: readonly OrderBy[]): readonly OrderBy[] {
  if (!Array.isArray(orderBy)) throw invalid('orderBy must be an array of { field, direction }');
  if (orderBy.length > maxSortKeys) throw invalid(`orderBy has ${orderBy.length} keys; at most ${maxSortKeys}`);
  const keys = orderBy.map((key: unknown, i): OrderBy => {
    const what = `orderBy[${i}]`;
    const { field, direction } = checkPlainObject(key, what);
    if (direction !== 'asc' && direction !== 'desc') throw invalid(`${what}.direction must be asc or desc`);
    return { field: checkStorageName(field, `${what}.field`), direction };
  });
  const id = keys.findIndex(({ field }) => field === 'id');
  return id < 0 ? keys : keys.slice(0, id + 1);
}

class ConditionChecker {
  readonly fields = new Set<string>();
  #conditions = 0;
  #inValues = 0;

  check(input: unknown, what: string): Where {
    if (++this.#conditions > maxConditions) throw invalid(`a query has more than ${maxConditions} conditions`);
    const where = checkPlainObject(input, what);
    if ('and' in where) return { and: this.#checkAll(where['and'], `${what}.and`) };
    if ('or' in where) return { or: this.#checkAll(where['or'], `${what}.or`) };
    if ('not' in where) return { not: this.check(where['not'], `${what}.not`) };
    return this.#checkComparison(where, what);
  }

  #checkAll(members: unknown, what: string): Where[] {
    if (!Array.isArray(members)) throw invalid(`${what} must be an array of conditions`);
    return members.map((member, i) => this.check(member, `${what}[${i}]`));
  }

  #checkComparison(where: Readonly<Record<string, unknown>>, what: string): Where {
    const field = checkStorageName(where['field'], `${what}.field`);
    this.fields.add(field);
    const { op, value } = where;
    switch (op) {
      case 'eq':
      case 'ne':
      case 'lt':
      case 'lte':
      case 'gt':
      case 'gte':
        return { field, op, value: checkScalar(value, `${what}.value`) };
      case 'in':
        return { field, op, values: this.#checkInValues(where['values'], `${what}.values`) };
      case 'prefix': {
        const prefix = checkScalar(value, `${what}.value`);
        if (typeof prefix !== 'string') throw invalid(`${what}.value must be a string`);
        return { field, op, value: prefix };
      }
      case 'like':
      case 'ilike': {
        const pattern = checkScalar(value, `${what}.value`);
        if (typeof pattern !== 'string') throw invalid(`${what}.value must be a string`);
        parseLike(pattern);
        return { field, op, value: pattern };
      }
      case 'exists':
        return { field, op };
      default:
        throw invalid(
          `${what}.op must be eq, ne, lt, lte, gt, gte, in, prefix, like, ilike or exists, got ${String(op)}`,
        );
    }
  }

  #checkInValues(values: unknown, what: string): IndexScalar[] {
    if (!Array.isArray(values)) throw invalid(`${what} must be an array`);
    this.#inValues += values.length;
    if (this.#inValues > maxInValues) throw invalid(`a query has more than ${maxInValues} values of in conditions`);
    return values.map((value, i) => checkScalar(value, `${what}[${i}]`));
  }
}
