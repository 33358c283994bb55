import { formatTable } from './output.js';

/** Narrowest that a column is made. */
const leastWidth = 6;
const gap = 2;

/** A table that fits the terminal. */
export interface FittedTable {
  readonly text: string;
  /** Columns at the right that there was no room for. */
  readonly left: readonly string[];
}

/**
 * Shortens the cells of the widest columns, with `…`, until the table fits, and leaves columns out at the right when that
 * is not enough.
 *
 * @param width of the terminal in characters; undefined when the output is not read by a person, 0 for a terminal that does
 *   not tell, as in many containers: then nothing is shortened
 * @param whole columns whose cells are never shortened, since people copy them
 */
export function fitTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { width, whole = [] }: { readonly width?: number | undefined; readonly whole?: readonly string[] },
): FittedTable {
  if (!width) return { text: formatTable(head, rows), left: [] };
  const natural = head.map((name, i) => Math.max(lengthOf(name), ...rows.map((row) => lengthOf(row[i]!))));
  const least = natural.map((size, i) => (whole.includes(head[i]!) ? size : Math.min(size, leastWidth)));
  let count = head.length;
  while (count > 1 && total(least.slice(0, count)) > width) count--;
  const sizes = shrink(natural.slice(0, count), least, width);
  const cut = (cells: readonly string[]): string[] => sizes.map((size, i) => shorten(cells[i]!, size));
  return { text: formatTable(cut(head), rows.map(cut)), left: head.slice(count) };
}

const total = (sizes: readonly number[]): number =>
  sizes.reduce((sum, size) => sum + size, 0) + gap * (sizes.length - 1);

/** Takes one character at a time from the widest column that may still give one. */
function shrink(natural: readonly number[], least: readonly number[], width: number): readonly number[] {
  const sizes = [...natural];
  for (let excess = total(sizes) - width; excess > 0; excess--) {
    let widest = -1;
    for (const [i, size] of sizes.entries()) {
      if (size > least[i]! && (widest < 0 || size > sizes[widest]!)) widest = i;
    }
    if (widest < 0) break;
    sizes[widest]!--;
  }
  return sizes;
}

const segmenter = new Intl.Segmenter();

/** What a person sees as characters. */
const charactersOf = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment);

/** Those that a terminal gives two columns to: of Chinese, Japanese and Korean, and emoji. */
const wide =
  /(?![\uff61-\uff9f])[\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6\p{Emoji_Presentation}\ufe0f]/u;

const widthOf = (character: string): number => (wide.test(character) ? 2 : 1);

const lengthOf = (text: string): number => charactersOf(text).reduce((sum, character) => sum + widthOf(character), 0);

function shorten(text: string, size: number): string {
  if (lengthOf(text) <= size) return text;
  let room = size - 1;
  const kept = charactersOf(text).findIndex((character) => (room -= widthOf(character)) < 0);
  return `${charactersOf(text).slice(0, kept).join('').trimEnd()}…`;
}
