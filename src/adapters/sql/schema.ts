import { type CompiledQuery, type CreateTableBuilder, type Expression, sql } from 'kysely';
import { MLOpsError } from '../../errors.js';
import type { SqlConnection, SqlDialect } from './sql-database.js';
import { auditSpan } from './tables.js';

type Compilable = { compile(): CompiledQuery };
type Migration = (dialect: SqlDialect) => readonly Compilable[];

/** Migration n leads from schema version n to n + 1. Released ones never change; new ones are added at the end. */
export const migrations: readonly Migration[] = [createTables, clusterChunks, appendChunks, placeAuditChunks];

/**
 * The version of the schema in a database that has one.
 *
 * @throws MLOpsError `STORAGE_FORMAT` when it is newer than this version of the package understands
 */
export async function readSchemaVersion(
  connection: SqlConnection,
  { builder }: SqlDialect,
  steps = migrations,
): Promise<number> {
  const query = builder.selectFrom('meta').select('value').where('key', '=', 'schema_version');
  const version = (await connection.execute(query.compile()))[0]?.value ?? 0;
  if (version > steps.length) {
    throw new MLOpsError(
      'STORAGE_FORMAT',
      `the storage has schema version ${version}, this version of @bondx/mlops knows up to ${steps.length}: ` +
        'a newer version wrote it; upgrade this one',
    );
  }
  return version;
}

/** Brings a database, empty or older, to the current schema. Run it inside a write transaction. */
export async function migrate(connection: SqlConnection, dialect: SqlDialect, steps = migrations): Promise<void> {
  const { builder } = dialect;
  const meta = builder.schema.createTable('meta').ifNotExists();
  await connection.execute(
    meta.addColumn('key', dialect.text, key).addColumn('value', dialect.integer, required).compile(),
  );
  const version = await readSchemaVersion(connection, dialect, steps);
  if (version === 0) {
    const rows = [
      { key: 'schema_version', value: 0 },
      { key: 'last_number', value: 0 },
    ] as const;
    await connection.execute(builder.insertInto('meta').values(rows).compile());
  }
  for (const step of steps.slice(version)) {
    for (const statement of step(dialect)) await connection.execute(statement.compile());
  }
  const setVersion = builder.updateTable('meta').set({ value: steps.length }).where('key', '=', 'schema_version');
  await connection.execute(setVersion.compile());
}

type ColumnModifier = NonNullable<Parameters<CreateTableBuilder<string>['addColumn']>[2]>;

const required: ColumnModifier = (column) => column.notNull();
const key: ColumnModifier = (column) => column.notNull().primaryKey();

function createTables({ builder, integer, double, text, textStart, clustered }: SqlDialect): Compilable[] {
  const { schema } = builder;
  const entries = schema
    .createTable('entries')
    .addColumn('rid', integer, required)
    .addColumn('fid', integer, required)
    .addColumn('kind', integer, required)
    .addColumn('num', double)
    .addColumn('text', text)
    .addPrimaryKeyConstraint('entries_by_record', ['rid', 'fid']);
  const entriesByValue = schema.createIndex('entries_by_value').on('entries').columns(['fid', 'kind', 'num']);
  return [
    schema
      .createTable('records')
      .addColumn('rid', integer, key)
      .addColumn('collection', text, required)
      .addColumn('id', text, required)
      .addColumn('version', integer, required)
      .addColumn('value', text, required),
    schema.createIndex('records_by_id').unique().on('records').columns(['collection', 'id']),
    schema
      .createTable('fields')
      .addColumn('fid', integer, key)
      .addColumn('collection', text, required)
      .addColumn('name', text, required),
    schema.createIndex('fields_by_name').unique().on('fields').columns(['collection', 'name']),
    clustered === undefined ? entries : entries.modifyEnd(clustered),
    (textStart === undefined
      ? entriesByValue.column('text')
      : entriesByValue.expression(textStart.of(sql.ref('text')) as Expression<never>)
    ).column('rid'),
    createChunks('chunks', { builder, integer, text }),
  ];
}

const createChunks = (
  table: string,
  { builder, integer, text }: Pick<SqlDialect, 'builder' | 'integer' | 'text'>,
): CreateTableBuilder<string> =>
  builder.schema
    .createTable(table)
    .addColumn('stream', text, required)
    .addColumn('first', integer, required)
    .addColumn('count', integer, required)
    .addColumn('data', text, required)
    .addPrimaryKeyConstraint('chunks_by_stream', ['stream', 'first']);

/** Stores chunks in the order of their key, which spares every append a second table. */
function clusterChunks(dialect: SqlDialect): Compilable[] {
  const { builder, clustered } = dialect;
  if (clustered === undefined) return [];
  return [
    createChunks('clustered_chunks', dialect).modifyEnd(clustered),
    { compile: () => sql`insert into clustered_chunks select * from chunks`.compile(builder) },
    builder.schema.dropTable('chunks'),
    builder.schema.alterTable('clustered_chunks').renameTo('chunks'),
  ];
}

/**
 * Stores chunks in the order in which they are written, beside an index. A tree in the order of the key has to be balanced
 * in its middle for every few rows as large as these; at its end SQLite adds a page and touches no other.
 */
function appendChunks(dialect: SqlDialect): Compilable[] {
  const { builder, clustered } = dialect;
  if (clustered === undefined) return []; // it was never clustered
  return [
    createChunks('appended_chunks', dialect),
    {
      compile: () => sql`insert into appended_chunks select * from chunks order by stream, first`.compile(builder),
    },
    builder.schema.dropTable('chunks'),
    builder.schema.alterTable('appended_chunks').renameTo('chunks'),
  ];
}

/**
 * Moves the streams of the audit log to a table of their own. A process of an older version that has the database open still
 * would find no log and begin another one where nobody looks: it is refused.
 */
function placeAuditChunks({ builder, integer, text, clustered }: SqlDialect): Compilable[] {
  const { schema } = builder;
  const isAudit = sql`(stream = 'audit' or substr(stream, 1, 6) = 'audit/')`;
  const refusal = 'a newer version keeps the audit log of this store elsewhere: upgrade this process, too';
  const statements = [
    sql`insert into audit_streams
      select row_number() over (order by stream) - 1, stream
      from (select distinct stream from chunks where ${isAudit}) as found`,
    sql`insert into audit_chunks
      select audit_streams.number * ${sql.lit(auditSpan)} + chunks.first, chunks.count, chunks.data
      from chunks join audit_streams on audit_streams.stream = chunks.stream order by 1`,
    sql`delete from chunks where stream in (select stream from audit_streams)`,
    clustered === undefined
      ? sql`alter table chunks add constraint ${sql.id('audit_log_is_elsewhere_upgrade_this_process')} check (not ${isAudit})`
      : sql`create trigger audit_is_elsewhere before insert on chunks
          when new.stream = 'audit' or substr(new.stream, 1, 6) = 'audit/'
          begin select raise(abort, ${sql.lit(refusal)}); end`,
  ];
  return [
    schema
      .createTable('audit_streams')
      .addColumn('number', integer, key)
      .addColumn('stream', text, (column) => column.notNull().unique()),
    schema
      .createTable('audit_chunks')
      .addColumn('place', integer, key)
      .addColumn('count', integer, required)
      .addColumn('data', text, required),
    ...statements.map((statement) => ({ compile: () => statement.compile(builder) })),
  ];
}
