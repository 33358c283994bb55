import { expect, it } from 'vitest';
import { type CommitOutcome, GroupCommit, type WriteGroup } from '../../../src/adapters/sql/group-commit.js';
import { MLOpsError } from '../../../src/errors.js';
import type { CheckedChange } from '../../../src/storage/checked-change.js';
import type { Durability } from '../../../src/storage/storage.js';

const commit = (id: string): CheckedChange[] => [{ kind: 'delete', collection: 'c', id, expect: 'any' }];
const idOf = ([change]: readonly CheckedChange[]): string => (change?.kind === 'delete' ? change.id : '?');

/** Records the groups it is given; `respond` decides what becomes of each commit. */
function recorder(respond: (id: string) => CommitOutcome = () => ({ results: [0] })) {
  const groups: { ids: string[]; durability: Durability }[] = [];
  const write: WriteGroup = async (commits, durability) => {
    groups.push({ ids: commits.map(idOf), durability });
    return commits.map((changes) => respond(idOf(changes)));
  };
  return { groups, write };
}

it('commits made at the same time are written together, as durable as the most demanding of them', async () => {
  const { groups, write } = recorder();
  const group = new GroupCommit(write);
  const later = async (id: string): Promise<unknown> => {
    await Promise.resolve();
    return group.add(commit(id), 'process');
  };
  await Promise.all([group.add(commit('a'), 'process'), group.add(commit('b'), 'power'), later('c')]);
  await group.add(commit('d'), 'process');
  expect(groups).toEqual([
    { ids: ['a', 'b', 'c'], durability: 'power' },
    { ids: ['d'], durability: 'process' },
  ]);
});

it('what arrives during a write makes up the next group', async () => {
  const { groups, write } = recorder();
  let isFirst = true;
  const arrivals: Promise<unknown>[] = [];
  const group = new GroupCommit(async (commits, durability) => {
    if (isFirst) for (const id of ['b', 'c']) arrivals.push(group.add(commit(id), 'process'));
    isFirst = false;
    return write(commits, durability);
  });
  await group.add(commit('a'), 'process');
  await Promise.all(arrivals);
  expect(groups.map(({ ids }) => ids)).toEqual([['a'], ['b', 'c']]);
});

it('a group has at most a thousand members', async () => {
  const { groups, write } = recorder();
  const group = new GroupCommit(write);
  await Promise.all(Array.from({ length: 2_300 }, (_, i) => group.add(commit(String(i)), 'process')));
  expect(groups.map(({ ids }) => ids.length)).toEqual([1_000, 1_000, 300]);
});

it('an error that concerns one commit rejects that one', async () => {
  const { write } = recorder((id) => (id === 'bad' ? { error: new RangeError('lost') } : { results: [7] }));
  const group = new GroupCommit(write);
  const outcomes = await Promise.allSettled(['a', 'bad', 'b'].map((id) => group.add(commit(id), 'process')));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

it.each(['STORAGE_FULL', 'INVALID_INPUT'] as const)(
  'when a group fails with %s, its members are tried alone',
  async (code) => {
    const written: string[] = [];
    const group = new GroupCommit(async (commits) => {
      const ids = commits.map(idOf);
      if (ids.includes('large')) throw new MLOpsError(code, 'too much');
      written.push(...ids);
      return ids.map(() => ({ results: [0] }));
    });
    const outcomes = await Promise.allSettled(['a', 'large', 'b'].map((id) => group.add(commit(id), 'process')));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(written).toEqual(['a', 'b']);
  },
);

it('when nothing can be written, every member fails, once, and the next group is tried', async () => {
  let calls = 0;
  const group = new GroupCommit(async () => {
    if (++calls === 1) throw new MLOpsError('STORAGE_UNAVAILABLE', 'gone');
    return [{ results: [1] }];
  });
  const outcomes = await Promise.allSettled(['a', 'b'].map((id) => group.add(commit(id), 'process')));
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await group.add(commit('c'), 'process')).toEqual([1]);
  expect(calls).toBe(2);
});
