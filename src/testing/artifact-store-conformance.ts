import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Digest } from '../util/digest.js';
import { artifactCases } from './artifact-cases.js';
import type { ConformanceCase } from './conformance-case.js';

/** How the suite gets at an adapter. */
export interface ArtifactStoreHarness {
  /** A fresh, empty store. */
  readonly open: () => Promise<ArtifactStore>;
  /** Another handle on what `store`, from {@link open}, holds. Left out when the adapter is not persistent. */
  readonly reopen?: (store: ArtifactStore) => Promise<ArtifactStore>;
  /** Alters the stored bytes of an artifact behind the adapter's back. Left out where that cannot be done. */
  readonly corrupt?: (store: ArtifactStore, digest: Digest) => Promise<void>;
  /** Optional methods that the adapter has; the cases for others are skipped. */
  readonly has?: readonly 'deleteUnlessPutSince'[];
  /** Cleans up after a case; `store`, from {@link open}, is closed by then. */
  readonly dispose?: (store: ArtifactStore) => Promise<void>;
}

const reasons = {
  reopen: 'the harness has no reopen: the adapter is not persistent',
  corrupt: 'the harness has no corrupt: nothing can alter content behind the adapter’s back',
  deleteUnlessPutSince: 'the harness does not say that the adapter has the optional method deleteUnlessPutSince',
};

/** What every adapter for `ArtifactStore` has to do, as cases for any test runner. */
export function artifactStoreConformance(harness: ArtifactStoreHarness): readonly ConformanceCase[] {
  const absent = (): never => {
    throw new Error('a case that needs what the harness lacks must be skipped');
  };
  const access = {
    reopen: (store: ArtifactStore) => harness.reopen?.(store) ?? absent(),
    corrupt: (store: ArtifactStore, digest: Digest) => harness.corrupt?.(store, digest) ?? absent(),
  };
  return artifactCases.map(({ name, needs, run }) => {
    const bound = {
      name,
      async run(): Promise<void> {
        const store = await harness.open();
        try {
          await run(store, access);
        } finally {
          await store.close();
          await harness.dispose?.(store);
        }
      },
    };
    const isGiven =
      needs === undefined || (needs === 'deleteUnlessPutSince' ? harness.has?.includes(needs) : harness[needs]);
    return isGiven ? bound : { ...bound, skip: reasons[needs] };
  });
}
