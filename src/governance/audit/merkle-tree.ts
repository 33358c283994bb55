import { hash } from 'node:crypto';
import { refuse } from '../../util/check.js';
import type { Digest } from '../../util/digest.js';

// The Merkle tree of RFC 9162, section 2.1, over leaf hashes that are given. A leaf's hash is SHA-256(0x00 ‖ entry), a node's
// SHA-256(0x01 ‖ left ‖ right), so that neither can be taken for the other. Hashes are hexadecimal, as they are stored: making
// a Buffer of each would take longer than the hashing.

/** SHA-256(0x00 ‖ entry). */
export const leafOf = (entry: Uint8Array): Digest => sha256(Buffer.concat([leafPrefix, entry]));

/** SHA-256(0x01 ‖ left ‖ right). @throws TypeError for what is no digest */
export function nodeOf(left: Digest, right: Digest): Digest {
  if (nodeBytes.write(left.slice(prefixLength) + right.slice(prefixLength), 1, 'hex') !== 64) {
    throw new TypeError(`nodes of a tree are digests, got ${left} and ${right}`);
  }
  return sha256(nodeBytes);
}

const sha256 = (bytes: Uint8Array): Digest => `sha256:${hash('sha256', bytes)}`;
const prefixLength = 'sha256:'.length;
const leafPrefix = Buffer.of(0);

/** 0x01 ‖ left ‖ right of the node that is being hashed. */
const nodeBytes = Buffer.alloc(65, 1);

/** What a tree without leaves hashes to: SHA-256 of nothing. */
export const emptyRoot: Digest = sha256(Buffer.alloc(0));

/**
 * A tree that only grows, kept as the roots of its perfect subtrees, largest first: one hash for each bit set in `size`.
 * Adding a leaf takes one node hash on average, the root at most log2(size).
 */
export class TreeFrontier {
  #size: number;
  readonly #roots: Digest[];

  /** @param roots those of `toJSON`, of a tree with `size` leaves */
  constructor(size = 0, roots: readonly Digest[] = []) {
    if (roots.length !== bitsSet(size)) refuse(`a tree of ${size} leaves has ${bitsSet(size)} perfect subtrees`);
    this.#size = size;
    this.#roots = [...roots];
  }

  get size(): number {
    return this.#size;
  }

  get roots(): readonly Digest[] {
    return [...this.#roots];
  }

  add(leaf: Digest): void {
    let node = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) node = nodeOf(this.#roots.pop()!, node);
    this.#roots.push(node);
    this.#size++;
  }

  root(): Digest {
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
export function treeRoot(leaves: readonly Digest[], from = 0, to = leaves.length): Digest {
  const frontier = new TreeFrontier();
  for (let i = from; i < to; i++) frontier.add(leaves[i]!);
  return frontier.root();
}

/**
 * The hashes that lead from leaf `index` to the root of all leaves (RFC 9162, 2.1.3.1), lowest first.
 *
 * @throws MLOpsError `INVALID_INPUT` for a leaf that there is not
 */
export function inclusionProof(leaves: readonly Digest[], index: number): readonly Digest[] {
  if (!(Number.isInteger(index) && index >= 0 && index < leaves.length)) {
    refuse(`there is no leaf ${index} in a tree of ${leaves.length}`);
  }
  return path(leaves, index, 0, leaves.length);
}

function path(leaves: readonly Digest[], index: number, from: number, to: number): Digest[] {
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
export function consistencyProof(leaves: readonly Digest[], size: number): readonly Digest[] {
  if (!(Number.isInteger(size) && size >= 1 && size <= leaves.length)) {
    refuse(`a tree of ${leaves.length} leaves continues trees of 1 to ${leaves.length}, not of ${size}`);
  }
  return subproof(leaves, size, 0, leaves.length, true);
}

function subproof(leaves: readonly Digest[], size: number, from: number, to: number, isWhole: boolean): Digest[] {
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
