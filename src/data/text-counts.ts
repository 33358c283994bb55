/** Texts are put together by hash into so many groups once there are too many. */
export const groupCount = 1024;

/** Most texts that are held, and most UTF-16 units in all of them. */
const limits = { texts: 10_000, length: 4 << 20 };

/**
 * How often each text occurs, in bounded memory: text by text up to a limit, beyond it by groups of equal hash. Which of
 * the two depends on the texts alone, not on their order or on how they were divided into parts: merging is exact.
 */
export class TextCounts {
  #texts = new Map<string, number>();
  #length = 0;
  #groups: Float64Array | undefined;

  /** Whether nothing was counted. */
  get isEmpty(): boolean {
    return this.#texts.size === 0 && this.#groups === undefined;
  }

  /** Whether texts were put together. */
  get isGrouped(): boolean {
    return this.#groups !== undefined;
  }

  /** Texts and how often each occurs; of groups, their numbers as `#17`. */
  entries(): [text: string, count: number][] {
    if (this.#groups === undefined) return [...this.#texts];
    return Array.from(this.#groups, (count, group): [string, number] => [`#${group}`, count]).filter(([, n]) => n > 0);
  }

  add(text: string, count: number): void {
    if (count === 0) return;
    if (this.#groups !== undefined) {
      this.#groups[groupOf(text)]! += count;
      return;
    }
    const before = this.#texts.get(text);
    this.#texts.set(text, (before ?? 0) + count);
    if (before !== undefined) return;
    this.#length += text.length;
    if (this.#texts.size > limits.texts || this.#length > limits.length) this.#group();
  }

  merge(other: TextCounts): void {
    if (other.#groups === undefined) {
      for (const [text, count] of other.#texts) this.add(text, count);
      return;
    }
    this.#group();
    other.#groups.forEach((count, group) => (this.#groups![group]! += count));
  }

  /** The same counts by groups. */
  grouped(): TextCounts {
    const copy = new TextCounts();
    copy.#group();
    copy.merge(this);
    return copy;
  }

  /** Counts of the groups; undefined while texts are counted by themselves. */
  groups(): Float64Array | undefined {
    return this.#groups;
  }

  static ofGroups(groups: Float64Array): TextCounts {
    const counts = new TextCounts();
    counts.#groups = groups.slice();
    return counts;
  }

  #group(): void {
    if (this.#groups !== undefined) return;
    const texts = this.#texts;
    this.#groups = new Float64Array(groupCount);
    this.#texts = new Map();
    for (const [text, count] of texts) this.#groups[groupOf(text)]! += count;
  }
}

/** FNV-1a over UTF-16 units, 32 bits, its upper half folded into the group. */
function groupOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return ((hash >>> 16) ^ hash) & (groupCount - 1);
}
