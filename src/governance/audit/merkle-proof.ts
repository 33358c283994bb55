import type { Digest } from '../../util/digest.js';
import { nodeOf } from './merkle-tree.js';

/** A leaf, and the way from it to a root that is known. */
export interface InclusionClaim {
  readonly leaf: Digest;
  /** Position of the leaf, from 0. */
  readonly index: number;
  /** Leaves of the tree. */
  readonly size: number;
  readonly proof: readonly Digest[];
  readonly root: Digest;
}

/** Whether the leaf is in the tree, at that very place (RFC 9162, 2.1.3.2). */
export function verifyInclusion({ leaf, index, size, proof, root }: InclusionClaim): boolean {
  if (!(Number.isInteger(index) && index >= 0 && index < size)) return false;
  let [fn, sn, node] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      node = nodeOf(sibling, node);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else node = nodeOf(node, sibling);
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && node === root;
}

/** Two trees, of which the second is said to continue the first. */
export interface ConsistencyClaim {
  readonly first: { readonly size: number; readonly root: Digest };
  readonly second: { readonly size: number; readonly root: Digest };
  readonly proof: readonly Digest[];
}

/** Whether the second tree begins with the leaves of the first (RFC 9162, 2.1.4.2). */
export function verifyConsistency({ first, second, proof }: ConsistencyClaim): boolean {
  if (!(first.size >= 1 && first.size <= second.size)) return false;
  if (first.size === second.size) return proof.length === 0 && first.root === second.root;
  const path = isPowerOfTwo(first.size) ? [first.root, ...proof] : [...proof];
  let [fn, sn] = [first.size - 1, second.size - 1];
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  const start = path.shift();
  if (start === undefined) return false;
  let [fr, sr] = [start, start];
  for (const node of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      [fr, sr] = [nodeOf(node, fr), nodeOf(node, sr)];
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else sr = nodeOf(sr, node);
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && fr === first.root && sr === second.root;
}

const half = (count: number): number => Math.floor(count / 2);

function isPowerOfTwo(count: number): boolean {
  while (count % 2 === 0) count /= 2;
  return count === 1;
}
