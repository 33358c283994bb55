import { invalid } from './storage-name.js';

/** A part of a pattern: any text, any one character, or this character. */
export type LikePart = 'any' | 'one' | { readonly character: string };

/**
 * Takes a pattern apart: `%` stands for any text, also none, `_` for one code point, and a backslash makes the character
 * after it stand for itself.
 *
 * @throws MLOpsError `INVALID_INPUT` for a backslash at the end
 */
export function parseLike(pattern: string): readonly LikePart[] {
  const parts: LikePart[] = [];
  let isEscaped = false;
  for (const character of pattern) {
    if (isEscaped || !'%_\\'.includes(character)) parts.push({ character });
    else if (character === '%') parts.push('any');
    else if (character === '_') parts.push('one');
    isEscaped = !isEscaped && character === '\\';
  }
  if (isEscaped) throw invalid(`the pattern ${JSON.stringify(pattern)} ends with a backslash; write it twice`);
  return parts;
}

/**
 * Whether a text matches as a whole. With `ignoreCase` the letters A to Z, and no others, match in either case. Never
 * slower than the product of both lengths.
 */
export function matchesLike(parts: readonly LikePart[], text: string, ignoreCase: boolean): boolean {
  const fold = (character: string): string =>
    ignoreCase ? character.replace(/[A-Z]/, (c) => c.toLowerCase()) : character;
  const characters = Array.from(text, fold);
  let part = 0;
  let at = 0;
  /** Where to go on when what follows the last `%` does not match: one character further. */
  let retry: { readonly part: number; at: number } | undefined;
  while (at < characters.length) {
    const expected = parts[part];
    if (expected === 'any') retry = { part: ++part, at };
    else if (expected === 'one' || (expected !== undefined && fold(expected.character) === characters[at])) {
      part++;
      at++;
    } else {
      if (retry === undefined) return false;
      part = retry.part;
      at = ++retry.at;
    }
  }
  while (parts[part] === 'any') part++;
  return part === parts.length;
}
