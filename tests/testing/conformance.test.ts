import { describe, expect, it } from 'vitest';
import { MemoryArtifactStore } from '../../src/adapters/memory/memory-artifact-store.js';
import { MemoryStorage } from '../../src/adapters/memory/memory-storage.js';
import { type ConformanceCase, artifactStoreConformance, storageConformance } from '../../src/testing/index.js';
import { spoiledArtifactStores } from './spoiled-artifact-stores.js';
import { Delegate, spoiledStorages } from './spoiled-storages.js';

/** The first case that the adapter fails, undefined when it passes them all. */
async function firstFailure(cases: readonly ConformanceCase[]): Promise<string | undefined> {
  for (const { name, run, skip } of cases) {
    try {
      if (skip === undefined) await run();
    } catch {
      return name;
    }
  }
  return undefined;
}

describe('the storage suite', () => {
  it('passes a storage that conforms', async () => {
    expect(await firstFailure(storageConformance({ open: async () => new Delegate() }))).toBeUndefined();
  });

  it.each(spoiledStorages)('catches %o', async (Spoiled, caughtBy) => {
    expect(await firstFailure(storageConformance({ open: async () => new Spoiled() }))).toBe(caughtBy);
  });

  it('has cases of distinct names, and a reason for each one that it skips', () => {
    const cases = storageConformance({ open: async () => new MemoryStorage() });
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    const skipped = cases.filter(({ skip }) => skip !== undefined);
    expect(skipped.length).toBeGreaterThan(0);
    for (const { skip } of skipped) expect(skip).toMatch(/not persistent|is optional|has no corrupt/);
  });
});

describe('the artifact suite', () => {
  it.each(spoiledArtifactStores)('catches %o', async (Spoiled, caughtBy) => {
    expect(await firstFailure(artifactStoreConformance({ open: async () => new Spoiled() }))).toBe(caughtBy);
  });

  it('names what the harness lacks for each case that it skips', () => {
    const cases = artifactStoreConformance({ open: async () => new MemoryArtifactStore() });
    const skipped = cases.flatMap(({ skip }) => skip ?? []);
    expect(skipped.some((skip) => skip.includes('no corrupt'))).toBe(true);
    expect(skipped.some((skip) => skip.includes('no reopen'))).toBe(true);
  });
});
