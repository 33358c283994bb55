import type { PostgresPoolClient } from './postgres-client.js';

/** Texts of the statements that the server works on; none where it cannot be reached, undefined where nobody knows. */
export type ListStatements = () => Promise<readonly string[] | undefined>;

/** An answer may be on its way while the server says that it has given it. */
const mostMisses = 2;

/**
 * A connection that is given up when its server has fallen silent. A host that vanished, or a firewall that forgot the
 * connection, sends nothing: TCP would wait for a quarter of an hour, and all writes of the process with it. So while a
 * statement is unanswered, the server is asked on another connection whether it still works on it: a long one may take
 * as long as it does.
 */
export class WatchedClient implements Pick<PostgresPoolClient, 'query'> {
  #isGivenUp = false;
  #giveUp: (error: Error) => void = () => undefined;
  readonly #givenUp: Promise<never>;

  /**
   * @param mark goes before the text of each statement, to be found by
   * @param everyMs how often to ask, in milliseconds
   */
  constructor(
    private readonly client: PostgresPoolClient,
    private readonly mark: string,
    private readonly working: ListStatements,
    private readonly everyMs: number,
  ) {
    this.#givenUp = new Promise((_, reject) => (this.#giveUp = reject));
    this.#givenUp.catch(() => undefined); // nobody may be waiting
  }

  async query(query: Parameters<PostgresPoolClient['query']>[0]): ReturnType<PostgresPoolClient['query']> {
    let timer: NodeJS.Timeout | undefined;
    let isAnswered = false;
    const look = async (misses: number): Promise<void> => {
      const isSilent = (await this.working())?.every((text) => !text.startsWith(this.mark)) === true;
      if (isAnswered) return;
      if (isSilent && misses + 1 === mostMisses) this.#drop();
      else lookLater(isSilent ? misses + 1 : 0);
    };
    const lookLater = (misses: number): void => {
      timer = setTimeout(() => void look(misses), this.everyMs).unref();
    };
    lookLater(0);
    try {
      const marked = { ...query, text: `${this.mark} ${query.text}` };
      return await Promise.race([this.client.query(marked), this.#givenUp]);
    } finally {
      isAnswered = true;
      clearTimeout(timer);
    }
  }

  /** Gives the connection back, or closes it, if that has not been done yet. */
  release(destroy: boolean): void {
    if (!this.#isGivenUp) this.client.release(destroy);
  }

  #drop(): void {
    if (this.#isGivenUp) return;
    this.#isGivenUp = true;
    this.client.release(true);
    this.#giveUp(new Error('Connection terminated: the server does not work on what it was asked'));
  }
}
