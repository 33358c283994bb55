import { FieldNumbers } from './field-numbers.js';
import { LastState } from './last-state.js';
import { NumberSource } from './number-source.js';
import type { SqlConnection, SqlDialect } from './sql-database.js';
import { Statements } from './statements.js';
import { WrittenEntries } from './written-entries.js';

/** What a storage remembers from one write transaction to the next. Other processes write too: all of it is verified. */
export class WriterMemory {
  readonly statements: Statements;
  readonly numbers: NumberSource;
  readonly fields: FieldNumbers;
  readonly entries = new WrittenEntries();
  readonly last = new LastState();
  #isCurrent = false;

  constructor(dialect: SqlDialect) {
    this.statements = new Statements(dialect);
    this.numbers = new NumberSource(this.statements);
    this.fields = new FieldNumbers(dialect);
  }

  /** Call at the start of a write transaction. */
  async begin(connection: SqlConnection): Promise<void> {
    const isUndisturbed = connection.isUndisturbed?.(this) ?? false;
    if (isUndisturbed && this.#isCurrent) return;
    this.last.forget();
    await this.numbers.begin(connection);
    this.#isCurrent = true;
  }

  /** For when a transaction was rolled back. */
  forget(): void {
    this.numbers.forget();
    this.fields.forget();
    this.entries.forget();
    this.last.forget();
    this.#isCurrent = false;
  }
}
