import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ChangeListener } from '../../../src/adapters/postgres/change-listener.js';
import type { PostgresPool, PostgresPoolClient } from '../../../src/adapters/postgres/postgres-client.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Hear = (message: { channel: string; payload: string }) => void;

/** Connections to a server, or to a pooler that lends its sessions for one transaction: nobody hears what they listened to. */
function connections(kind: 'server' | 'pooler') {
  const listening = new Set<Hear>();
  const notify = (payload: string): void => listening.forEach((hear) => hear({ channel: 'changes', payload }));
  const connect = (): Promise<PostgresPoolClient> => {
    let hear: Hear = () => undefined;
    return Promise.resolve({
      query: ({ text }) => {
        if (text.startsWith('listen') && kind === 'server') listening.add(hear);
        const said = /pg_notify\('changes', '(.*)'\)/.exec(text)?.[1];
        if (said !== undefined) notify(said);
        return Promise.resolve({ rows: [], fields: [] });
      },
      on: (event: string, listener: Hear) => {
        if (event === 'notification') hear = listener;
      },
      release: () => void listening.delete(hear),
    });
  };
  const pool: PostgresPool = { connect, end: () => Promise.resolve() };
  return { pool, notify };
}

async function listen(kind: 'server' | 'pooler') {
  const { pool, notify } = connections(kind);
  const published: (readonly string[] | 'any')[] = [];
  const stop = new AbortController();
  const publish = (changed: Iterable<string> | 'any'): void => {
    const names: readonly string[] | 'any' = changed === 'any' ? 'any' : [...changed];
    if (names.length > 0) published.push(names);
  };
  await new ChangeListener(pool, 'changes', publish, stop.signal).start();
  return { notify, published, stop };
}

it('on a connection to the server publishes what was said, and nothing else', async () => {
  const { notify, published, stop } = await listen('server');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(published).toEqual([]);
  notify('["models"]');
  expect(published).toEqual([['models']]);
  stop.abort();
  expect(vi.getTimerCount()).toBe(0);
});

it('behind a pooler that passes no notifications on has its watchers look four times a second, until it is stopped', async () => {
  const { notify, published, stop } = await listen('pooler');
  notify('["models"]');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(published).toEqual(Array.from({ length: 40 }, () => 'any'));
  stop.abort();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(published).toHaveLength(40);
});
