import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../src/util/digest.js';
import { verifyConsistency, verifyInclusion } from '../../../src/governance/audit/merkle-proof.js';
import {
  TreeFrontier,
  consistencyProof,
  emptyRoot,
  inclusionProof,
  leafOf,
  nodeOf,
  treeRoot,
} from '../../../src/governance/audit/merkle-tree.js';

interface Reference {
  readonly inputs: readonly string[];
  readonly roots: readonly string[];
  readonly inclusion: readonly { readonly index: number; readonly size: number; readonly proof: readonly string[] }[];
  readonly consistency: readonly {
    readonly first: number;
    readonly second: number;
    readonly proof: readonly string[];
  }[];
}

const reference = JSON.parse(readFileSync('tests/reference/merkle.json', 'utf8')) as Reference;
const leaves = reference.inputs.map((input) => leafOf(Buffer.from(input, 'hex')));
const root = (size: number): Digest => `sha256:${reference.roots[size]!}`;
const hex = (hashes: readonly Digest[]): readonly string[] => hashes.map((hash) => hash.slice('sha256:'.length));

describe('the Merkle tree', () => {
  it('has the roots of the reference, however many leaves there are', () => {
    const frontier = new TreeFrontier();
    expect(frontier.root()).toEqual(emptyRoot);
    reference.roots.forEach((expected, size) => {
      expect(treeRoot(leaves, 0, size)).toBe(`sha256:${expected}`);
      expect(frontier.root()).toBe(`sha256:${expected}`);
      if (size < leaves.length) frontier.add(leaves[size]!);
    });
  });

  it('goes on from a frontier that was kept', () => {
    const half = new TreeFrontier();
    for (const leaf of leaves.slice(0, 13)) half.add(leaf);
    const other = new TreeFrontier(half.size, half.roots);
    for (const leaf of leaves.slice(13)) other.add(leaf);
    expect(other.root()).toEqual(root(leaves.length));
    expect(() => new TreeFrontier(3, [leaves[0]!])).toThrow('perfect subtrees');
  });

  it('proves that a leaf is there, as the reference does', () => {
    for (const { index, size, proof } of reference.inclusion) {
      const made = inclusionProof(leaves.slice(0, size), index);
      expect(hex(made)).toEqual(proof);
      const claim = { leaf: leaves[index]!, index, size, proof: made, root: root(size) };
      expect(verifyInclusion(claim)).toBe(true);
      expect(verifyInclusion({ ...claim, index: index + 1 })).toBe(false);
      expect(verifyInclusion({ ...claim, leaf: leafOf(Buffer.from('another')) })).toBe(false);
      expect(verifyInclusion({ ...claim, proof: [...made, leaves[0]!] })).toBe(false);
      if (made.length > 0) expect(verifyInclusion({ ...claim, proof: made.slice(1) })).toBe(false);
    }
  });

  it('proves that a tree continues another, as the reference does', () => {
    for (const { first, second, proof } of reference.consistency) {
      const made = consistencyProof(leaves.slice(0, second), first);
      expect(hex(made)).toEqual(proof);
      const claim = { first: { size: first, root: root(first) }, second: { size: second, root: root(second) } };
      expect(verifyConsistency({ ...claim, proof: made })).toBe(true);
      expect(verifyConsistency({ ...claim, first: { size: first, root: emptyRoot }, proof: made })).toBe(false);
      expect(verifyConsistency({ ...claim, second: { size: second, root: emptyRoot }, proof: made })).toBe(false);
      if (made.length > 0) expect(verifyConsistency({ ...claim, proof: made.slice(0, -1) })).toBe(false);
      expect(verifyConsistency({ ...claim, proof: [...made, leaves[0]!] })).toBe(false);
    }
  });

  it('cannot be given a node for a leaf: the prefixes differ', () => {
    const node = nodeOf(leaves[0]!, leaves[1]!);
    const forged = Buffer.from(hex(leaves.slice(0, 2)).join(''), 'hex');
    expect(leafOf(forged)).not.toBe(node);
    const claim = { leaf: leafOf(forged), index: 0, size: 2, proof: [nodeOf(leaves[2]!, leaves[3]!)], root: root(4) };
    expect(verifyInclusion(claim)).toBe(false);
    expect(verifyInclusion({ ...claim, leaf: node, size: 4 })).toBe(false);
  });

  it('refuses leaves and sizes that there are not', () => {
    expect(() => inclusionProof(leaves, leaves.length)).toThrow('there is no leaf 33 in a tree of 33');
    expect(() => consistencyProof(leaves, 0)).toThrow('continues trees of 1 to 33, not of 0');
  });

  it('proves every leaf and every prefix of trees of any size', () => {
    const sizes = fc.integer({ min: 1, max: 300 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)));
    fc.assert(
      fc.property(sizes, ([size, index]) => {
        const many = Array.from({ length: size }, (_, i) => leafOf(Buffer.from(String(i))));
        const whole = treeRoot(many);
        const claim = { leaf: many[index]!, index, size, proof: inclusionProof(many, index), root: whole };
        const first = { size: index + 1, root: treeRoot(many, 0, index + 1) };
        const proof = consistencyProof(many, index + 1);
        return verifyInclusion(claim) && verifyConsistency({ first, second: { size, root: whole }, proof });
      }),
      { numRuns: 100 },
    );
  });
});

describe('a proof that is none', () => {
  it('is of a leaf before the first, or behind the last', () => {
    const claim = { leaf: leaves[0]!, size: 2, proof: [leaves[1]!], root: root(2) };
    expect(verifyInclusion({ ...claim, index: 0 })).toBe(true);
    for (const index of [-1, 0.5, 1, 2, NaN]) expect(verifyInclusion({ ...claim, index }), String(index)).toBe(false);
    for (const index of [-1, 0.5, NaN])
      expect(() => inclusionProof(leaves, index)).toThrow(`there is no leaf ${index}`);
  });

  it('is of a tree of no leaves, of fewer than before, or of more than it leads to', () => {
    const tree = (size: number) => ({ size, root: root(size) });
    const made = consistencyProof(leaves.slice(0, 2), 1);
    expect(verifyConsistency({ first: tree(1), second: tree(2), proof: made })).toBe(true);
    expect(verifyConsistency({ first: tree(1), second: { size: 100, root: root(2) }, proof: made })).toBe(false);
    expect(verifyConsistency({ first: { size: 0, root: emptyRoot }, second: tree(2), proof: [root(2)] })).toBe(false);
    expect(verifyConsistency({ first: { size: 2, root: root(1) }, second: tree(1), proof: [] })).toBe(false);
    expect(verifyConsistency({ first: tree(5), second: tree(5), proof: [] })).toBe(true);
    expect(verifyConsistency({ first: tree(5), second: tree(5), proof: [leaves[0]!] })).toBe(false);
    expect(verifyConsistency({ first: tree(5), second: { size: 5, root: root(6) }, proof: [] })).toBe(false);
    expect(verifyConsistency({ first: tree(3), second: tree(4), proof: [] })).toBe(false);
    expect(() => consistencyProof(leaves, leaves.length + 1)).toThrow('not of 34');
    expect(() => consistencyProof(leaves, 1.5)).toThrow('not of 1.5');
    expect(consistencyProof(leaves, leaves.length)).toEqual([]);
  });

  it('cannot be made of a leaf that hashes as its entry', () => {
    const entry = Buffer.from('entry');
    const expected = createHash('sha256')
      .update(Buffer.concat([Buffer.of(0), entry]))
      .digest();
    const leaf = leafOf(entry);
    expect(leaf).toBe(`sha256:${expected.toString('hex')}`);
    const node = createHash('sha256')
      .update(Buffer.concat([Buffer.of(1), expected, expected]))
      .digest();
    expect(nodeOf(leaf, leaf)).toBe(`sha256:${node.toString('hex')}`);
  });

  it('is made of what is no digest', () => {
    const cut = leaves[0]!.slice(0, -2) as Digest;
    for (const none of [cut, 'sha256:', `${cut}xy`] as Digest[]) {
      expect(() => nodeOf(none, leaves[1]!)).toThrow(TypeError);
      expect(() => nodeOf(leaves[1]!, none)).toThrow(TypeError);
    }
  });
});
