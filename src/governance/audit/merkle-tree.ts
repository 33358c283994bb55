import { hash } from 'node:crypto';
import { refuse } from '../../util/check.js';

/**
 * The Merkle tree of RFC 9162, section 2.1, over leaf hashes that are given. Hashes are 32 bytes each; a leaf's is
 * SHA-256(0x00 ‖ entry), a node's SHA-256(0x01 ‖ left ‖ right), so that neither can be taken for the other.
 */
export type TreeHash = Buffer;

/** SHA-256(0x00 ‖ entry). */
export const leafOf = (entry: Uint8Array): TreeHash => sha256(Buffer.concat([leafPrefix, entry]));

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeOf(left: TreeHash, right: TreeHash): TreeHash {
  const bytes = Buffer.allocUnsafe(65);
  bytes[0] = 1;
  left.copy(bytes, 1);
  right.copy(bytes, 33);
  return sha256(bytes);
}

const sha256 = (bytes: Uint8Array): TreeHash => hash('sha256', bytes, 'buffer');
const leafPrefix = Buffer.of(0);

/** What a tree without leaves hashes to: SHA-256 of nothing. */
export const emptyRoot: TreeHash = sha256(Buffer.alloc(0));

/**
 * A tree that only grows, kept as the roots of its perfect subtrees, largest first: one hash for each bit set in `size`.
 * Adding a leaf takes one node hash on average, the root at most log2(size).
 */
export class TreeFrontier {
  #size: number;
  readonly #roots: TreeHash[];

  /** @param roots those of `toJSON`, of a tree with `size` leaves */
  constructor(size = 0, roots: readonly TreeHash[] = []) {
    if (roots.length !== bitsSet(size)) refuse(`a tree of ${size} leaves has ${bitsSet(size)} perfect subtrees`);
    this.#size = size;
    this.#roots = [...roots];
  }

  get size(): number {
    return this.#size;
  }

  get roots(): readonly TreeHash[] {
    return this.#roots;
  }

  add(leaf: TreeHash): void {
    let node = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) node = nodeOf(this.#roots.pop()!, node);
    this.#roots.push(node);
    this.#size++;
  }

  root(): TreeHash {
    if (this.#size === 0) return emptyRoot;
    return this.#roots.reduceRight((right, left) => nodeOf(left, right));
  }
}

/** Perfect subtrees of a tree of so many leaves. */
export function bitsSet(count: number): number {
  let bits = 0;
  for (let rest = count; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return bits;
}

/** Root over leaves `from` to just before `to`. */
export function treeRoot(leaves: readonly TreeHash[], from = 0, to = leaves.length): TreeHash {
  const frontier = new TreeFrontier();
  for (let i = from; i < to; i++) frontier.add(leaves[i]!);
  return frontier.root();
}

/**
 * The hashes that lead from leaf `index` to the root of all leaves (RFC 9162, 2.1.3.1), lowest first.
 *
 * @throws MLOpsError `INVALID_INPUT` for a leaf that there is not
 */
export function inclusionProof(leaves: readonly TreeHash[], index: number): readonly TreeHash[] {
  if (!(Number.isInteger(index) && index >= 0 && index < leaves.length)) {
    refuse(`there is no leaf ${index} in a tree of ${leaves.length}`);
  }
  return path(leaves, index, 0, leaves.length);
}

function path(leaves: readonly TreeHash[], index: number, from: number, to: number): TreeHash[] {
  if (to - from === 1) return [];
  const middle = from + splitOf(to - from);
  return index < middle
    ? [...path(leaves, index, from, middle), treeRoot(leaves, middle, to)]
    : [...path(leaves, index, middle, to), treeRoot(leaves, from, middle)];
}

/**
 * What shows that the tree of all leaves continues the one of the first `size` (RFC 9162, 2.1.4.1).
 *
 * @throws MLOpsError `INVALID_INPUT` when `size` is not from 1 to the number of leaves
 */
export function consistencyProof(leaves: readonly TreeHash[], size: number): readonly TreeHash[] {
  if (!(Number.isInteger(size) && size >= 1 && size <= leaves.length)) {
    refuse(`a tree of ${leaves.length} leaves continues trees of 1 to ${leaves.length}, not of ${size}`);
  }
  return subproof(leaves, size, 0, leaves.length, true);
}

function subproof(leaves: readonly TreeHash[], size: number, from: number, to: number, isWhole: boolean): TreeHash[] {
  if (from + size === to) return isWhole ? [] : [treeRoot(leaves, from, to)];
  const split = splitOf(to - from);
  return size <= split
    ? [...subproof(leaves, size, from, from + split, isWhole), treeRoot(leaves, from + split, to)]
    : [...subproof(leaves, size - split, from + split, to, false), treeRoot(leaves, from, from + split)];
}

/** Largest power of two below `count`. */
function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}
