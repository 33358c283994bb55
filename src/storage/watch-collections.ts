import { ChangeFeed } from './change-feed.js';
import { poll } from './poll.js';
import type { Storage, WatchListener, WatchOptions } from './storage.js';
import { invalid } from './storage-name.js';
import { checkOptions } from '../util/check.js';

/** Which collections {@link watchCollections} follows. */
export interface WatchCollectionsOptions extends WatchOptions {
  /** Where the adapter cannot watch, the listener is called this often, in milliseconds; 250 unless told. */
  readonly pollMs?: number;
}

/**
 * Watches collections of any storage, as `Storage.watch` describes. Where the adapter has no `watch`, the listener is
 * called every `pollMs`, whether something changed or not; end that with the signal, before the storage is closed.
 *
 * @throws MLOpsError `INVALID_INPUT`, `ABORTED`, `CLOSED`
 */
export async function watchCollections(
  storage: Storage,
  collections: readonly string[],
  listener: WatchListener,
  options: WatchCollectionsOptions = {},
): Promise<void> {
  checkOptions(options, ['signal', 'pollMs'], 'watchCollections');
  const { pollMs = 250 } = options;
  if (!Number.isFinite(pollMs) || pollMs < 1 || pollMs > 60_000) {
    throw invalid(`pollMs must be 1 to 60000 milliseconds, got ${pollMs}`);
  }
  if (storage.watch !== undefined) return storage.watch(collections, listener, options);
  const feed = new ChangeFeed(async (publish, signal) => poll(() => publish('any'), pollMs, signal));
  await feed.watch(collections, listener, options);
}
