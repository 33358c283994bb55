import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditLog, ExperimentTracker, MLOpsConfig } from '@bondx/mlops';
import { makeTemporaryDirectory, temporaryDirectory } from '../../adapters/filesystem/temporary-directory.js';
import { failure } from '../../helpers.js';

/** A store of 34 audit records in chunks of a few, with checkpoints at 10, 20 and 30. */
let honest: string;
const configOf = (path: string) =>
  MLOpsConfig.fromObject(
    { storage: { kind: 'filesystem', path }, security: { checkpoint_interval: 10 }, tracking: { logGitSha: false } },
    { environment: {} },
  );
beforeAll(async () => {
  honest = await makeTemporaryDirectory();
  await using tracker = new ExperimentTracker(configOf(honest));
  for (let i = 0; i < 17; i++) await tracker.endRun(await tracker.startRun({ experimentName: `e${i}` }));
});
afterAll(() => rm(honest, { recursive: true }));

/** What comes of the log when somebody altered the database by other means. */
async function after(alter: (database: Database.Database) => void) {
  const path = await temporaryDirectory();
  await cp(honest, path, { recursive: true });
  const database = new Database(join(path, 'bondx-mlops.db'));
  alter(database);
  database.close();
  const config = configOf(path);
  const log = new AuditLog(config);
  const tracker = new ExperimentTracker(config);
  return { log, tracker, close: async () => (await log.close(), tracker.close()) };
}

const run = (statement: string) => (database: Database.Database) => void database.exec(statement);
/** Alters values of the stream's last chunk, or of the one that is named. */
const edit = (table: 'chunks' | 'audit_chunks', change: (values: Record<string, unknown>[]) => unknown, at = -1) => {
  return (database: Database.Database) => {
    const rows = database
      .prepare(
        `select rowid as row, data from ${table} ${table === 'chunks' ? "where stream = 'audit.checkpoints'" : ''} order by 1`,
      )
      .all() as { row: number; data: string }[];
    const { row, data } = rows.at(at)!;
    const values = JSON.parse(data) as Record<string, unknown>[];
    change(values);
    database.prepare(`update ${table} set data = ? where rowid = ?`).run(JSON.stringify(values), row);
  };
};
const putStart = (start: unknown) => (database: Database.Database) => {
  const insert = database.prepare("insert into records values (999999, 'audit.starts', 'audit', 999999, ?)");
  insert.run(JSON.stringify(start));
};
const digest = `sha256:${'0'.repeat(64)}`;
const start = { v: 1, log: 'x', size: 5, root: digest, head: digest, before: 'x', time: 'x', keyId: 'x' };

describe('a store of which somebody altered', () => {
  it.each<[string, (database: Database.Database) => void, RegExp, number?]>([
    [
      'a checkpoint into something else',
      edit('chunks', (v) => (v[0] = { hello: 1 })),
      /checkpoint 2 of the audit trail was altered/,
      20,
    ],
    [
      'the version of a checkpoint',
      edit('chunks', (v) => (v[0]!['v'] = 2)),
      /checkpoint 2 of the audit trail was altered/,
      20,
    ],
    [
      'the first checkpoint into null',
      edit('chunks', (v) => (v[0] = null as never), 0),
      /checkpoint 0 of the audit trail was altered/,
      0,
    ],
    [
      'that there is a first checkpoint',
      run("delete from chunks where stream = 'audit.checkpoints' and first = 0"),
      /audit.checkpoints from entry 0/,
      0,
    ],
    ['a row in the middle away', run('delete from audit_chunks where place = 7'), /from entry 7 on/, 7],
    ['the first row away', run('delete from audit_chunks where place = 0'), /from entry 0 on/, 0],
    ['a row into a text cut off', run("update audit_chunks set data = '[{' where place = 7"), /stream audit was/, 7],
    ['a row into null', run("update audit_chunks set data = 'null' where place = 7"), /from entry 7 on/, 7],
    [
      'the length of the log',
      run('update audit_chunks set count = count + 5 where place = (select max(place) from audit_chunks)'),
      /from entry 34 on/,
      34,
    ],
    ['who did something', edit('audit_chunks', (v) => delete v[0]!['actor'], 3), /not an audit record/, 3],
    ['the last record', edit('audit_chunks', (v) => (v[0] = {})), /not an audit record/, 33],
    ['where the log starts into null', putStart(null), /where the audit trail starts/, 0],
    ['where the log starts into nothing', putStart({}), /where the audit trail starts/, 0],
    [
      'where the log starts',
      putStart({ ...start, signature: '', frontier: [], stream: 'audit' }),
      /carries another tree/,
      0,
    ],
  ])('%s: the log is corrupt, and says where', async (_, alter, reason, position) => {
    const { log, close } = await after(alter);
    const found = await log.verify();
    expect(found).toMatchObject({ status: 'corrupt', position });
    expect(found.reason).toMatch(reason);
    await close();
  });

  it.each<[string, (database: Database.Database) => void]>([
    [
      'the length of the log',
      run('update audit_chunks set count = count + 5 where place = (select max(place) from audit_chunks)'),
    ],
    ['the last record into nothing', edit('audit_chunks', (v) => (v[0] = {}))],
    ['the last record into null', edit('audit_chunks', (v) => (v[0] = null as never))],
    ['the place of the last record', edit('audit_chunks', (v) => (v[0]!['seq'] = 7))],
    ['where the log starts into null', putStart(null)],
    ['where the log starts', putStart({ ...start, signature: '', frontier: [], stream: 'audit' })],
  ])('%s: nothing is recorded behind it, and that is said', async (_, alter) => {
    const { tracker, close } = await after(alter);
    const error = await failure(tracker.startRun({ experimentName: 'e' }));
    expect(error).toMatchObject({ code: 'CORRUPT' });
    expect(error.message).toMatch(/altered or damaged/);
    await close();
  });

  it('a record: the others are listed', async () => {
    const { log, close } = await after(edit('audit_chunks', (v) => delete v[0]!['actor'], 3));
    expect((await log.list({ action: 'tracking.start_run' })).map(({ seq }) => seq)).toContain(4);
    expect((await log.list({ newestFirst: true, limit: 40 })).map(({ seq }) => seq)).not.toContain(3);
    expect(await log.list({ actor: 'nobody' })).toEqual([]);
    await close();
  });

  it('a checkpoint: the next one is made from the beginning, and the damage stays', async () => {
    for (const change of [{ hello: 1 }, null]) {
      const { log, close } = await after(edit('chunks', (v) => (v[0] = change as never)));
      expect(await log.checkpoint()).toMatchObject({ index: 3, size: 34 });
      expect(await log.verify()).toMatchObject({ status: 'corrupt', position: 20 });
      expect(await failure(log.export(`${await temporaryDirectory()}/log.jsonl`))).toMatchObject({ code: 'CORRUPT' });
      await close();
    }
  });

  it.each([null, 'abc', [[]], [['x']], [['x', 'y']]])(
    'the tree of a checkpoint into %o: it is made from the beginning',
    async (tree) => {
      const { log, close } = await after(edit('chunks', (v) => (v[0]!['frontier'] = tree)));
      expect(await log.checkpoint()).toMatchObject({ index: 3, size: 34 });
      expect(await log.verify()).toMatchObject({ status: 'ok', anchored: { size: 34 } });
      await close();
    },
  );
});
