import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LatencyCounter,
  latencyBucket,
  latencyBucketCount,
  latencyBucketStart,
} from '../../../src/canary/evidence/latency-buckets.js';
import { bucketOf, latencyEdges } from './recount.js';

describe('latency buckets', () => {
  it('begin at the eighths of each octave from a microsecond on, and hold what begins there', () => {
    expect(latencyBucketCount).toBe(latencyEdges.length);
    latencyEdges.forEach((edge, bucket) => {
      expect(latencyBucketStart(bucket)).toBe(edge);
      expect(latencyBucket(edge)).toBe(bucket);
      expect(latencyBucket(edge * (1 - 2 ** -52))).toBe(Math.max(bucket - 1, 0));
    });
    expect(latencyBucketStart(latencyBucketCount)).toBe(2 ** 24);
  });

  it('take what is shorter or longer at their ends', () => {
    expect([0, -0, Number.MIN_VALUE, 2 ** -11].map(latencyBucket)).toEqual([0, 0, 0, 0]);
    expect([2 ** 24, 1e12, Number.MAX_VALUE].map(latencyBucket)).toEqual(Array(3).fill(latencyBucketCount - 1));
  });

  it('are counted since the last time, those without any left out', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e8, noNaN: true })), (latencies) => {
        const counter = new LatencyCounter();
        for (const latency of latencies) counter.add(latency);
        const counts = latencyEdges.map((_, bucket) => [
          bucket,
          latencies.filter((ms) => bucketOf(ms) === bucket).length,
        ]);
        expect(counter.take()).toEqual(counts.filter(([, count]) => count! > 0));
        expect(counter.take()).toEqual([]);
      }),
    );
  });
});
