import type { Scope } from '../governance/access/scope.js';
import type { ControlPlane } from '../governance/control-plane.js';
import { modelsCollection } from '../registry/model-record.js';
import type { Storage } from '../storage/storage.js';
import { watchCollections } from '../storage/watch-collections.js';
import type { Clock } from '../util/clock.js';
import type { Background } from './background.js';
import type { LiveModels } from './live-models.js';
import type { LoadedModels } from './loaded-models.js';
import { type RouteState, readRouteState, readRouteStates } from './route-state.js';

/** What a process flushes is at most so old, milliseconds. */
const flushMs = 1_000;

/** How often other processes' changes are looked for where the storage cannot tell of them, or failed last, milliseconds. */
const pollMs = 250;

/** How often versions that could not be loaded are tried again, milliseconds. */
const reloadMs = 5_000;

/** How often predictions whose labels can count no more are deleted, milliseconds. */
const purgeMs = 600_000;

const following = 'following models';
const loading = 'loading models';

/** Keeps what one process knows and what the store knows the same: routing one way, outcomes the other. */
export class ModelFollower {
  readonly #closing = new AbortController();
  /** Models that are routed by a state whose versions could not be loaded, and the fence of that state. */
  readonly #unprepared = new Map<string, number>();
  #following: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(
    private readonly control: ControlPlane,
    private readonly clock: Clock,
    private readonly live: LiveModels,
    private readonly models: LoadedModels,
    private readonly background: Background,
  ) {}

  /** Takes over a model's state now, and follows it from then on. */
  async refresh(modelName: string): Promise<void> {
    const state = await this.control.access('canary.read', { model: modelName }, async (storage) => {
      await this.#follow(storage);
      return readRouteState(storage, modelName);
    });
    await this.#take(state);
  }

  /** Stores what this process has seen since the last time. */
  async flush(isClosing = false): Promise<void> {
    await this.storeOutcomes(isClosing);
    await this.#storePredictions();
  }

  /** What decisions are made from: goes on while predictions cannot be stored, such as without the keys of their subjects. */
  async storeOutcomes(isClosing = false): Promise<void> {
    if (!this.live.hasServed && !(await this.#mayServe())) return;
    const moved = await this.control.access('canary.record_outcomes', this.#served, async (storage) => {
      const moved: string[] = [];
      for (const live of this.live.deployments) {
        if (await live.flush(storage, this.clock.now(), isClosing)) moved.push(live.deployment.modelName);
      }
      return moved;
    });
    if (!isClosing) for (const modelName of moved) await this.refresh(modelName);
  }

  async #storePredictions(): Promise<void> {
    if (!this.live.log.isEmpty)
      await this.control.access('canary.record_outcomes', this.#served, (storage) => this.live.log.flush(storage));
  }

  /** Once, however often it is asked to: the storage may be closed by then. One that failed can be tried again. */
  close(): Promise<void> {
    this.#closed ??= this.#close().catch((error: unknown) => {
      this.#closed = undefined;
      throw error;
    });
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await this.background.close();
    if (this.live.modelNames.length > 0) await this.flush(true);
  }

  /** Who only decides, such as to halt, stores nothing, and need not be allowed to. */
  #mayServe(): Promise<boolean> {
    return this.control.authorize('canary.record_outcomes', this.#served).then(
      () => true,
      () => false,
    );
  }

  get #served(): Scope {
    return { models: this.live.modelNames };
  }

  /** Routes by a state at once, since it may be a halt; what is to be loaded for it follows. */
  async #take(state: RouteState): Promise<void> {
    this.live.apply(state, this.clock.now());
    this.#flushWhileOpen();
    try {
      await this.models.prepare(state);
      if (state.fence >= (this.#unprepared.get(state.modelName) ?? state.fence))
        this.#unprepared.delete(state.modelName);
    } catch (error) {
      this.#unprepared.set(state.modelName, state.fence);
      this.background.every(loading, reloadMs, () => this.#reload());
      throw error;
    }
  }

  /** Loads what could not be loaded when it was told of: nobody tells again. */
  async #reload(): Promise<void> {
    const names = [...this.#unprepared.keys()];
    const states = await this.control.access('canary.read', { models: names }, (storage) =>
      Promise.all(names.map((modelName) => readRouteState(storage, modelName))),
    );
    await Promise.all(states.map((state) => this.#take(state)));
    if (this.#unprepared.size === 0) this.background.cancel(loading);
  }

  /** Listens for changes of models, once; before the first state is read, so that nothing falls in between. */
  #follow(storage: Storage): Promise<void> {
    const look = async (): Promise<void> => {
      this.background.every(following, pollMs, look); // until it succeeds: nobody tells twice
      const states = await this.control.access('canary.read', this.#served, () =>
        readRouteStates(storage, this.live.fences),
      );
      this.background.cancel(following);
      await Promise.all(states.map((state) => this.#take(state)));
    };
    const listener = (): void => void this.background.run(following, look);
    const { signal } = this.#closing;
    this.#following ??= watchCollections(storage, [modelsCollection], listener, { signal, pollMs });
    return this.#following.catch((error: unknown) => {
      this.#following = undefined; // the next one tries again
      throw error;
    });
  }

  #flushWhileOpen(): void {
    if (!this.live.hasUnstored) {
      this.background.cancel('storing outcomes');
      this.background.cancel('storing predictions');
      this.background.cancel('deleting old predictions');
      return;
    }
    this.background.every('storing outcomes', flushMs, () => this.storeOutcomes());
    // By themselves: those about subjects nobody has met before take longer.
    this.background.every('storing predictions', flushMs, () => this.#storePredictions());
    this.background.every('deleting old predictions', purgeMs, () =>
      this.control.access('canary.record_outcomes', this.#served, async (storage) => {
        await this.live.log.purge(storage, this.clock.now());
      }),
    );
  }
}
