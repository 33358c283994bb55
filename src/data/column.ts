/** How the cells of a column came, where a reader would not expect it. */
export interface ColumnOrigin {
  /** Numbers that came as texts among cells of other types. */
  readonly storedAsText?: 'numbers' | 'percentages';
  /** Cells that are no numbers, texts, booleans or dates and were taken as missing. */
  readonly unreadable?: number;
}

/** Numbers; NaN is missing. */
export interface NumericColumn {
  readonly kind: 'numeric';
  readonly name: string;
  readonly values: Float64Array;
  readonly missingCount: number;
  readonly origin?: ColumnOrigin;
}

/** Texts, stored as positions in a list of the distinct ones; -1 is missing. */
export interface CategoricalColumn {
  readonly kind: 'categorical';
  readonly name: string;
  readonly codes: Int32Array;
  /** Distinct values in the order of their first appearance; each is used. */
  readonly categories: readonly string[];
  readonly missingCount: number;
  readonly origin?: ColumnOrigin;
}

/** Points in time, in milliseconds since the Unix epoch, UTC; NaN is missing. */
export interface DateColumn {
  readonly kind: 'date';
  readonly name: string;
  readonly values: Float64Array;
  readonly missingCount: number;
  readonly origin?: ColumnOrigin;
}

/** One column of a {@link Table}: typed arrays, and where values are missing. */
export type Column = NumericColumn | CategoricalColumn | DateColumn;

/** What the values of a column are. */
export type ColumnKind = Column['kind'];

export const columnLength = (column: Column): number =>
  column.kind === 'categorical' ? column.codes.length : column.values.length;

/** A column of numbers or dates; counts what is missing. */
export function numberColumn(kind: 'numeric' | 'date', name: string, values: Float64Array): NumericColumn | DateColumn {
  let missingCount = 0;
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) missingCount++;
  return { kind, name, values, missingCount };
}

/** A column of categories whose codes point into any list: renumbers them by first appearance and drops the unused. */
export function categoricalColumn(name: string, codes: Int32Array, categories: readonly string[]): CategoricalColumn {
  const renumbered = new Int32Array(categories.length).fill(-1);
  const used: string[] = [];
  let missingCount = 0;
  const result = codes.map((code) => {
    if (code < 0) {
      missingCount++;
      return -1;
    }
    if (renumbered[code] === -1) renumbered[code] = used.push(categories[code]!) - 1;
    return renumbered[code]!;
  });
  return { kind: 'categorical', name, codes: result, categories: used, missingCount };
}

/** The given rows of a column, in the given order; rows may repeat. */
export function takeFromColumn(column: Column, rows: ArrayLike<number>): Column {
  const length = rows.length;
  if (column.kind === 'categorical') {
    const codes = new Int32Array(length);
    for (let i = 0; i < length; i++) codes[i] = column.codes[rows[i]!]!;
    return withOrigin(categoricalColumn(column.name, codes, column.categories), column.origin);
  }
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) values[i] = column.values[rows[i]!]!;
  return withOrigin(numberColumn(column.kind, column.name, values), column.origin);
}

/** The column, with what is known of how its cells came. */
export const withOrigin = <T extends Column>(column: T, origin: ColumnOrigin | undefined): T =>
  origin === undefined ? column : { ...column, origin };

/**
 * Columns of one name one after the other. A column without any value takes the kind of the others; otherwise kinds must
 * agree: undefined when they do not.
 */
export function joinColumns(parts: readonly Column[]): Column | undefined {
  const model = parts.find((part) => part.missingCount < columnLength(part)) ?? parts[0]!;
  if (parts.some((part) => part.kind !== model.kind && part.missingCount < columnLength(part))) return undefined;
  const length = parts.reduce((sum, part) => sum + columnLength(part), 0);
  const origin = parts.find((part) => part.origin !== undefined)?.origin;
  const joined =
    model.kind === 'categorical' ? joinCategories(model.name, parts, length) : joinNumbers(model, parts, length);
  return withOrigin(joined, origin);
}

function joinNumbers(model: NumericColumn | DateColumn, parts: readonly Column[], length: number): Column {
  const values = new Float64Array(length).fill(NaN);
  let at = 0;
  for (const part of parts) {
    if (part.kind !== 'categorical') values.set(part.values, at);
    at += columnLength(part);
  }
  return numberColumn(model.kind, model.name, values);
}

function joinCategories(name: string, parts: readonly Column[], length: number): Column {
  const codes = new Int32Array(length).fill(-1);
  const numbers = new Map<string, number>();
  let at = 0;
  for (const part of parts) {
    if (part.kind === 'categorical') {
      const translated = part.categories.map((category) => numberOf(numbers, category));
      for (let i = 0; i < part.codes.length; i++) {
        const code = part.codes[i]!;
        codes[at + i] = code < 0 ? -1 : translated[code]!;
      }
    }
    at += columnLength(part);
  }
  return categoricalColumn(name, codes, [...numbers.keys()]);
}

/** The number of a text, in the order texts are first asked for. */
export function numberOf(numbers: Map<string, number>, text: string): number {
  let number = numbers.get(text);
  if (number === undefined) numbers.set(text, (number = numbers.size));
  return number;
}
