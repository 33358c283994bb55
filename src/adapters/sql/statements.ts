import { type CompiledQuery, sql } from 'kysely';
import type { SqlDialect } from './sql-database.js';
import { type Entry, type Tables, auditSpan } from './tables.js';

/** Builds what a statement runs with: its parameters, in the order in which the statement names them. */
export type Statement<Row> = (...parameters: readonly unknown[]) => CompiledQuery<Row>;

/** A statement over rows, and how many of them: one compiled statement a number of rows. */
export type RowsStatement<Row> = (rows: readonly (readonly unknown[])[]) => Generator<CompiledQuery<Row>>;

/** Rows a statement takes at once, largest first. Few sizes, so that few statements are compiled and kept prepared. */
const rowCounts = [256, 64, 16, 4, 3, 2, 1];

/** What writing and the shortest reads consist of, compiled once a storage: compiling costs more than running them. */
export class Statements {
  readonly lastNumber: Statement<{ value: number }>;
  readonly setLastNumber: Statement<unknown>;
  readonly findRecord: Statement<{ rid: number; version: number }>;
  readonly readRecord: Statement<{ id: string; version: number; value: string }>;
  readonly insertRecord: Statement<unknown>;
  readonly updateRecord: Statement<unknown>;
  readonly deleteRecord: Statement<unknown>;
  readonly readEntries: Statement<Entry>;
  readonly deleteEntry: Statement<unknown>;
  readonly deleteEntries: Statement<unknown>;
  /** Rows of rid, fid, kind, num, text; replaces the entry of that rid and fid. */
  readonly putEntries: RowsStatement<unknown>;
  readonly streamLength: Statement<{ length: number }>;
  /** Rows of stream, first, count, data. */
  readonly insertChunks: RowsStatement<unknown>;
  /** Takes a number of entries, their JSON after a comma and with the closing bracket, stream and first. */
  readonly extendChunk: Statement<unknown>;
  readonly dropStream: Statement<unknown>;
  readonly auditEnd: Statement<{ number: number; length: number | null }>;
  /** Gives a stream of the audit log the next number. */
  readonly numberAuditStream: Statement<unknown>;
  readonly insertAuditChunk: Statement<unknown>;
  /** Takes the first place and the first that is not dropped any more. */
  readonly dropAuditChunks: Statement<unknown>;
  readonly dropAuditStream: Statement<unknown>;

  constructor({ builder }: SqlDialect) {
    const one = 0; // stands for a number until the statement runs
    this.lastNumber = prepare(builder.selectFrom('meta').select('value').where('key', '=', sql.lit('last_number')));
    this.setLastNumber = prepare(
      builder.updateTable('meta').set({ value: one }).where('key', '=', sql.lit('last_number')),
    );

    const byName = builder.selectFrom('records').where('collection', '=', '').where('id', '=', '');
    this.findRecord = prepare(byName.select(['rid', 'version']));
    this.readRecord = prepare(byName.select(['id', 'version', 'value']));
    const record = { rid: one, collection: '', id: '', version: one, value: '' };
    this.insertRecord = prepare(builder.insertInto('records').values(record));
    this.updateRecord = prepare(builder.updateTable('records').set({ version: one, value: '' }).where('rid', '=', one));
    this.deleteRecord = prepare(builder.deleteFrom('records').where('rid', '=', one));

    this.readEntries = prepare(builder.selectFrom('entries').selectAll().where('rid', '=', one));
    this.deleteEntries = prepare(builder.deleteFrom('entries').where('rid', '=', one));
    this.deleteEntry = prepare(builder.deleteFrom('entries').where('rid', '=', one).where('fid', '=', one));
    const entry: Tables['entries'] = { rid: one, fid: one, kind: one, num: one, text: '' };
    this.putEntries = prepareRows((rows) =>
      builder
        .insertInto('entries')
        .values(Array<Entry>(rows).fill(entry))
        .onConflict((conflict) =>
          conflict.columns(['rid', 'fid']).doUpdateSet((row) => ({
            kind: row.ref('excluded.kind'),
            num: row.ref('excluded.num'),
            text: row.ref('excluded.text'),
          })),
        ),
    );

    const ofStream = builder.selectFrom('chunks').where('stream', '=', '');
    this.streamLength = prepare(
      ofStream
        .select(sql<number>`${sql.ref('first')} + ${sql.ref('count')}`.as('length'))
        .orderBy('first', 'desc')
        .limit(sql.lit(1)), // SQLite plans a statement anew for every value of a limit
    );
    this.insertChunks = prepareRows((rows) =>
      builder
        .insertInto('chunks')
        .values(Array<Tables['chunks']>(rows).fill({ stream: '', first: one, count: one, data: '' })),
    );
    const lastCharacter = sql`length(${sql.ref('data')}) - 1`;
    this.extendChunk = prepare(
      builder
        .updateTable('chunks')
        .set({
          count: sql<number>`${sql.ref('count')} + ${one}`,
          data: sql<string>`substr(${sql.ref('data')}, 1, ${lastCharacter}) || ${''}`,
        })
        .where('stream', '=', '')
        .where('first', '=', one),
    );
    this.dropStream = prepare(builder.deleteFrom('chunks').where('stream', '=', ''));

    const auditLength = sql<number | null>`(
      select place - number * ${sql.lit(auditSpan)} + count from audit_chunks
      where place >= number * ${sql.lit(auditSpan)} and place < (number + 1) * ${sql.lit(auditSpan)}
      order by place desc limit 1)`;
    this.auditEnd = prepare(
      builder
        .selectFrom('audit_streams')
        .select(['number', auditLength.as('length')])
        .where('stream', '=', ''),
    );
    const numbered = sql`insert into audit_streams select coalesce(max(number), -1) + 1, ${''} from audit_streams`;
    this.numberAuditStream = prepare({ compile: () => numbered.compile(builder) });
    const chunk: Tables['audit_chunks'] = { place: one, count: one, data: '' };
    this.insertAuditChunk = prepare(builder.insertInto('audit_chunks').values(chunk));
    this.dropAuditChunks = prepare(
      builder.deleteFrom('audit_chunks').where('place', '>=', one).where('place', '<', one),
    );
    this.dropAuditStream = prepare(builder.deleteFrom('audit_streams').where('stream', '=', ''));
  }
}

interface Compilable<Row> {
  compile(): CompiledQuery<Row>;
}

function prepare<Row>(query: Compilable<Row>): Statement<Row> {
  const { sql: text, query: node, queryId } = query.compile();
  return (...parameters) => ({ sql: text, query: node, queryId, parameters });
}

function prepareRows<Row>(build: (rows: number) => Compilable<Row>): RowsStatement<Row> {
  const statements = new Map<number, Statement<Row>>();
  return function* (rows) {
    for (let start = 0; start < rows.length;) {
      const count = rowCounts.find((size) => size <= rows.length - start)!;
      let statement = statements.get(count);
      if (statement === undefined) statements.set(count, (statement = prepare(build(count))));
      const parameters: unknown[] = [];
      for (const end = start + count; start < end; start++) parameters.push(...rows[start]!);
      yield statement(...parameters);
    }
  };
}
