import { describe, expect, it } from 'vitest';
import { AuditLog, ExperimentTracker, MLOpsError, type Storage } from '@bondx/mlops';
import { createContext } from '../../src/runtime/context.js';
import { RunLeases } from '../../src/tracking/run-leases.js';
import { createWorld } from '../helpers.js';

const lease = 60_000;

/** A run that is going, its lease, and the storage as its process sees it. */
async function goingRun(wrap: (storage: Storage) => Storage) {
  const { config, options, clock, storage } = createWorld();
  const leases = new RunLeases(createContext(config, { ...options, storage: wrap(storage) }));
  await storage.commit([leases.take('r')]);
  leases.begin('r');
  const expiresAt = async () => ((await storage.get('run_leases', 'r'))?.value as { expiresAt: number }).expiresAt;
  return { leases, clock, storage, expiresAt };
}

describe('the heartbeat of a run', () => {
  it('goes on after one took longer than the interval', async () => {
    const { leases, clock, expiresAt } = await goingRun((storage) => storage);
    await Promise.all([leases.renew(), leases.renew()]);
    clock.advance(30_000);
    await leases.renew();
    expect(await expiresAt()).toBe(clock.now() + lease);
    leases.close();
  });

  it('goes on after a commit whose answer was lost', async () => {
    let commits = 0;
    const { leases, clock, expiresAt } = await goingRun((storage) =>
      Object.assign(Object.create(storage) as Storage, {
        get: storage.get.bind(storage),
        commit: async (...args: Parameters<Storage['commit']>) => {
          const results = await storage.commit(...args);
          if (++commits !== 2) return results;
          throw new MLOpsError('STORAGE_UNAVAILABLE', 'it is not known whether the commit was written');
        },
      }),
    );
    for (let beat = 0; beat < 3; beat++) {
      clock.advance(20_000);
      await leases.renew();
    }
    expect(await expiresAt()).toBe(clock.now() + lease);
    leases.close();
  });

  it('ends with the lease', async () => {
    const { leases, storage } = await goingRun((inner) => inner);
    await storage.commit([RunLeases.drop('r')]);
    await leases.renew();
    await leases.renew();
    expect(await storage.get('run_leases', 'r')).toBeUndefined();
    leases.close();
  });
});

it('readers that find a dead run at the same time say nothing untrue of it', async () => {
  const { config, options, clock } = createWorld();
  const owner = new ExperimentTracker(config, options);
  const readers = Array.from({ length: 3 }, () => new ExperimentTracker(config, options));
  const runIds = [await owner.startRun({ experimentName: 'e' }), await owner.startRun({ experimentName: 'e' })];
  clock.advance(lease + 1_001);
  await Promise.all(readers.map((reader) => reader.listRuns()));
  const records = await new AuditLog(config, options).list({ action: 'tracking.kill_run' });
  expect(records.filter(({ decision }) => decision === 'allow')).toHaveLength(runIds.length);
  expect(records.filter(({ reason }) => reason?.includes('signs of life'))).toEqual([]);
  await owner.close();
});

describe('a run of another host, whose clock may be another', () => {
  /** A run whose lease says that it is of another host, and a reader here. */
  async function runElsewhere() {
    const { config, options, clock, storage } = createWorld();
    await using owner = new ExperimentTracker(config, options);
    const runId = await owner.startRun({ experimentName: 'e', heartbeat: false });
    const beat = async (expiresAt: number): Promise<void> => {
      const value = { runId, expiresAt, host: 'elsewhere' };
      await storage.commit([
        { kind: 'put', collection: 'run_leases', id: runId, value, index: { expiresAt }, expect: 'any' },
      ]);
    };
    const reader = new ExperimentTracker(config, options);
    const statusAfter = async (ms: number) => {
      clock.advance(ms);
      return (await reader.listRuns()).runs[0]!.status;
    };
    return { clock, beat, reader, statusAfter };
  }

  it('goes on while it gives signs of life, however far its clock is behind', async () => {
    const { clock, beat, reader, statusAfter } = await runElsewhere();
    for (let i = 0; i < 10; i++) {
      await beat(clock.now() + lease - 1_200_000);
      expect(await statusAfter(30_000)).toBe('running');
    }
    await reader.close();
  });

  it('ends when the reader has seen none for as long as a lease lasts', async () => {
    const { clock, beat, reader, statusAfter } = await runElsewhere();
    await beat(clock.now() - 1);
    expect(await statusAfter(0)).toBe('running');
    expect(await statusAfter(lease - 1)).toBe('running');
    expect(await statusAfter(1_001)).toBe('killed');
    await reader.close();
  });

  it('ends at once a day after its lease', async () => {
    const { clock, beat, reader, statusAfter } = await runElsewhere();
    await beat(clock.now());
    expect(await statusAfter(86_400_000)).toBe('killed');
    await reader.close();
  });
});
