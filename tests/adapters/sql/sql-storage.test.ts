import { join } from 'node:path';
import type { CompiledQuery } from 'kysely';
import { expect, it } from 'vitest';
import { openSqliteDatabase } from '../../../src/adapters/filesystem/open-sqlite-database.js';
import type { SqlConnection, SqlDatabase } from '../../../src/adapters/sql/sql-database.js';
import { SqlStorage } from '../../../src/adapters/sql/sql-storage.js';
import type { Change, Where } from '../../../src/storage/storage.js';
import { evaluateQuery } from '../../../src/testing/evaluate-query.js';
import { temporaryDirectory } from '../filesystem/temporary-directory.js';

const capabilities = { name: 'test', persistent: true, multiProcess: true };

const openDatabase = async (): Promise<SqlDatabase> => openSqliteDatabase(join(await temporaryDirectory(), 'test.db'));

const putWithField = (field: string): Change => ({
  kind: 'put',
  collection: 'c',
  id: field,
  value: 1,
  index: { [field]: 1 },
  expect: 'any',
});

/** Runs the work of the first write and rolls it back; then fails, or runs the work again, as databases may. */
function rollingBackOnce(inner: SqlDatabase, then: 'fail' | 'again'): SqlDatabase & { inner: SqlDatabase } {
  let isFirst = true;
  return {
    inner,
    dialect: inner.dialect,
    read: (work) => inner.read(work),
    watch: (publish, signal) => inner.watch(publish, signal),
    close: () => inner.close(),
    async write<T>(durability: 'power' | 'process', work: (connection: SqlConnection) => Promise<T>): Promise<T> {
      if (isFirst) {
        isFirst = false;
        const rolledBack = inner.write(durability, async (connection) => {
          await work(connection);
          throw new RangeError('rolled back');
        });
        await rolledBack.catch((error: unknown) => {
          if (then === 'fail') throw error;
        });
      }
      return inner.write(durability, work);
    },
  };
}

it('index fields first seen in a commit that was rolled back can be found by after the next', async () => {
  const database = rollingBackOnce(await openDatabase(), 'fail');
  const storage = new SqlStorage(database, { capabilities, durability: 'process' });
  await expect(storage.commit([putWithField('fresh')])).rejects.toThrow('rolled back');
  await storage.commit([putWithField('fresh')]);
  expect((await storage.query('c', { where: { field: 'fresh', op: 'eq', value: 1 } })).records).toHaveLength(1);
  await storage.close();
});

it('what a rolled back commit would have made findable is not found, what replaces it is', async () => {
  const database = rollingBackOnce(await openDatabase(), 'fail');
  const put = (n: number): Change => ({ kind: 'put', collection: 'c', id: 'r', value: n, index: { n }, expect: 'any' });
  const found = async (n: number): Promise<number> =>
    (await storage.query('c', { where: { field: 'n', op: 'eq', value: n } })).records.length;
  const other = new SqlStorage(database.inner, { capabilities, durability: 'process' });
  await other.commit([put(1)]);
  const storage = new SqlStorage(database, { capabilities, durability: 'process' });
  await expect(storage.commit([put(2)])).rejects.toThrow('rolled back');
  await other.commit([put(3)]); // takes the version that the commit rolled back had taken
  await storage.commit([put(2)]);
  expect([await found(1), await found(2), await found(3)]).toEqual([0, 1, 0]);
  await storage.close();
});

it('two writers by turns never give a record a version that is not greater than the ones before', async () => {
  const database = await openDatabase();
  const writers = [0, 1].map(() => new SqlStorage(database, { capabilities, durability: 'process' }));
  let last = 0;
  for (let i = 0; i < 40; i++) {
    const writer = writers[Math.floor(i / 3) % 2]!;
    const [version] = await writer.commit([{ kind: 'put', collection: 'c', id: 'r', value: i, expect: 'any' }]);
    expect(version).toBeGreaterThan(last);
    last = version!;
    if (i % 5 === 0) await writer.commit([{ kind: 'delete', collection: 'c', id: 'r', expect: last }]);
  }
  await database.close();
});

it('a commit whose transaction had to run again is written once', async () => {
  const database = rollingBackOnce(await openDatabase(), 'again');
  const storage = new SqlStorage(database, { capabilities, durability: 'process' });
  const results = await storage.commit([putWithField('fresh'), { kind: 'append', stream: 's', values: [1, 2] }]);
  expect(results[1]).toBe(2);
  expect((await storage.read('s')).length).toBe(2);
  expect((await storage.query('c', { where: { field: 'fresh', op: 'eq', value: 1 } })).records).toHaveLength(1);
  await storage.close();
});

it('more index fields than are remembered are still all found', async () => {
  const storage = new SqlStorage(await openDatabase(), { capabilities, durability: 'process' });
  for (let batch = 0; batch < 3; batch++) {
    const fields = Object.fromEntries(Array.from({ length: 9_000 }, (_, i) => [`f${batch}-${i}`, i]));
    await storage.commit([{ ...putWithField('x'), id: `r${batch}`, index: fields } as Change]);
  }
  for (const [field, id] of Object.entries({ 'f0-5': 'r0', 'f2-8999': 'r2' })) {
    const { records } = await storage.query('c', { where: { field, op: 'exists' } });
    expect(records.map((record) => record.id)).toEqual([id]);
  }
  await storage.close();
});

/** Remembers how SQLite runs every statement that finds the records of a page. */
function explaining(inner: SqlDatabase, plans: string[][]): SqlDatabase {
  const explain = (connection: SqlConnection): SqlConnection => ({
    async execute<Row>(query: CompiledQuery<Row>): Promise<readonly Row[]> {
      if (query.sql.startsWith('select r.rid')) {
        const plan = await connection.execute<{ detail: string }>({ ...query, sql: `explain query plan ${query.sql}` });
        plans.push(plan.map(({ detail }) => detail));
      }
      return connection.execute(query);
    },
    executeAll: (queries) => connection.executeAll(queries),
  });
  return {
    dialect: inner.dialect,
    read: (work) => inner.read((connection) => work(explain(connection))),
    write: (durability, work) => inner.write(durability, work),
    watch: (publish, signal) => inner.watch(publish, signal),
    close: () => inner.close(),
  };
}

it.each(['asc', 'desc'] as const)(
  'a query in the order of a field, %s, walks the index of that field',
  async (direction) => {
    const plans: string[][] = [];
    const database = explaining(await openDatabase(), plans);
    const storage = new SqlStorage(database, { capabilities, durability: 'process', mostCandidates: -1 });
    const where = {
      and: [
        { field: 'metrics.a', op: 'lt', value: 1 },
        { field: 'metrics.b', op: 'gt', value: 0 },
      ],
    } as const;
    await storage.query('c', { where, orderBy: [{ field: 'metrics.c', direction }] });
    for (const kind of plans.slice(0, 3)) {
      expect(kind[0]).toMatch(/^SEARCH o USING COVERING INDEX entries_by_value \(fid=\? AND kind=\?/);
      expect(kind.join('\n')).not.toMatch(/SCAN|USE TEMP B-TREE FOR ORDER BY/);
    }
    await storage.close();
  },
);

it('a query that leaves few candidates starts from those', async () => {
  const plans: string[][] = [];
  const storage = new SqlStorage(explaining(await openDatabase(), plans), { capabilities, durability: 'process' });
  const where = { field: 'metrics.a', op: 'lt', value: 1 } as const;
  await storage.query('c', { where, orderBy: [{ field: 'metrics.c', direction: 'asc' }] });
  expect(plans).toHaveLength(1);
  expect(plans[0]!.join('\n')).toMatch(
    /SEARCH c USING COVERING INDEX entries_by_value \(fid=\? AND kind=\? AND num<\?\)/,
  );
  await storage.close();
});

it('a query in the order of a field that it bounds walks no more than that range, and finds what there is in it', async () => {
  const plans: string[][] = [];
  const storage = new SqlStorage(explaining(await openDatabase(), plans), { capabilities, durability: 'process' });
  const index = (i: number) => ({ a: i, b: i % 3, ...(i % 5 === 0 && { a: i % 2 === 0 ? 'text' : null }) });
  const records = Array.from({ length: 3_000 }, (_, i) => ({ id: `r${i}`, index: index(i) }));
  await storage.commit(
    records.map(({ id, index }) => ({ kind: 'put', collection: 'c', id, value: 1, index, expect: 'absent' })),
  );
  for (const [op, value] of [
    ['lt', 1_500],
    ['gte', 2_900],
    ['prefix', 'te'],
  ] as const) {
    for (const direction of ['asc', 'desc'] as const) {
      const where = {
        and: [
          { field: 'a', op, value },
          { field: 'b', op: 'gt', value: 0 },
        ],
      } as Where;
      const query = { where, orderBy: [{ field: 'a', direction }] };
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        plans.length = 0;
        const page = await storage.query('c', { ...query, limit: 70, ...(cursor !== undefined && { cursor }) });
        found.push(...page.records.map(({ id }) => id));
        expect(plans).toHaveLength(1);
        expect(plans[0]![0]).toMatch(
          /^SEARCH o USING COVERING INDEX entries_by_value \(fid=\? AND kind=\? AND num[<>=]/,
        );
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(found).toEqual(evaluateQuery(records, query));
    }
  }
  await storage.close();
});
