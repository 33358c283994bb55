import { describe, expect, it } from 'vitest';
import type { PairTable } from '../../../src/canary/evidence/deployment-statistics.js';
import { mergePairTables } from '../../../src/canary/evidence/merge-statistics.js';
import { PairTableCollector } from '../../../src/canary/evidence/pair-table-collector.js';

/** The table of so many pairs. */
function table(pairs: number): PairTable {
  const collector = new PairTableCollector(1, 'regression');
  for (let i = 0; i < pairs; i++) collector.addRequest(i, false, false, false, false);
  return collector.take();
}

describe('pairs by key', () => {
  const { keys: _, ...ofOlderVersion } = table(3);

  it('are not told where a part of the pairs was stored without keys', () => {
    for (const other of [table(2), ofOlderVersion]) {
      for (const merged of [mergePairTables(ofOlderVersion, other), mergePairTables(other, ofOlderVersion)]) {
        expect(merged.requests).toBe(3 + other.requests);
        expect(merged).not.toHaveProperty('keys');
      }
    }
  });

  it('are told where there are none on one side', () => {
    expect(table(0)).not.toHaveProperty('keys');
    for (const merged of [mergePairTables(table(0), table(2)), mergePairTables(table(2), table(0))])
      expect(merged).toEqual(table(2));
    expect(mergePairTables(table(1), table(2)).keys?.canary.requests).toEqual([3]);
  });
});
