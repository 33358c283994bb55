import type { SqlConnection } from './sql-database.js';
import type { Statements } from './statements.js';

/** Numbers set aside at once, so that a process writing alone stores the counter once in so many numbers. */
const reserve = 1_000;

/**
 * The store-wide counter behind record versions and row numbers. A number is greater than every number that any process
 * took before: whoever finds that another process took some, goes on after those.
 */
export class NumberSource {
  #next = 1;
  /** Numbers up to here were set aside by a transaction of this process; beyond, the counter has to be moved. */
  #reserved = 0;

  constructor(private readonly statements: Statements) {}

  /** Call at the start of a write transaction. */
  async begin(connection: SqlConnection): Promise<void> {
    const [row] = await connection.execute(this.statements.lastNumber());
    const last = row?.value ?? 0;
    if (last === this.#reserved) return;
    this.#next = last + 1;
    this.#reserved = last;
  }

  /** A number that nothing in the store ever had. */
  next(): number {
    return this.#next++;
  }

  /** Call before the transaction is committed. */
  async save(connection: SqlConnection): Promise<void> {
    if (this.#next - 1 <= this.#reserved) return;
    this.#reserved = this.#next - 1 + reserve;
    await connection.execute(this.statements.setLastNumber(this.#reserved));
  }

  /** For when a transaction was rolled back, and with it the counter. */
  forget(): void {
    this.#reserved = -1;
  }
}
