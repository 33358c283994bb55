import type { Row } from '../data/table.js';
import type { Model } from '../models/contract.js';
import type { DataBoundary } from '../runtime/protection.js';
import type { RouteState } from './route-state.js';

/** A version and its model. */
export interface LoadedModel {
  readonly version: string;
  readonly model: Model;
}

/** Models in memory, verified, for the versions that may have to answer: nothing is loaded while a request waits. */
export class LoadedModels {
  readonly #models = new Map<
    string,
    { readonly fence: number; readonly production: LoadedModel | undefined; readonly all: LoadedModel[] }
  >();
  readonly #wanted = new Set<string>();

  /** Replaces sensitive columns of a record, as those of the training data were. Known before any model is. */
  protect: (row: Row) => Row = (row) => row;

  constructor(
    private readonly load: (modelName: string, version: string) => Promise<Model>,
    private readonly boundary: Pick<DataBoundary, 'row'>,
  ) {}

  /** From now on `prepare` loads this model's versions. */
  want(modelName: string): void {
    this.#wanted.add(modelName);
  }

  /**
   * Loads what a state may have to answer with, and then forgets the rest. What cannot be loaded leaves what was there:
   * the old production version goes on answering. What a later state has loaded meanwhile stays, too.
   *
   * @throws MLOpsError as the registry's `loadModel` does
   */
  async prepare({ modelName, fence, production, deployment }: RouteState): Promise<void> {
    if (!this.#wanted.has(modelName)) return;
    this.protect = await this.boundary.row();
    const versions = [production, deployment?.value.candidateVersion].filter((version) => version !== undefined);
    const all = await Promise.all(
      versions.map(
        async (version) => this.find(modelName, version) ?? { version, model: await this.load(modelName, version) },
      ),
    );
    if (fence < (this.#models.get(modelName)?.fence ?? fence)) return;
    this.#models.set(modelName, { fence, production: all.find(({ version }) => version === production), all });
  }

  find(modelName: string, version: string | undefined): LoadedModel | undefined {
    return this.#models.get(modelName)?.all.find((loaded) => loaded.version === version);
  }

  /** The production version, or while a new one is being loaded the one before. */
  production(modelName: string): LoadedModel | undefined {
    return this.#models.get(modelName)?.production;
  }
}
