/** Seeded source of randomness. The same seed gives the same numbers on every machine. */
export interface Random {
  /** Uniform in [0, 1), 32 bits of it random. */
  next(): number;
  /** An independent source, determined by this source's seed and the label alone (not by how much was drawn). */
  split(label: string): Random;
  /** What {@link createRandom} makes this source from, as it was at first; absent in sources of another kind. */
  readonly seed?: string;
}

/** sfc32 (C. Doty-Humphrey, PractRand): 128 bits of state, passes PractRand and BigCrush. */
export function createRandom(seed: number | string): Random {
  const key = String(seed);
  let a = fnv1a32(key, 0x811c9dc5);
  let b = fnv1a32(key, a ^ 0x9e3779b9);
  let c = fnv1a32(key, b ^ 0x85ebca6b);
  let counter = 1;
  const next = (): number => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 15; i++) next(); // the state is well mixed only after a few rounds
  return { next, split: (label) => createRandom(`${key}/${label}`), seed: key };
}

function fnv1a32(text: string, basis: number): number {
  let hash = basis | 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  return hash;
}

/** An integer uniform in [0, bound). */
export const randomInt = (random: Random, bound: number): number => Math.floor(random.next() * bound);

/** Fisher–Yates shuffle in place. */
export function shuffle(values: { length: number; [index: number]: number }, random: Random): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = randomInt(random, i + 1);
    const held = values[i]!;
    values[i] = values[j]!;
    values[j] = held;
  }
}
