import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyInclusion } from '../../../src/governance/audit/merkle-proof.js';
import {
  TreeFrontier,
  emptyRoot,
  inclusionProof,
  leafOf,
  treeRoot,
} from '../../../src/governance/audit/merkle-tree.js';
import { ProvingTree } from '../../../src/governance/audit/proving-tree.js';

const leaves = Array.from({ length: 300 }, (_, i) => leafOf(Buffer.from(String(i))));

describe('a tree that proves the leaves which were marked', () => {
  it('has the root and the proofs that are made with all leaves at hand', () => {
    const marks = fc.array(fc.boolean(), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(marks, (marked) => {
        const tree = new ProvingTree();
        marked.forEach((isMarked, i) => tree.add(leaves[i]!, isMarked));
        const all = leaves.slice(0, marked.length);
        const { size, root, proofs } = tree.seal();
        expect({ size, root }).toEqual({ size: marked.length, root: treeRoot(all) });
        expect([...proofs.keys()]).toEqual(marked.flatMap((isMarked, i) => (isMarked ? [i] : [])));
        for (const [index, proof] of proofs) {
          expect(proof).toEqual(inclusionProof(all, index));
          expect(verifyInclusion({ leaf: all[index]!, index, size, proof, root })).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('goes on from a tree whose leaves are gone, with the same proofs', () => {
    const sizes = fc.tuple(fc.nat(150), fc.integer({ min: 1, max: 150 }));
    fc.assert(
      fc.property(sizes, ([gone, left]) => {
        const before = new TreeFrontier();
        for (const leaf of leaves.slice(0, gone)) before.add(leaf);
        const tree = new ProvingTree(before);
        expect(tree.size).toBe(gone);
        const all = leaves.slice(0, gone + left);
        for (const leaf of all.slice(gone)) tree.add(leaf, true);
        const { root, proofs } = tree.seal();
        expect(root).toEqual(treeRoot(all));
        expect(proofs.size).toBe(left);
        for (const [index, proof] of proofs) expect(proof).toEqual(inclusionProof(all, index));
      }),
      { numRuns: 50 },
    );
  });

  it('is sealed as it was, whatever is added after', () => {
    const tree = new ProvingTree();
    expect(tree.seal()).toEqual({ size: 0, root: emptyRoot, proofs: new Map() });
    for (const leaf of leaves.slice(0, 7)) tree.add(leaf, true);
    const seven = tree.seal();
    for (const leaf of leaves.slice(7, 20)) tree.add(leaf, true);
    expect(seven.proofs.get(5)).toEqual(inclusionProof(leaves.slice(0, 7), 5));
    expect(tree.seal().proofs.get(5)).toEqual(inclusionProof(leaves.slice(0, 20), 5));
  });
});
