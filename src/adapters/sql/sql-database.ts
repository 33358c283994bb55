import type { ColumnDataType, CompiledQuery, Expression, Kysely, RawBuilder, SqlBool } from 'kysely';
import type { ChangeSource } from '../../storage/change-feed.js';
import type { Durability } from '../../storage/storage.js';
import type { Tables } from './tables.js';

/** Runs compiled statements. Rows come back with the column names as keys, integers as numbers. */
export interface SqlConnection {
  execute<Row>(query: CompiledQuery<Row>): Promise<readonly Row[]>;
  /** Runs statements one after the other, whose rows nobody reads. */
  executeAll(queries: readonly CompiledQuery[]): Promise<void>;
  /**
   * Inside of a write transaction: whether nobody else has committed since this writer asked within its last one. Left out
   * where the database cannot tell.
   */
  isUndisturbed?(writer: object): boolean;
  /** Has watchers in other processes told, when the transaction is committed. Left out where they look by themselves. */
  announce?(collections: Iterable<string>): void;
}

/** The first `length` code points of a text, which order like the texts themselves, but for ties. */
export interface TextStart {
  readonly length: number;
  readonly of: (text: Expression<unknown>) => Expression<unknown>;
}

/** How a database spells what the shared implementation needs. */
export interface SqlDialect {
  /** Only compiles; its driver is never asked to run anything. */
  readonly builder: Kysely<Tables>;
  /** Holds whole numbers up to 2^53. */
  readonly integer: ColumnDataType | RawBuilder<unknown>;
  /** An IEEE 754 double, infinities included. */
  readonly double: ColumnDataType | RawBuilder<unknown>;
  /** Text that compares by code points. */
  readonly text: ColumnDataType | RawBuilder<unknown>;
  /** Given where index entries cannot hold every text: what is indexed instead is the text's first code points. */
  readonly textStart?: TextStart;
  /** Ends the definition of a table that is stored in the order of its primary key, where the database has those. */
  readonly clustered?: RawBuilder<unknown>;
  /** Selects whole numbers, of which there may be thousands, as one column. */
  readonly selectNumbers: (numbers: readonly number[], column: string) => RawBuilder<unknown>;
  /** Whether a text matches a pattern, upper and lower case apart; `text LIKE pattern ESCAPE '\\'` unless told. */
  readonly like?: (text: Expression<unknown>, pattern: string) => RawBuilder<SqlBool>;
}

/**
 * What an adapter for a SQL database provides. Everything rejects with `MLOpsError`; waiting for locks and retrying
 * happen inside.
 */
export interface SqlDatabase {
  readonly dialect: SqlDialect;

  /** Runs work that only reads, against one snapshot of the database. The work may run more than once. */
  read<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T>;

  /**
   * Runs work in one transaction: committed when the work returns, rolled back when it throws. Write transactions of
   * all processes run one after the other, each sees what the one before it wrote. The work may run more than once, but
   * is committed at most once.
   */
  write<T>(durability: Durability, work: (connection: SqlConnection) => Promise<T>): Promise<T>;

  /** Publishes the commits of others; whether it publishes this process's own does not matter. */
  readonly watch: ChangeSource;

  close(): Promise<void>;
}
