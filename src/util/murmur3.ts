/**
 * murmur3_x86_32 of the UTF-8 bytes of a text (A. Appleby, public domain), as a signed 32-bit integer: its unsigned value
 * is `>>> 0`. Allocates nothing for ASCII. A lone surrogate counts as the replacement character, as UTF-8 has it.
 */
export function murmur3(text: string, seed: number): number {
  const { length } = text;
  const whole = length & ~3;
  let h = seed | 0;
  let i = 0;
  for (; i < whole; i += 4) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    if ((a | b | c | d) >= 0x80) return murmur3Bytes(new TextEncoder().encode(text), seed);
    h = mixWord(h, a | (b << 8) | (c << 16) | (d << 24));
  }
  let tail = 0;
  for (let shift = 0; i < length; i++, shift += 8) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return murmur3Bytes(new TextEncoder().encode(text), seed);
    tail |= unit << shift;
  }
  return fmix32(h ^ scramble(tail) ^ length);
}

function murmur3Bytes(bytes: Uint8Array, seed: number): number {
  const { length } = bytes;
  const whole = length & ~3;
  let h = seed | 0;
  for (let i = 0; i < whole; i += 4) h = mixWord(h, wordAt(bytes, i));
  // Bytes beyond the end count as zero.
  return fmix32(h ^ scramble(wordAt(bytes, whole)) ^ length);
}

const wordAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);

const scramble = (word: number): number => {
  const k = Math.imul(word, 0xcc9e2d51);
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
};

const mixWord = (hash: number, word: number): number => {
  const h = hash ^ scramble(word);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
};

/** The finisher of murmur3: every bit of the input changes half of the output's. */
export function fmix32(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
