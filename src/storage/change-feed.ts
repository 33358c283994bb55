import { MLOpsError } from '../errors.js';
import type { CheckedChange } from './checked-change.js';
import type { WatchListener, WatchOptions } from './storage.js';
import { tell, warnOf } from '../util/tell.js';
import { checkStorageName, invalid } from './storage-name.js';

/** Says in which collections something may have changed; `any` when that is not known. */
export type Publish = (collections: Iterable<string> | 'any') => void;

/**
 * Hears of commits made elsewhere and publishes them until the signal fires. The promise resolves once no later commit
 * can be missed. When it cannot tell what happened, it publishes `any`.
 */
export type ChangeSource = (publish: Publish, signal: AbortSignal) => Promise<void>;

/** Who watches a storage, for adapters: brings what is published to the listeners, merged. */
export class ChangeFeed {
  readonly #watchers = new Set<Watcher>();
  #listening: { readonly stop: AbortController; readonly started: Promise<void> } | undefined;

  /** @param source listened to while anybody watches; none where every commit is published by the adapter itself */
  constructor(private readonly source: ChangeSource = () => Promise.resolve()) {}

  /** What `Storage.watch` does. */
  async watch(collections: readonly string[], listener: WatchListener, options: WatchOptions = {}): Promise<void> {
    const { signal } = options;
    const watcher = new Watcher(checkCollections(collections), checkListener(listener));
    assertNotAborted(signal);
    const stop = (): void => this.#remove(watcher);
    watcher.onStop = () => signal?.removeEventListener('abort', stop);
    signal?.addEventListener('abort', stop, { once: true });
    this.#watchers.add(watcher);
    try {
      await this.#listen();
      assertNotAborted(signal);
    } catch (error) {
      this.#remove(watcher);
      throw error;
    }
  }

  readonly publish: Publish = (collections) => {
    if (this.#watchers.size === 0) return;
    const changed = collections === 'any' ? undefined : new Set(collections);
    for (const watcher of this.#watchers) watcher.notice(changed);
  };

  /** Ends every watch. */
  close(): void {
    for (const watcher of this.#watchers) this.#remove(watcher);
  }

  #listen(): Promise<void> {
    if (this.#listening !== undefined) return this.#listening.started;
    const stop = new AbortController();
    const listening = { stop, started: this.source(this.publish, stop.signal) };
    listening.started.catch(() => {
      if (this.#listening === listening) this.#listening = undefined; // the next watch tries again
    });
    this.#listening = listening;
    return listening.started;
  }

  #remove(watcher: Watcher): void {
    watcher.stop();
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    this.#listening?.stop.abort();
    this.#listening = undefined;
  }
}

/** The collections whose records a commit touches. */
export function* changedCollections(changes: readonly CheckedChange[]): Generator<string> {
  for (const change of changes) if (change.kind === 'put' || change.kind === 'delete') yield change.collection;
}

class Watcher {
  readonly #changed = new Set<string>();
  #isStopped = false;
  onStop: () => void = () => undefined;

  constructor(
    private readonly collections: readonly string[],
    private readonly listener: WatchListener,
  ) {}

  /** @param changed undefined when it is not known what changed */
  notice(changed: ReadonlySet<string> | undefined): void {
    const isUnderWay = this.#changed.size > 0;
    for (const collection of this.collections) {
      if (changed?.has(collection) ?? true) this.#changed.add(collection);
    }
    // Not at once: a listener must not run inside the commit it is told about.
    if (!isUnderWay && this.#changed.size > 0) setImmediate(() => this.#deliver());
  }

  stop(): void {
    this.#isStopped = true;
    this.onStop();
  }

  #deliver(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    if (this.#isStopped) return;
    tell(this.listener, [changed], warnOf('a listener of storage.watch'));
  }
}

function checkCollections(collections: unknown): readonly string[] {
  if (!Array.isArray(collections) || collections.length === 0) {
    throw invalid('watch takes an array of the names of collections, at least one');
  }
  return [...new Set(collections.map((name, i) => checkStorageName(name, `collections[${i}]`)))];
}

function checkListener(listener: unknown): WatchListener {
  if (typeof listener === 'function') return listener as WatchListener;
  throw invalid('watch takes a function that is called with the names of changed collections');
}

function assertNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw new MLOpsError('ABORTED', 'watching was aborted before it began', { cause: signal.reason });
  }
}
