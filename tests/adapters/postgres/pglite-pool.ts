import { PGlite, type Results } from '@electric-sql/pglite';
import type {
  PostgresPool,
  PostgresPoolClient,
  PostgresResult,
} from '../../../src/adapters/postgres/postgres-client.js';

/**
 * A pool over PGlite, which is PostgreSQL compiled to WebAssembly and has one session. Its clients share that session
 * and take turns with their transactions.
 */
export class PglitePool implements PostgresPool {
  #turn: Promise<void> = Promise.resolve();

  private constructor(readonly database: PGlite) {}

  static async create(): Promise<PglitePool> {
    const database = await PGlite.create();
    return new PglitePool(database);
  }

  async connect(): Promise<PostgresPoolClient> {
    let unsubscribe = (): void => undefined;
    let endTurn: (() => void) | undefined;
    const beginTurn = async (): Promise<void> => {
      const before = this.#turn;
      let end = (): void => undefined;
      this.#turn = new Promise((resolve) => (end = resolve));
      await before;
      endTurn = end;
    };
    return {
      query: async ({ text, values }) => {
        const isAlone = endTurn === undefined;
        if (isAlone) await beginTurn();
        try {
          if (values !== undefined) return toResult(await this.database.query(text, values));
          const results = (await this.database.exec(text)).map(toResult);
          return results.length === 1 ? results[0]! : results;
        } finally {
          if (/(commit|rollback)$/.test(text) || (isAlone && !/^(\/\*.*?\*\/ )?begin/.test(text))) {
            endTurn?.();
            endTurn = undefined;
          }
        }
      },
      on: (event: string, listener: (message: { channel: string; payload: string }) => void) => {
        if (event !== 'notification') return;
        unsubscribe = this.database.onNotification((channel, payload) => listener({ channel, payload }));
      },
      release: (destroy) => {
        endTurn?.();
        endTurn = undefined;
        if (destroy === true) unsubscribe();
      },
    };
  }

  end(): Promise<void> {
    return this.database.close();
  }
}

const toResult = ({ rows, fields }: Results): PostgresResult => ({ rows: rows, fields });
