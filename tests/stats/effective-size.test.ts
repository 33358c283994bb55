import { describe, expect, it } from 'vitest';
import { effectiveSize, equalClusters, uncertainty, varianceGrowth } from '../../src/stats/effective-size.js';
import { meanEstimate } from '../../src/stats/estimate.js';
import { createRandom } from '../../src/util/random.js';

/** `clusters` clusters of `size` rows; a row has its cluster's bin with probability `alike`, else one of its own. */
function draw(seed: number, clusters: number, size: number, alike: number) {
  const random = createRandom(seed);
  const bins = new Int32Array(clusters * size);
  const codes = new Int32Array(clusters * size);
  for (let c = 0; c < clusters; c++) {
    const own = Math.floor(random.next() * 5);
    for (let i = 0; i < size; i++) {
      codes[c * size + i] = c;
      bins[c * size + i] = random.next() < alike ? own : Math.floor(random.next() * 5);
    }
  }
  return { bins, clusters: { codes, count: clusters } };
}

describe.each(['each', 'cumulative'] as const)('the effective size of clustered rows, shares %s', (shares) => {
  it('is the number of rows where every row stands alone', () => {
    const { bins } = draw(1, 300, 1, 1);
    expect(effectiveSize(bins, 5, { codes: Int32Array.from(bins.keys()), count: 300 }, shares)).toBe(300);
  });

  it('is about the number of clusters where their rows are copies', () => {
    const { bins, clusters } = draw(2, 200, 10, 1);
    const size = effectiveSize(bins, 5, clusters, shares);
    // G/(G − 1) and (t/z)² with 199 degrees of freedom take 1.7% off
    expect(size).toBeLessThanOrEqual(200);
    expect(size).toBeGreaterThan(shares === 'each' ? 195 : 150);
  });

  it('is nearly the number of rows where clusters mean nothing, and never more', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { bins, clusters } = draw(seed, 400, 5, 0);
      const size = effectiveSize(bins, 5, clusters, shares);
      expect(size).toBeLessThanOrEqual(2000);
      expect(size).toBeGreaterThan(1500);
    }
  });

  it('meets the design effect 1 + (size − 1)·ρ of clusters that are alike by ρ', () => {
    const { bins, clusters } = draw(3, 3000, 10, Math.sqrt(0.3));
    const expected = 30_000 / (1 + 9 * 0.3);
    const size = effectiveSize(bins, 5, clusters, shares);
    expect(size / expected).toBeGreaterThan(0.9);
    expect(size / expected).toBeLessThan(1.05);
  });

  it('is 1 for one cluster, and small for few', () => {
    const { bins } = draw(4, 100, 1, 1);
    expect(effectiveSize(bins, 5, { codes: new Int32Array(100), count: 1 }, shares)).toBe(1);
    const three = draw(5, 3, 40, 1);
    expect(effectiveSize(three.bins, 5, three.clusters, shares)).toBeLessThan(3);
  });

  it('leaves missing rows out', () => {
    const { bins, clusters } = draw(6, 50, 4, 0.5);
    const codes = Int32Array.from([...clusters.codes, ...clusters.codes]);
    const padded = Int32Array.from([...bins, ...bins.map(() => -1)]);
    expect(effectiveSize(padded, 5, { codes, count: 50 }, shares)).toBe(effectiveSize(bins, 5, clusters, shares));
  });
});

describe('the growth of a variance by clusters', () => {
  const random = createRandom(7);
  const codes = Int32Array.from({ length: 240 }, (_, row) => Math.floor(row / 20));
  const effects = Array.from({ length: 12 }, () => random.next());
  const errors = Float64Array.from(codes, (code) => effects[code]! + random.next());

  it('is the ratio of the variances of a mean with clusters and without, times (t/z)²', () => {
    const [clustered, rows] = [meanEstimate(errors, codes).variance, meanEstimate(errors).variance];
    // The variance of rows has n − 1 degrees of freedom.
    const ratio = (clustered / rows) * (240 / 239);
    // scipy.stats.t.ppf(.975, 11) / scipy.stats.norm.ppf(.975)
    const width = 2.200985160082949 / 1.959963984540054;
    expect(varianceGrowth(errors, codes, codes)).toBeCloseTo(ratio * width ** 2, 7);
    expect(varianceGrowth(errors, codes, Int32Array.of(0, 1, 2))).toBe(varianceGrowth(errors, codes, codes));
  });

  it('grows with the clusters of the other sample, by the correlation of the first', () => {
    const one = (length: number): Int32Array => new Int32Array(length);
    const growth = (length: number): number => varianceGrowth(errors, codes, one(length));
    expect((growth(100) - growth(60)) / 40).toBeCloseTo((growth(60) - growth(40)) / 20, 10);
    expect(growth(100)).toBeGreaterThan(growth(40));
    // Nothing tells how alike rows of one cluster are where each has one: they count as one row.
    const alone = Int32Array.from(errors.keys());
    expect(varianceGrowth(errors, alone, one(50))).toBeCloseTo(50 * uncertainty(239), 8);
    expect(varianceGrowth(errors, alone, alone)).toBe(1);
    expect(varianceGrowth(new Float64Array(240), codes, codes)).toBeCloseTo(uncertainty(11), 12); // no errors at all
  });

  it('counts unequal clusters as fewer of one size', () => {
    expect(equalClusters(codes)).toBe(12);
    expect(equalClusters(Int32Array.of(3, 3, 3, 9))).toBe(1.6);
  });
});
