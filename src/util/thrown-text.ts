/** Most characters kept of what was thrown. */
const mostCharacters = 10_000;

/** What was thrown, as a text that can be stored: it may be of any kind, of any length, and hold half a character. */
export function thrownText(thrown: unknown): string {
  let text: string;
  try {
    text = String(thrown);
  } catch {
    text = Object.prototype.toString.call(thrown);
  }
  return text.slice(0, mostCharacters).toWellFormed();
}
