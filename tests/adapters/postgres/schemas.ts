import type { PostgresPool } from '../../../src/adapters/postgres/postgres-client.js';

let schemas = 0;

export const freshSchema = (): string => `test_${process.pid}_${schemas++}`;

export async function execute(pool: PostgresPool, text: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query({ text });
  } finally {
    client.release();
  }
}

/** Remembers the schema of what is opened, for conformance harnesses; every storage has its own. */
export function inSchemas<T extends object>(pool: () => PostgresPool, open: (schema: string) => Promise<T>) {
  const schemaOf = new WeakMap<T, string>();
  return {
    async open(): Promise<T> {
      const schema = freshSchema();
      const opened = await open(schema);
      schemaOf.set(opened, schema);
      return opened;
    },
    reopen: (opened: T): Promise<T> => open(schemaOf.get(opened)!),
    corrupt(opened: T): Promise<void> {
      const schema = schemaOf.get(opened)!;
      const damage = (table: string, column: string): string =>
        `update ${schema}.${table} set ${column} = substr(${column}, 2)`;
      return execute(
        pool(),
        `${damage('records', 'value')}; ${damage('chunks', 'data')}; ${damage('audit_chunks', 'data')}`,
      );
    },
    dispose: (opened: T): Promise<void> => execute(pool(), `drop schema ${schemaOf.get(opened)!} cascade`),
  };
}
