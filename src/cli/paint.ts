import pc from 'picocolors';

/** Words that a result begins with, by what they mean for the reader; two blanks come behind the head of a column, none are no finding. */
const bad = /(?<!\b0 )\b(drifted|rejected|refused|denied|corrupt|truncated|rolled back|unhealthy|not met)\b/;
const good = /\b(stable|registered|promoted|ok|healthy|approved|verified)\b(?! {2})/;
const open = /\b(inconclusive|degraded|warning|pending)\b/;

/** Whether a stream takes more than plain text; `TERM=dumb` says of a terminal that it does not. */
export const isRich = (stream: NodeJS.WriteStream): boolean => stream.isTTY && process.env['TERM'] !== 'dumb';

/** Colours for a stream: none where it is no terminal, where NO_COLOR is set, or where they are not wanted. */
const colorsOf = (stream: NodeJS.WriteStream, isWanted: boolean): ReturnType<typeof pc.createColors> =>
  pc.createColors(isWanted && isRich(stream) && (process.env['NO_COLOR'] ?? '') === '');

/** The verdict in the first line of a result, coloured on a terminal. The word itself says it all without. */
export function paintVerdict(text: string, isWanted: boolean): string {
  const colors = colorsOf(process.stdout, isWanted);
  if (!colors.isColorSupported) return text;
  const end = text.indexOf('\n');
  const [first, rest] = end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end)];
  const paint = (words: RegExp, color: (word: string) => string): string | undefined =>
    words.test(first) ? first.replace(words, (word) => colors.bold(color(word))) : undefined;
  return (paint(bad, colors.red) ?? paint(open, colors.yellow) ?? paint(good, colors.green) ?? first) + rest;
}

export const paintError = (text: string, isWanted: boolean): string => colorsOf(process.stderr, isWanted).red(text);
