import { type Column, categoricalColumn } from '../data/column.js';
import { Table } from '../data/table.js';
import { refuse } from '../util/check.js';
import { type ColumnRule, checkColumnRule } from './column-rule.js';
import { type PseudonymKey, pseudonymOf } from './pseudonym.js';

/** A table with every column that has a rule replaced or left out; missing cells stay missing. */
export function protectTable(table: Table, rules: Readonly<Record<string, ColumnRule>>, key: PseudonymKey): Table {
  for (const [name, rule] of Object.entries(rules)) {
    checkColumnRule(rule, name);
    table.column(name);
  }
  const columns: Column[] = [];
  for (const column of table.columns.values()) {
    const rule = Object.hasOwn(rules, column.name) ? rules[column.name]! : undefined;
    if (rule === undefined) columns.push(column);
    else if (rule.action !== 'drop') columns.push(protectColumn(column, rule, key));
  }
  // Notes quote cells; those of a protected table are left out.
  return new Table(columns, table.rowCount);
}

function protectColumn(
  column: Column,
  rule: Exclude<ColumnRule, { readonly action: 'drop' }>,
  key: PseudonymKey,
): Column {
  switch (rule.action) {
    case 'pseudonymize':
      return mapped(column, (value) => pseudonymOf(key, column.name, value));
    case 'mask':
      return mapped(column, (value) => maskText(value, rule.keep ?? 0));
    case 'generalize':
      if (rule.to === 'band') return mapped(column, bandOf(rule.bands));
      return rule.to === 'quarter' ? quarters(column) : powersOfTen(column);
  }
}

function quarters(column: Column): Column {
  if (column.kind !== 'date') return refuse(`${column.name} is ${column.kind}; only dates become quarters`);
  return numbersToTexts(column.name, column.values, quarterOf);
}

/** @param ms since the epoch, UTC */
export function quarterOf(ms: number): string {
  const date = new Date(ms);
  return `${date.getUTCFullYear()}-Q${Math.floor(date.getUTCMonth() / 3) + 1}`;
}

/** `1e5` stands for amounts from 100,000 up to, not including, a million; `-1e5` for the same below zero. */
function powersOfTen(column: Column): Column {
  if (column.kind !== 'numeric') return refuse(`${column.name} is ${column.kind}; only numbers become powers of ten`);
  return numbersToTexts(column.name, column.values, powerOfTen);
}

export const powerOfTen = (value: number): string =>
  value === 0 ? '0' : `${value < 0 ? '-' : ''}1e${decadeOf(Math.abs(value))}`;

/** Exact at powers of ten, where the logarithm is not. */
const decadeOf = (value: number): number => Number(value.toExponential(15).split('e')[1]);

function bandOf(bands: Readonly<Record<string, readonly string[]>>): (value: string) => string {
  const band = new Map(Object.entries(bands).flatMap(([name, values]) => values.map((value) => [value, name])));
  return (value) => band.get(value) ?? 'other';
}

/** Characters are code points; how many were taken away does not show. */
export function maskText(value: string, keep: number): string {
  const characters = Array.from(value);
  return `****${keep > 0 && characters.length > keep ? characters.slice(-keep).join('') : ''}`;
}

/** A column of texts; those of numbers are as they are written, those of dates ISO 8601. */
export function mapped(column: Column, change: (value: string) => string): Column {
  if (column.kind === 'categorical') return texts(column.name, column.codes, column.categories.map(change));
  const write = column.kind === 'date' ? (ms: number) => new Date(ms).toISOString() : String;
  return numbersToTexts(column.name, column.values, (value) => change(write(value)));
}

function numbersToTexts(name: string, values: Float64Array, change: (value: number) => string): Column {
  const codes = new Int32Array(values.length);
  const known = new Map<number, number>();
  const changed: string[] = [];
  values.forEach((value, i) => {
    let code = Number.isNaN(value) ? -1 : known.get(value);
    if (code === undefined) {
      known.set(value, (code = changed.length));
      changed.push(change(value));
    }
    codes[i] = code;
  });
  return texts(name, codes, changed);
}

/** Values that became the same are one category. */
function texts(name: string, codes: Int32Array, values: readonly string[]): Column {
  const distinct = [...new Set(values)];
  const position = new Map(distinct.map((value, i) => [value, i]));
  const moved = Int32Array.from(values, (value) => position.get(value)!);
  return categoricalColumn(
    name,
    codes.map((code) => (code < 0 ? -1 : moved[code]!)),
    distinct,
  );
}
