import type { Storage } from '../storage/storage.js';
import type { ConformanceCase } from './conformance-case.js';
import { commitCases } from './storage-cases/commit-cases.js';
import { dumpCases } from './storage-cases/dump-cases.js';
import { lifecycleCases } from './storage-cases/lifecycle-cases.js';
import { pageCases } from './storage-cases/page-cases.js';
import { queryCases } from './storage-cases/query-cases.js';
import { randomCases } from './storage-cases/random-cases.js';
import type { OptionalCapability, StorageCase } from './storage-cases/storage-case.js';
import { streamCases } from './storage-cases/stream-cases.js';
import { valueCases } from './storage-cases/value-cases.js';
import { watchCases } from './storage-cases/watch-cases.js';

/** How the suite gets at an adapter. */
export interface StorageHarness {
  /** A fresh, empty storage. */
  readonly open: () => Promise<Storage>;
  /**
   * Another handle on what `storage`, from {@link open}, holds; `storage` may be open or closed. Left out when the
   * adapter is not persistent.
   */
  readonly reopen?: (storage: Storage) => Promise<Storage>;
  /**
   * Alters the stored form of every value behind the adapter's back, so that it cannot be read any more. Left out where
   * that cannot be done.
   */
  readonly corrupt?: (storage: Storage) => Promise<void>;
  /** The optional methods that the adapter has. */
  readonly has?: readonly OptionalCapability[];
  /** Cleans up after a case; `storage`, from {@link open}, is closed by then. */
  readonly dispose?: (storage: Storage) => Promise<void>;
}

/**
 * What every adapter for `Storage` has to do, as cases for any test runner.
 *
 * ```ts
 * for (const { name, run, skip } of storageConformance({ open: async () => new MemoryStorage() })) {
 *   test(name, { skip }, run);
 * }
 * ```
 */
export function storageConformance(harness: StorageHarness): readonly ConformanceCase[] {
  const all = [
    ...commitCases,
    ...valueCases,
    ...queryCases,
    ...pageCases,
    ...streamCases,
    ...lifecycleCases,
    ...randomCases,
    ...watchCases,
    ...dumpCases,
  ];
  return [...all.map((one) => toConformanceCase(one, harness)), capabilityCase(harness)];
}

function toConformanceCase(check: StorageCase, harness: StorageHarness): ConformanceCase {
  const { name, needsReopen, needsCorrupt, needs } = check;
  const { reopen, corrupt } = harness;
  const bound = {
    name,
    async run(): Promise<void> {
      const storage = await harness.open();
      try {
        await check.run(storage, {
          reopen: () => (reopen === undefined ? harness.open() : reopen(storage)),
          corrupt: async () => corrupt?.(storage),
        });
      } finally {
        await storage.close();
        await harness.dispose?.(storage);
      }
    },
  };
  if (needs !== undefined && harness.has?.includes(needs) !== true) {
    return { ...bound, skip: `the adapter has no ${needs}, which is optional` };
  }
  if (needsCorrupt === true && corrupt === undefined) {
    return { ...bound, skip: 'the harness has no corrupt: nothing can alter values behind the adapter’s back' };
  }
  if (needsReopen !== true || reopen !== undefined) return bound;
  return { ...bound, skip: 'the harness has no reopen: the adapter is not persistent' };
}

const optionalCapabilities: readonly OptionalCapability[] = ['watch', 'dump'];

/** Keeps an adapter from passing by leaving out of the harness what it claims to be able to do. */
function capabilityCase(harness: StorageHarness): ConformanceCase {
  const check: StorageCase = {
    name: 'the harness can reopen what the adapter calls persistent, and names the optional methods it has',
    async run(storage) {
      if (storage.capabilities.persistent !== (harness.reopen !== undefined)) {
        throw new Error('capabilities.persistent and the harness disagree: give the harness reopen, or take it away');
      }
      for (const method of optionalCapabilities) {
        if ((storage[method] !== undefined) !== (harness.has?.includes(method) ?? false)) {
          throw new Error(`the storage and the harness disagree about ${method}: name it in has, or leave it out`);
        }
      }
    },
  };
  return toConformanceCase(check, harness);
}
