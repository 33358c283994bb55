import { refuse } from '../util/check.js';

const quote = 34;
const newline = 10;
const carriageReturn = 13;

/** Longest record, in characters: beyond it a quote was surely left open. */
const longestRecord = 1 << 24;

/**
 * Splits text that comes in pieces into records (RFC 4180; lines may end in LF or CRLF; blank lines are skipped). A cell
 * is quoted as a whole or not at all.
 */
export class CsvScanner {
  readonly #delimiter: number;
  #rest = '';
  /** Length from which the rest is looked at again: twice that of the last look, so that a long cell is not read for each piece. */
  #nextLength = 0;
  /** Line on which the next record begins, from 1. */
  #line = 1;

  /** @param name what errors call the source */
  constructor(
    private readonly name: string,
    delimiter: string,
  ) {
    if (delimiter.length !== 1 || '"\r\n'.includes(delimiter)) {
      refuse(`delimiter must be one character other than a quote or a line break, got ${JSON.stringify(delimiter)}`);
    }
    this.#delimiter = delimiter.charCodeAt(0);
  }

  /** Calls back with records that are complete; some may wait for the next piece. */
  write(piece: string, onRecord: (cells: string[], line: number) => void): void {
    this.#rest += piece;
    if (this.#rest.length >= this.#nextLength) this.#scan(false, onRecord);
  }

  /** Calls back with a last record that no line break ends. */
  end(onRecord: (cells: string[], line: number) => void): void {
    this.#scan(true, onRecord);
  }

  #scan(isLast: boolean, onRecord: (cells: string[], line: number) => void): void {
    const text = this.#rest;
    let start = 0;
    while (start < text.length) {
      const record = this.#record(text, start, isLast);
      if (record === undefined) break;
      const { cells, end, lines } = record;
      if (cells.length > 1 || cells[0] !== '' || text.charCodeAt(start) === quote) onRecord(cells, this.#line);
      this.#line += lines;
      start = end;
    }
    this.#rest = text.slice(start);
    if (this.#rest.length > longestRecord) {
      refuse(`${this.name}: the record on line ${this.#line} is over ${longestRecord} characters; close its quote`);
    }
    this.#nextLength = Math.min(2 * this.#rest.length, longestRecord + 1);
  }

  /** The record that begins at `start`, or undefined when the text ends before it does. */
  #record(
    text: string,
    start: number,
    isLast: boolean,
  ): { readonly cells: string[]; readonly end: number; readonly lines: number } | undefined {
    const cells: string[] = [];
    let lines = 1;
    let at = start;
    for (;;) {
      let end = at;
      if (text.charCodeAt(at) === quote) {
        const quoted = this.#quoted(text, at, isLast);
        if (quoted === undefined) return undefined;
        cells.push(quoted.cell);
        lines += quoted.lines;
        end = quoted.end;
        if (text.charCodeAt(end) === carriageReturn) end++;
      } else {
        let code = text.charCodeAt(end);
        while (end < text.length && code !== this.#delimiter && code !== newline) {
          if (code === quote) this.#wrongQuote(lines);
          code = text.charCodeAt(++end);
        }
        const isBeforeBreak = code === newline && text.charCodeAt(end - 1) === carriageReturn && end > at;
        cells.push(text.slice(at, isBeforeBreak ? end - 1 : end));
      }
      if (end >= text.length) return isLast ? { cells, end, lines } : undefined;
      const code = text.charCodeAt(end);
      if (code === newline) return { cells, end: end + 1, lines };
      if (code !== this.#delimiter) this.#wrongQuote(lines);
      at = end + 1;
    }
  }

  /** A quoted cell, without its quotes; `end` is behind the closing one. */
  #quoted(
    text: string,
    at: number,
    isLast: boolean,
  ): { readonly cell: string; readonly end: number; readonly lines: number } | undefined {
    let close = text.indexOf('"', at + 1);
    let isEscaped = false;
    while (close !== -1 && text.charCodeAt(close + 1) === quote) {
      isEscaped = true;
      close = text.indexOf('"', close + 2);
    }
    if (close === -1) {
      if (isLast)
        refuse(`${this.name}:${this.#line}: Quote not closed in the record that begins here; correct the file`);
      return undefined;
    }
    if (close + 1 >= text.length && !isLast) return undefined; // it may be the first of two
    const content = text.slice(at + 1, close);
    let lines = 0;
    for (let i = content.indexOf('\n'); i !== -1; i = content.indexOf('\n', i + 1)) lines++;
    return { cell: isEscaped ? content.replaceAll('""', '"') : content, end: close + 1, lines };
  }

  #wrongQuote(lines: number): never {
    refuse(
      `${this.name}:${this.#line + lines - 1}: a quote may only stand around a whole cell; double the quotes inside it`,
    );
  }
}
