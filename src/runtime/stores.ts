import type { MLOpsConfig } from '../config/mlops-config.js';
import { MLOpsError } from '../errors.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Storage } from '../storage/storage.js';
import { assertNoUnfinishedMigration } from './unfinished-migration.js';

/** The two ports, opened on first use. */
export interface Stores {
  storage(): Promise<Storage>;
  artifacts(): Promise<ArtifactStore>;
  /** Gives up this holder's share; what was opened closes with the last one. */
  release(): Promise<void>;
}

/** Stores the caller opened and will close. */
export function givenStores(storage: Storage, artifacts: ArtifactStore): Stores {
  return {
    storage: () => Promise.resolve(storage),
    artifacts: () => Promise.resolve(artifacts),
    release: () => Promise.resolve(),
  };
}

const sharedByConfig = new WeakMap<MLOpsConfig, SharedStores>();

/** The stores a policy selects: one pair a config, shared by everything constructed from it. */
export function policyStores(config: MLOpsConfig): Stores {
  let shared = sharedByConfig.get(config);
  if (shared === undefined) {
    shared = new SharedStores(config, () => sharedByConfig.delete(config));
    sharedByConfig.set(config, shared);
  }
  return shared.share();
}

class SharedStores {
  #holders = 0;
  #storage: Promise<Storage> | undefined;
  #artifacts: Promise<ArtifactStore> | undefined;

  constructor(
    private readonly config: MLOpsConfig,
    private readonly onClosed: () => void,
  ) {}

  share(): Stores {
    this.#holders++;
    let released = false;
    const assertHeld = (): void => {
      if (released)
        throw new MLOpsError(
          'CLOSED',
          'this instance, or the registry that it works on, was closed: close a registry last, and construct new ones from the config to go on',
        );
    };
    return {
      storage: async () => {
        assertHeld();
        this.#storage ??= forgetIfFailed(openWholeStorage(this.config), () => (this.#storage = undefined));
        return this.#storage;
      },
      artifacts: async () => {
        assertHeld();
        this.#artifacts ??= forgetIfFailed(openArtifacts(this.config), () => (this.#artifacts = undefined));
        return this.#artifacts;
      },
      release: async () => {
        if (released) return;
        released = true;
        if (--this.#holders === 0) await this.#close();
      },
    };
  }

  async #close(): Promise<void> {
    this.onClosed();
    await (await this.#storage)?.close();
    await (await this.#artifacts)?.close();
  }
}

/** A failed opening (a full disk, say) is tried again at the next call instead of failing for good. */
function forgetIfFailed<T>(opening: Promise<T>, forget: () => void): Promise<T> {
  opening.catch(forget);
  return opening;
}

/**
 * Runs work on the stores a policy selects, opened for it and closed after; even on one that a migration was begun into
 * and did not finish.
 */
export async function withPolicyStores<T>(
  config: MLOpsConfig,
  work: (stores: { readonly storage: Storage; readonly artifacts: ArtifactStore }) => Promise<T>,
): Promise<T> {
  const storage = await openStorage(config);
  try {
    const artifacts = await openArtifacts(config);
    return await work({ storage, artifacts }).finally(() => artifacts.close());
  } finally {
    await storage.close();
  }
}

async function openWholeStorage(config: MLOpsConfig): Promise<Storage> {
  const storage = await openStorage(config);
  try {
    await assertNoUnfinishedMigration(storage);
    return storage;
  } catch (error) {
    await storage.close();
    throw error;
  }
}

async function openStorage(config: MLOpsConfig): Promise<Storage> {
  const { storage, dataStoragePath } = config.policy;
  switch (storage.kind) {
    case 'memory': {
      const { MemoryStorage } = await import('../adapters/memory/memory-storage.js');
      return new MemoryStorage();
    }
    case 'filesystem': {
      const { openFilesystemStorage } = await import('../adapters/filesystem/filesystem-storage.js');
      const directory = config.resolvePath(storage.path ?? dataStoragePath);
      const { assertNoUnfinishedRestore } = await import('./unfinished-restore.js');
      await assertNoUnfinishedRestore(directory);
      return openFilesystemStorage(directory, { durability: storage.durability });
    }
    case 'postgres': {
      const { openPostgresStorage } = await import('../adapters/postgres/postgres-storage.js');
      const { durability, schema } = storage;
      const { records } = config.storageUrls();
      return openPostgresStorage(records!, { durability, ...(schema !== null && { schema }) });
    }
  }
}

/** The files of the store that a policy selects. */
export async function openArtifacts(config: MLOpsConfig): Promise<ArtifactStore> {
  const { storage, tracking } = config.policy;
  if (storage.artifactsUrl !== null) {
    const { openS3Artifacts } = await import('../adapters/s3/s3-artifacts.js');
    return openS3Artifacts(config.storageUrls().files!);
  }
  if (storage.kind === 'memory') {
    const { MemoryArtifactStore } = await import('../adapters/memory/memory-artifact-store.js');
    return new MemoryArtifactStore();
  }
  const { openFilesystemArtifacts } = await import('../adapters/filesystem/filesystem-artifacts.js');
  return openFilesystemArtifacts(config.resolvePath(storage.artifactsPath ?? tracking.artifactStoragePath));
}
