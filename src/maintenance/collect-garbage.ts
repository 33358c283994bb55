import type { MLOpsConfig } from '../config/mlops-config.js';
import { MLOpsError } from '../errors.js';
import { ControlPlane } from '../governance/control-plane.js';
import { type ContextOptions, contextOptionNames, createContext } from '../runtime/context.js';
import type { ArtifactRef, ArtifactStore } from '../storage/artifact-store.js';
import type { Storage } from '../storage/storage.js';
import { checkOptions, refuse } from '../util/check.js';
import { toIso } from '../util/clock.js';
import { digestJson } from '../util/digest.js';
import { type WorkOptions, assertNotAborted } from './store-directories.js';

export interface CollectGarbageOptions extends ContextOptions, WorkOptions {
  /** Only say what would be removed. */
  readonly dryRun?: boolean;
}

/** What {@link collectGarbage} deleted, or would delete. */
export interface GarbageResult {
  /** Artifacts that nothing stored refers to, and that nobody put since `putBefore`; removed unless it was a dry run. */
  readonly removed: readonly ArtifactRef[];
  /** Bytes of those. */
  readonly bytes: number;
  /** Artifacts that stay. */
  readonly kept: number;
  /** ISO 8601; what was put later stays, as somebody may be about to refer to it. */
  readonly putBefore: string;
}

const optionNames = [...contextOptionNames, 'signal', 'onProgress', 'dryRun'];

/** Promises what src/on-demand.ts says. */
export async function collectGarbage(config: MLOpsConfig, options: CollectGarbageOptions = {}): Promise<GarbageResult> {
  checkOptions(options, optionNames, 'collectGarbage');
  const { signal, onProgress = () => undefined, dryRun = false, ...given } = options;
  if (typeof dryRun !== 'boolean') refuse('dryRun must be true or false');
  const context = createContext(config, given);
  const control = new ControlPlane(context);
  const since = context.clock.now() - config.policy.retention.unreferencedArtifactsHours * 3_600_000;
  const find = async (storage: Storage, artifacts: ArtifactStore): Promise<Found> => {
    const found = await findGarbage(storage, artifacts, since, signal);
    onProgress(dryRun ? 1 : 0.5, 'looked for garbage');
    return found;
  };
  try {
    if (dryRun)
      return await control.access('storage.read', 'store', async (...stores) => result(await find(...stores), since));
    // The record comes first: a process that dies while it removes has said what it was about to remove.
    const found = await control.change(
      'storage.collect_garbage',
      { resource: { type: 'artifacts', id: 'store' }, scope: 'store' },
      async (storage, artifacts) => {
        const planned = await find(storage, artifacts);
        const { removed, bytes } = result(planned, since);
        const digests = removed.map(({ digest }) => digest);
        const detail = { artifacts: removed.length, bytes, putBefore: toIso(since), digests: digestJson(digests) };
        return { changes: [], result: planned, detail };
      },
    );
    const removed: ArtifactRef[] = [];
    const artifacts = await context.stores.artifacts();
    for (const [i, ref] of found.garbage.entries()) {
      assertNotAborted(signal);
      if (await artifacts.deleteUnlessPutSince!(ref.digest, since)) removed.push(ref);
      onProgress(0.5 + (0.5 * (i + 1)) / found.garbage.length, 'removed');
    }
    return result({ garbage: removed, total: found.total }, since);
  } finally {
    await context.stores.release();
  }
}

interface Found {
  readonly garbage: readonly ArtifactRef[];
  readonly total: number;
}

/** What is stored is listed before what is named is read: content put in between is too new to count. */
async function findGarbage(
  storage: Storage,
  artifacts: ArtifactStore,
  since: number,
  signal: AbortSignal | undefined,
): Promise<Found> {
  if (storage.namedDigests === undefined || artifacts.deleteUnlessPutSince === undefined) {
    const { name } = (storage.namedDigests === undefined ? storage : artifacts).capabilities;
    throw new MLOpsError(
      'UNSUPPORTED',
      `${name} cannot tell what is garbage: its adapter has no ${storage.namedDigests === undefined ? 'namedDigests' : 'deleteUnlessPutSince'}`,
    );
  }
  const stored: ArtifactRef[] = [];
  for await (const ref of artifacts.list()) {
    assertNotAborted(signal);
    stored.push(ref);
  }
  const named = await storage.namedDigests();
  const garbage: ArtifactRef[] = [];
  for (const ref of stored) {
    if (named.has(ref.digest)) continue;
    if (await artifacts.deleteUnlessPutSince(ref.digest, since, { dryRun: true })) garbage.push(ref);
  }
  return { garbage: garbage.sort((a, b) => (a.digest < b.digest ? -1 : 1)), total: stored.length };
}

const result = ({ garbage, total }: Found, since: number): GarbageResult => ({
  removed: garbage,
  bytes: garbage.reduce((sum, { size }) => sum + size, 0),
  kept: total - garbage.length,
  putBefore: toIso(since),
});
