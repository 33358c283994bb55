/** Control characters, line ends, and marks that turn the direction of writing: a text could be read as another one. */
export const unprintable = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;
export const asCode = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Text from data cannot move the cursor: what is not printed, other than the newline, is shown as a code. */
export const printable = (text: string): string => text.replace(unprintable, (c) => (c === '\n' ? c : asCode(c)));
