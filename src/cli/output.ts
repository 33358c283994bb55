import Table from 'cli-table3';
import type { JsonValue } from '../util/json.js';
import { isRich, paintVerdict } from './paint.js';
import { asCode, printable, unprintable } from './printable.js';

/** Progress is drawn only after this long: quick work needs no bar. */
const patienceMs = 500;
const barWidth = 24;

/** What a command says: results on standard output, everything else on standard error. */
export class Output {
  readonly #json: boolean;
  readonly #quiet: boolean;
  readonly #color: boolean;

  /** @param options.color whether there may be colours where the output is a terminal; true unless told */
  constructor(options: { readonly json: boolean; readonly quiet: boolean; readonly color?: boolean }) {
    this.#json = options.json;
    this.#quiet = options.quiet;
    this.#color = options.color ?? true;
  }

  /** The result: one JSON document with `--json`, else the text, which may be made when it is wanted. */
  result(value: unknown, text: string | (() => string)): void {
    const shown = (): string => paintVerdict(printable(typeof text === 'string' ? text : text()), this.#color);
    process.stdout.write(`${this.#json ? JSON.stringify(value, jsonNumber, 2) : shown()}\n`);
  }

  /** A remark for a person; silent with `--quiet` and `--json`. */
  note(text: string): void {
    if (!this.#quiet && !this.#json) process.stderr.write(`${printable(text)}\n`);
  }

  /** Says of a list that it ends before what there is. @param cursor where it would go on */
  noteMore(cursor: string | undefined): void {
    if (cursor !== undefined) this.note('there are more: --limit shows more');
  }

  /** What makes a result mean something else than it seems to; a program that reads the result may tell a person of it. */
  warn(text: string): void {
    process.stderr.write(`${printable(text)}\n`);
  }

  /** A progress bar on a terminal, for work that takes a while. */
  progress(): Progress {
    return new Progress(isRich(process.stderr) && !this.#quiet && !this.#json);
  }
}

/** Draws one line that is overwritten, and removed at the end. Declared with `using`, also where the work fails. */
export class Progress {
  readonly #began = performance.now();
  #drawn = '';

  constructor(private readonly isShown: boolean) {}

  update(fraction: number, label: string): void {
    if (!this.isShown || performance.now() - this.#began < patienceMs) return;
    const filled = Math.round(Math.min(1, Math.max(0, fraction)) * barWidth);
    const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
    const text = `${bar} ${Math.round(fraction * 100)}% ${printable(label)}`;
    // What is longer goes on in the next line of the terminal, and that is not wiped.
    const line = Array.from(text)
      .slice(0, (process.stderr.columns || 80) - 1)
      .join('');
    if (line !== this.#drawn) process.stderr.write(`\r\u001b[K${line}`);
    this.#drawn = line;
  }

  end(): void {
    if (this.#drawn !== '') process.stderr.write('\r\u001b[K');
    this.#drawn = '';
  }

  [Symbol.dispose](): void {
    this.end();
  }
}

/** The library takes time quadratic in the rows of a table. */
const rowsPerPart = 200;

/** A table without lines, which copies well and fits narrow terminals. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const parts = [layOut(head, rows.slice(0, rowsPerPart))];
  for (let at = rowsPerPart; at < rows.length; at += rowsPerPart)
    parts.push(layOut([], rows.slice(at, at + rowsPerPart)));
  let texts = parts.map(String);
  if (parts.length > 1) {
    // Drawing a part has found how wide its columns are; all are to be as wide as the widest.
    const widths = head.map((_, column) => Math.max(...parts.map(({ options }) => options.colWidths[column]!)));
    for (const { options } of parts) options.colWidths = [...widths];
    texts = parts.map(String);
  }
  return texts
    .join('\n')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function layOut(head: readonly string[], rows: readonly (readonly string[])[]): Table.Table {
  const blank = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '' };
  const chars = { ...blank, 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '' };
  const table = new Table({
    head: [...head],
    chars: { ...chars, right: '', 'right-mid': '', middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => row.map((cell) => cell.replace(unprintable, asCode)))); // a cell is one line
  return table;
}

/** NaN and the infinities by name, since JSON has no numbers for them. */
const jsonNumber = (_key: string, value: unknown): JsonValue | undefined =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : (value as JsonValue | undefined);

/** Metrics on one line, in the order they came. */
export const formatMetrics = (metrics: Readonly<Record<string, number>>): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(5))}`)
    .join('   ');
