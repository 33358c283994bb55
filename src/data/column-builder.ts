import { refuse } from '../util/check.js';
import { atOnce } from '../util/in-steps.js';
import { isMissingText, isPlainNumber, parseDate, parseNumber, parsePercent } from './cell.js';
import {
  type CategoricalColumn,
  type Column,
  type ColumnKind,
  type ColumnOrigin,
  categoricalColumn,
  numberColumn,
  numberOf,
  withOrigin,
} from './column.js';

/** Rows converted before others get a turn. */
const stepLength = 1 << 14;

export interface BuiltColumn {
  readonly column: Column;
  /** What a reader should know about how the kind was chosen. */
  readonly note?: string;
}

interface InferredColumn extends BuiltColumn {
  readonly storedAsText?: ColumnOrigin['storedAsText'];
}

/**
 * Collects a column cell by cell in one pass and decides at its end what it is. A number goes into a typed array; a text
 * into a dictionary; a text that spells a number into both, unless the number prints as that very text.
 */
export class ColumnBuilder {
  #numbers = new Float64Array(64);
  #codes: Int32Array | undefined;
  readonly #texts = new Map<string, number>();
  #length = 0;
  /** Cells that are numbers, however written; and those of them that came as text. */
  #numberCount = 0;
  #numericTextCount = 0;
  /** Cells that are text and nothing else. */
  #wordCount = 0;

  /** Cells taken as missing because nothing can be read from them. */
  #unreadableCount = 0;
  /** Of parts added that were columns already. */
  #storedAsText: ColumnOrigin['storedAsText'];

  /**
   * @param isTextual whether all cells come as text, so that a number stored as one is nothing to mention
   * @param unreadable what becomes of cells that are arrays, objects or functions
   */
  constructor(
    readonly name: string,
    private readonly isTextual: boolean,
    private readonly unreadable: 'refuse' | 'missing' = 'refuse',
  ) {}

  /** Takes over what is known of a part whose cells are added one by one. */
  addOrigin(origin: ColumnOrigin | undefined): void {
    this.#storedAsText ??= origin?.storedAsText;
    this.#unreadableCount += origin?.unreadable ?? 0;
  }

  /** Any cell; `row` counts from 0. Rows left out before it are missing. */
  addCell(cell: unknown, row: number): void {
    if (typeof cell === 'number') this.addNumber(cell, row);
    else if (typeof cell === 'string') this.addText(cell, row);
    else if (cell === null || cell === undefined) return;
    else if (typeof cell === 'boolean') this.#addWord(String(cell), row);
    else if (typeof cell === 'bigint') this.#addInteger(cell, row);
    else if (cell instanceof Date) {
      if (!Number.isNaN(cell.getTime())) this.#addWord(cell.toISOString(), row);
    } else if (this.unreadable === 'missing') {
      this.#unreadableCount++;
    } else {
      refuse(
        `row ${row}, column ${JSON.stringify(this.name)} holds ${Array.isArray(cell) ? 'an array' : `a ${typeof cell}`}; ` +
          'cells are numbers, strings, booleans, dates or null',
      );
    }
  }

  addNumber(value: number, row: number): void {
    if (Number.isNaN(value)) return;
    this.#reserve(row);
    this.#numbers[row] = value;
    this.#numberCount++;
  }

  addText(text: string, row: number): void {
    const value = parseNumber(text);
    if (!Number.isNaN(value)) {
      this.addNumber(value, row);
      this.#numericTextCount++;
      if (!isPlainNumber(text)) this.#code(text, row);
    } else if (!isMissingText(text)) {
      this.#addWord(text, row);
    }
  }

  /** Beyond 2^53 neighbours are one number; as categories they stay apart. */
  #addInteger(value: bigint, row: number): void {
    const number = Number(value);
    this.addNumber(number, row);
    if (!Number.isSafeInteger(number)) this.#code(String(value), row);
  }

  #addWord(text: string, row: number): void {
    this.#reserve(row);
    this.#code(text, row);
    this.#wordCount++;
  }

  #code(text: string, row: number): void {
    this.#codes ??= new Int32Array(this.#numbers.length).fill(-1);
    this.#codes[row] = numberOf(this.#texts, text);
  }

  #reserve(row: number): void {
    if (row >= this.#numbers.length) {
      const capacity = Math.max(row + 1, this.#numbers.length * 2);
      const numbers = new Float64Array(capacity);
      numbers.set(this.#numbers);
      numbers.fill(NaN, this.#length);
      this.#numbers = numbers;
      if (this.#codes !== undefined) {
        const codes = new Int32Array(capacity).fill(-1);
        codes.set(this.#codes);
        this.#codes = codes;
      }
    }
    this.#numbers.fill(NaN, this.#length, row + 1);
    this.#length = row + 1;
  }

  /** The column, of `rowCount` rows. A forced kind is kept or refused, never guessed around. */
  finish(rowCount: number, forced?: ColumnKind): BuiltColumn {
    return atOnce(this.finishSteps(rowCount, forced));
  }

  /** {@link finish} in steps, for columns of millions of rows. */
  *finishSteps(rowCount: number, forced?: ColumnKind): Generator<number, BuiltColumn> {
    const built = yield* this.#build(rowCount, forced);
    const isText = this.#wordCount === 0 && this.#numericTextCount > 0 && !this.isTextual;
    const storedAsText = built.storedAsText ?? this.#storedAsText ?? (isText ? 'numbers' : undefined);
    const isNumeric = built.column.kind === 'numeric' && storedAsText !== undefined;
    const unreadable = this.#unreadableCount;
    if (!isNumeric && unreadable === 0) return built;
    const column = withOrigin(built.column, {
      ...(isNumeric && { storedAsText }),
      ...(unreadable > 0 && { unreadable }),
    });
    if (unreadable === 0) return { ...built, column };
    const note = `column ${JSON.stringify(this.name)} holds ${unreadable} cells that are arrays or objects: taken as missing`;
    return { column, note: built.note === undefined ? note : `${built.note}; ${note}` };
  }

  *#build(rowCount: number, forced?: ColumnKind): Generator<number, InferredColumn> {
    if (rowCount > 0) this.#reserve(Math.max(rowCount, this.#length) - 1);
    switch (forced) {
      case 'categorical':
        return { column: yield* this.#categories(rowCount) };
      case 'numeric':
        return { column: yield* this.#convert('numeric', rowCount, parseNumberOrPercent) };
      case 'date':
        return { column: yield* this.#convert('date', rowCount, parseDate) };
      case undefined:
        return yield* this.#infer(rowCount);
    }
  }

  *#infer(rowCount: number): Generator<number, InferredColumn> {
    const quoted = JSON.stringify(this.name);
    if (this.#wordCount === 0) {
      const column = numberColumn('numeric', this.name, this.#numbers.slice(0, rowCount));
      if (this.#numberCount === 0)
        return rowCount === 0 ? { column } : { column, note: `column ${quoted} holds no values` };
      const isNoted = this.#numericTextCount > 0 && !this.isTextual;
      return isNoted ? { column, note: `column ${quoted} holds numbers stored as text: read as numbers` } : { column };
    }
    const texts = [...this.#texts.keys()];
    if (texts.every((text) => !Number.isNaN(parseNumberOrPercent(text)))) {
      const beside = this.#numberCount > 0 ? `, beside ${this.#numberCount} bare numbers` : '';
      const note = `column ${quoted} holds percentages as text${beside}: read as numbers in percent (4.250% is 4.25)`;
      const column = yield* this.#convert('numeric', rowCount, parseNumberOrPercent);
      return { column, note, storedAsText: 'percentages' };
    }
    if (this.#numberCount > 0) {
      const note =
        `column ${quoted} mixes ${this.#numberCount} numbers with ${this.#wordCount} texts: ` +
        'read as categories; force its type if the texts are mistakes';
      return { column: yield* this.#categories(rowCount), note };
    }
    if (texts.every((text) => !Number.isNaN(parseDate(text))))
      return { column: yield* this.#convert('date', rowCount, parseDate) };
    return { column: yield* this.#categories(rowCount) };
  }

  *#convert(kind: 'numeric' | 'date', rowCount: number, parse: (text: string) => number): Generator<number, Column> {
    const parsed = [...this.#texts.keys()].map(parse);
    const values = this.#numbers.slice(0, rowCount);
    const codes = this.#codes;
    if (codes !== undefined) {
      for (let row = 0; row < rowCount; row++) {
        if (row % stepLength === 0) yield row / rowCount;
        const code = codes[row]!;
        if (code < 0) continue;
        const value = parsed[code]!;
        if (Number.isNaN(value)) {
          const text = JSON.stringify([...this.#texts.keys()][code]!.slice(0, 80));
          refuse(
            `row ${row}, column ${JSON.stringify(this.name)}: ${text} cannot be read as ${kind}; correct it or leave it empty`,
          );
        }
        values[row] = value;
      }
    }
    return numberColumn(kind, this.name, values);
  }

  *#categories(rowCount: number): Generator<number, CategoricalColumn> {
    const codes = new Int32Array(rowCount).fill(-1);
    if (this.#codes !== undefined) codes.set(this.#codes.subarray(0, rowCount));
    for (let row = 0; row < rowCount; row++) {
      if (row % stepLength === 0) yield row / rowCount;
      const value = this.#numbers[row]!;
      if (codes[row] === -1 && !Number.isNaN(value)) codes[row] = numberOf(this.#texts, String(value));
    }
    return categoricalColumn(this.name, codes, [...this.#texts.keys()]);
  }
}

function parseNumberOrPercent(text: string): number {
  const value = parseNumber(text);
  return Number.isNaN(value) ? parsePercent(text) : value;
}
