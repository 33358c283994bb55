import type { Database } from 'better-sqlite3';
import { MLOpsError } from '../../errors.js';

/** Marks a database as ours: "BXML" in SQLite's application id. */
const applicationId = 0x42584d4c;

/**
 * Each entry brings the schema from its index to the next version; a released entry never changes.
 *
 * An index value is stored as its class (see index-order.ts) with the number or the text, the other being 0 or ''.
 * A stream's row holds the entries of one append as a JSON array.
 */
const migrations: readonly string[] = [
  `
  create table records (
    collection text not null,
    id text not null,
    version integer not null,
    value text not null,
    primary key (collection, id)
  ) strict, without rowid;
  create table record_index (
    collection text not null,
    id text not null,
    field text not null,
    kind integer not null,
    num real not null,
    text text not null,
    primary key (collection, id, field)
  ) strict, without rowid;
  create index record_index_by_value on record_index (collection, field, kind, num, text, id);
  create table stream_chunks (
    stream text not null,
    first integer not null,
    count integer not null,
    entries text not null,
    primary key (stream, first)
  ) strict, without rowid;
  create table last_version (value integer not null) strict;
  insert into last_version values (0);
  `,
];

/**
 * Brings a database to the newest schema. Runs in one transaction under SQLite's write lock: a second process that
 * opens at the same moment waits and finds the work done.
 *
 * @throws MLOpsError `STORAGE_FORMAT` for a database of something else, or of a newer version of this package
 */
export function migrate(database: Database, path: string): void {
  const read = (): { id: number; version: number } => ({
    id: database.pragma('application_id', { simple: true }) as number,
    version: database.pragma('user_version', { simple: true }) as number,
  });
  const isCurrent = (): boolean => {
    const { id, version } = read();
    if (id === applicationId && version > migrations.length) {
      throw new MLOpsError(
        'STORAGE_FORMAT',
        `${path} was written by a newer version of this package (schema ${version}, this one knows ${migrations.length}); update the package`,
      );
    }
    const isEmpty = database.prepare('select count(*) from sqlite_master').pluck().get() === 0;
    if (id !== applicationId && !isEmpty) {
      throw new MLOpsError('STORAGE_FORMAT', `${path} is a database of something else; choose another folder`);
    }
    return id === applicationId && version === migrations.length;
  };
  if (isCurrent()) return;
  database
    .transaction(() => {
      if (isCurrent()) return;
      for (const migration of migrations.slice(read().version)) database.exec(migration);
      database.pragma(`application_id = ${applicationId}`);
      database.pragma(`user_version = ${migrations.length}`);
    })
    .immediate();
}
