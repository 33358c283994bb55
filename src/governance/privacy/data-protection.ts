import type { MLOpsConfig } from '../../config/mlops-config.js';
import { type Table, type TableInput, toTable } from '../../data/table.js';
import type { ColumnRule } from '../../privacy/column-rule.js';
import { protectTable } from '../../privacy/protect-table.js';
import { type Context, type ContextOptions, createContext } from '../../runtime/context.js';
import { ControlPlane } from '../control-plane.js';

/** Replaces what identifies people and firms, before data goes anywhere else. */
export class DataProtection {
  readonly #context: Context;
  readonly #control: ControlPlane;

  constructor(config: MLOpsConfig, options: ContextOptions = {}) {
    this.#context = createContext(config, options);
    this.#control = new ControlPlane(this.#context);
  }

  /**
   * The data with every column that has a rule replaced or left out; the others as they are. Pseudonyms are made with the
   * `pseudonym` key of the store: the same value has the same pseudonym until the key is rotated.
   *
   * @example
   * const safe = await protection.protect(rows, { isin: { action: 'pseudonymize' }, name: { action: 'drop' } });
   * @throws MLOpsError `INVALID_INPUT`, `KEY_UNAVAILABLE`
   */
  async protect(data: TableInput, rules: Readonly<Record<string, ColumnRule>>): Promise<Table> {
    return this.#control.access('privacy.protect', 'store', async () =>
      protectTable(toTable(data), rules, await (await this.#context.keys()).pseudonymKey()),
    );
  }

  async close(): Promise<void> {
    await this.#context.stores.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
