import type { Digest } from '../../util/digest.js';
import { TreeFrontier, nodeOf } from './merkle-tree.js';

/** A tree as it is, with the proofs of the leaves that were marked. */
export interface SealedTree {
  /** Leaves of the tree. */
  readonly size: number;
  readonly root: Digest;
  /** By position of the leaf, in order: the hashes from it up to the root (RFC 9162, 2.1.3.1), lowest first. */
  readonly proofs: ReadonlyMap<number, readonly Digest[]>;
}

/** A perfect subtree, with the ways up to its root of the marked leaves that it covers. */
interface Subtree {
  readonly root: Digest;
  readonly ways: readonly Way[];
}

interface Way {
  readonly index: number;
  readonly hashes: Digest[];
}

/**
 * A tree that only grows, and proves the leaves that are marked as they are added: one pass over a log of n records proves k
 * of them, with n node hashes and memory for k·log2(n) hashes. Which leaves it will be need not be known beforehand.
 */
export class ProvingTree {
  #size: number;
  /** Largest first, as in a {@link TreeFrontier}. */
  readonly #subtrees: Subtree[];

  /** @param before tree of the leaves that are there no more: later leaves need nothing else of it */
  constructor(before: TreeFrontier = new TreeFrontier()) {
    this.#size = before.size;
    this.#subtrees = before.roots.map((root) => ({ root, ways: [] }));
  }

  get size(): number {
    return this.#size;
  }

  /** @param isMarked whether a proof of the leaf is wanted */
  add(leaf: Digest, isMarked: boolean): void {
    let subtree: Subtree = { root: leaf, ways: isMarked ? [{ index: this.#size, hashes: [] }] : noWays };
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      subtree = join(this.#subtrees.pop()!, subtree);
    }
    this.#subtrees.push(subtree);
    this.#size++;
  }

  /** What holds for the leaves so far; more can be added after. */
  seal(): SealedTree {
    if (this.#size === 0) return { size: 0, root: new TreeFrontier().root(), proofs: new Map() };
    const copies: readonly Subtree[] = this.#subtrees.map(({ root, ways }) => ({
      root,
      ways: ways.map(({ index, hashes }) => ({ index, hashes: [...hashes] })),
    }));
    const { root, ways } = copies.reduceRight((right, left) => join(left, right));
    return { size: this.#size, root, proofs: new Map(ways.map(({ index, hashes }) => [index, hashes])) };
  }
}

const noWays: readonly Way[] = [];

/** Each side's root is the next hash on the other side's ways. */
function join(left: Subtree, right: Subtree): Subtree {
  for (const { hashes } of left.ways) hashes.push(right.root);
  for (const { hashes } of right.ways) hashes.push(left.root);
  const ways =
    right.ways.length === 0 ? left.ways : left.ways.length === 0 ? right.ways : [...left.ways, ...right.ways];
  return { root: nodeOf(left.root, right.root), ways };
}
