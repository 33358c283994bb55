/** What this adapter needs of a connection pool; `Pool` of the package `pg` has it. Give it two connections or more. */
export interface PostgresPool {
  connect(): Promise<PostgresPoolClient>;
  end(): Promise<void>;
}

/** A connection that was taken out of the pool. */
export interface PostgresPoolClient {
  /** A text without values may hold several statements; the result is then one for each. */
  query(query: { readonly text: string; readonly values?: unknown[] }): Promise<PostgresResult | PostgresResult[]>;
  on(event: 'notification', listener: (message: { channel: string; payload?: string | undefined }) => void): unknown;
  on(event: 'error' | 'end', listener: () => void): unknown;
  /** Gives the connection back, or closes it. */
  release(destroy?: boolean): void;
  /** Lets the process end while the connection is open. */
  unref?(): void;
}

/** What the library needs of a result of `pg`. */
export interface PostgresResult {
  readonly rows: Record<string, unknown>[];
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
}

const guarded = new WeakSet<PostgresPoolClient>();

/** A connection that breaks tells so by an event, which ends the process unless somebody listens. */
export function guard(client: PostgresPoolClient): void {
  if (guarded.has(client)) return;
  guarded.add(client);
  client.on('error', () => undefined);
}
