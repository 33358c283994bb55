import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BinnedFeature } from '../../../src/models/binned/bin-table.js';
import { BoostingMemory } from '../../../src/models/binned/boosting-memory.js';
import { Histograms } from '../../../src/models/binned/histograms.js';
import { layOut } from '../../../src/models/binned/memory-layout.js';
import { partitionRows } from '../../../src/models/binned/partition-rows.js';
import { createRandom, randomInt } from '../../../src/util/random.js';

const rowCount = 300;

/** Memory filled with derivatives and bins; the rows are a sample in rising order. */
function filled(seed: number, width: number, hasHessians: boolean) {
  const random = createRandom(`kernel/${seed}`);
  const features = Array.from({ length: width }, (): BinnedFeature => {
    const binCount = 1 + randomInt(random, 255);
    const bins = Uint8Array.from({ length: rowCount }, () => randomInt(random, binCount + 1));
    return { bins, binCount, isSet: false, thresholdAfter: (bin) => bin };
  });
  const memory = new BoostingMemory(features, rowCount, 2, hasHessians);
  memory.gradients.forEach((_, row) => (memory.gradients[row] = random.next() - 0.5));
  memory.hessians.forEach((_, row) => (memory.hessians[row] = random.next()));
  const sample = Array.from({ length: rowCount }, (_, row) => row).filter(() => random.next() < 0.7);
  memory.rows.set(sample);
  return { features, memory, sample };
}

const cases = fc.record({ seed: fc.nat(), width: fc.integer({ min: 1, max: 9 }), hasHessians: fc.boolean() });

/** Sums over rows, one after the other. */
const sumOf = (rows: readonly number[], value: (row: number) => number): number =>
  rows.reduce((sum, row) => sum + value(row), 0);

describe('the kernel of boosting', () => {
  it('sums to the bit what a plain loop sums', () => {
    fc.assert(
      fc.property(cases, ({ seed, width, hasHessians }) => {
        const { features, memory, sample } = filled(seed, width, hasHessians);
        const histograms = new Histograms(memory);
        const used = Int32Array.from({ length: width }, (_, feature) => feature);
        histograms.build(0, 0, sample.length, used);
        const half = sample.length >> 1;
        histograms.build(1, 0, half, used);
        features.forEach(({ bins, binCount }, feature) => {
          for (let bin = 0; bin <= binCount; bin++) {
            const rows = sample.filter((row) => bins[row] === bin);
            expect(histograms.gradient(0, feature, bin)).toBe(sumOf(rows, (row) => memory.gradients[row]!));
            expect(histograms.count(0, feature, bin)).toBe(rows.length);
            expect(histograms.hessian(0, feature, bin)).toBe(
              hasHessians ? sumOf(rows, (row) => memory.hessians[row]!) : rows.length,
            );
          }
        });
        const [all, some] = [0, 1].map((slot) => histograms.gradient(slot, 0, 0));
        histograms.subtract(0, 1);
        expect(histograms.gradient(0, 0, 0)).toBe(all! - some!);
        expect(histograms.count(0, 0, 0)).toBe(sample.slice(half).filter((row) => features[0]!.bins[row] === 0).length);
      }),
      { numRuns: 20 },
    );
  });

  it('parts rows as the plain loop does', () => {
    fc.assert(
      fc.property(cases, ({ seed, width, hasHessians }) => {
        const { features, memory, sample } = filled(seed, width, hasHessians);
        const { bins } = features[width - 1]!;
        memory.isLeft.forEach((_, bin) => (memory.isLeft[bin] = (bin * 7 + seed) & 1));
        const rows = Int32Array.from(sample);
        const expected = partitionRows(rows, 0, rows.length, bins, memory.isLeft, new Int32Array(rows.length));
        const { kernel } = memory;
        const [from, isLeft, spare] = [memory.rowsAddress(0), memory.isLeft.byteOffset, memory.spare.byteOffset];
        const found = kernel.partition(from, rows.length, memory.binsAddress(width - 1), isLeft, spare);
        expect(found).toBe(expected);
        expect(memory.rows.subarray(0, rows.length)).toEqual(rows);
      }),
      { numRuns: 50 },
    );
  });

  it('stops at the cuts that lower the loss by more than the best so far, as the formula says', () => {
    fc.assert(
      fc.property(
        cases,
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        ({ seed, hasHessians }, minSamplesLeaf, l2, gain) => {
          const { features, memory, sample } = filled(seed, 1, hasHessians);
          const histograms = new Histograms(memory);
          histograms.build(0, 0, sample.length, Int32Array.of(0));
          const { bins, binCount } = features[0]!;
          const hessianOf = (row: number): number => (hasHessians ? memory.hessians[row]! : 1);
          const totals = [sumOf(sample, (row) => memory.gradients[row]!), sumOf(sample, hessianOf)] as const;
          const fall = (gradient: number, hessian: number): number => (gradient * gradient) / (hessian + l2);
          const before = fall(...totals);
          const expected = Array.from({ length: binCount }, (_, bin) => bin).filter((bin) => {
            const left = sample.filter((row) => bins[row]! <= bin);
            if (!left.some((row) => bins[row] === bin)) return false;
            if (left.length < minSamplesLeaf || sample.length - left.length < minSamplesLeaf) return false;
            const [gradient, hessian] = [sumOf(left, (row) => memory.gradients[row]!), sumOf(left, hessianOf)];
            return fall(gradient, hessian) + fall(totals[0] - gradient, totals[1] - hessian) - before > gain;
          });
          const found: number[] = [];
          memory.sums.fill(0);
          for (let bin = 0; bin < binCount; bin++) {
            bin = memory.kernel.nextCut(
              memory.cellAddress(0, 0),
              histograms.countAt,
              bin,
              binCount,
              memory.sums.byteOffset,
              ...totals,
              sample.length,
              minSamplesLeaf,
              l2,
              before,
              gain,
            );
            if (bin < binCount) found.push(bin);
          }
          expect(found).toEqual(expected);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses more than WebAssembly can address before anything is allocated', () => {
    expect(() => layOut({ rows: [Float64Array, 2 ** 29] })).toThrow(
      /4\.0 GB at once, and 4 GB are the most: take fewer/,
    );
  });
});
