import { describe, expect, it } from 'vitest';
import {
  type FollowedOperation,
  MLOpsError,
  type OperationEnd,
  type OperationStart,
  type Telemetry,
} from '@bondx/mlops';
import { ControlPlane } from '../../../src/governance/control-plane.js';
import { failure } from '../../helpers.js';
import { open, resource, scope } from './plane-fixture.js';

describe('the log', () => {
  it('is told of each operation, how long it took and what came of it', async () => {
    const told: Record<string, unknown>[] = [];
    const log = (line: object): void => void told.push({ ...line });
    const { context } = open(undefined, { log: log });
    const control = new ControlPlane(context);
    const began = performance.now();
    await control.access('registry.read', scope, () => new Promise((resolve) => setTimeout(resolve, 5)));
    const took = performance.now() - began;
    const error = new MLOpsError('NOT_FOUND', 'no');
    await failure(control.access('registry.read', scope, () => Promise.reject(error)));
    const nothing = control.access('registry.read', scope, () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw undefined;
    });
    expect(
      await nothing.then(
        () => 'done',
        (thrown: unknown) => thrown,
      ),
    ).toBeUndefined();
    await new ControlPlane({ ...context, principal: undefined }, 'library').access(
      'registry.read',
      scope,
      async () => undefined,
    );
    const durations = told.map(({ durationMs }) => durationMs as number);
    expect(durations[0]).toBeGreaterThanOrEqual(4);
    expect(durations[0]).toBeLessThanOrEqual(took + 0.001); // it is rounded
    expect(durations.every((ms) => ms >= 0 && Number.isInteger(Math.round(ms * 1000 * 1e6) / 1e6))).toBe(true);
    expect(told.map(({ durationMs: _ms, ...line }) => line)).toStrictEqual([
      { operation: 'registry.read', actor: 'dev' },
      { operation: 'registry.read', actor: 'dev', error },
      { operation: 'registry.read', actor: 'dev', error: 'unknown' },
      { operation: 'registry.read' },
    ]);
  });
});

/** Keeps what it is told; `faults` are what fails in it. */
function recorder(faults: { readonly begin?: boolean; readonly end?: boolean } = {}) {
  const begun: OperationStart[] = [];
  const ended: OperationEnd[] = [];
  let depth = 0;
  const telemetry: Telemetry = {
    begin: (start): FollowedOperation => {
      begun.push(start);
      if (faults.begin === true) throw new Error('no exporter');
      return {
        run: async (work) => {
          depth++;
          try {
            return await work();
          } finally {
            depth--;
          }
        },
        end: (outcome) => {
          ended.push(outcome);
          if (faults.end === true) throw new Error('no exporter');
        },
      };
    },
  };
  return { begun, ended, depth: () => depth, ...open(undefined, { telemetry }) };
}

describe('telemetry', () => {
  it('is told what begins, and of which model and version where it is about one', async () => {
    const { control, begun } = recorder();
    const nothing = async (): Promise<undefined> => undefined;
    await control.access('registry.read', { model: 'spread' }, nothing);
    await control.access('registry.read', 'store', nothing);
    await control.access('registry.read', { models: ['a', 'b'] }, nothing);
    await control.access('registry.read', async () => scope, nothing);
    const version = { ...resource, version: '1.2.0' };
    const plan = async () => ({ changes: [], result: 7 });
    expect(await control.change('tracking.end_run', { resource: version, scope }, plan)).toBe(7);
    await control.change('tracking.end_run', { resource, scope: 'store' }, plan);
    expect(begun).toStrictEqual([
      { operation: 'registry.read', modelName: 'spread' },
      ...Array.from({ length: 3 }, () => ({ operation: 'registry.read' })),
      { operation: 'tracking.end_run', modelName: 'spread', modelVersion: '1.2.0' },
      { operation: 'tracking.end_run' },
    ]);
  });

  it('follows the work from its beginning to its end', async () => {
    const { control, depth, ended } = recorder();
    const result = await control.access('registry.read', scope, async () => [depth(), ended.length]);
    expect(result).toEqual([1, 0]);
    expect([depth(), ended.length]).toEqual([0, 1]);
  });

  it('is told what came of it: the decision and facts of a change, the error of what failed', async () => {
    const { control, ended } = recorder();
    const change = (plan: object) =>
      control.change('tracking.end_run', { resource, scope }, async () => ({ changes: [], result: 1, ...plan }));
    await change({});
    await change({ decision: 'deny', detail: { gate: 'drift' } });
    await control.access('registry.read', scope, async () => undefined);
    const error = new MLOpsError('NOT_FOUND', 'no');
    expect(await failure(control.access('registry.read', scope, () => Promise.reject(error)))).toBe(error);
    expect(await failure(control.change('tracking.end_run', { resource, scope }, () => Promise.reject(error)))).toBe(
      error,
    );
    expect(ended).toStrictEqual([
      { decision: 'allow' },
      { decision: 'deny', detail: { gate: 'drift' } },
      {},
      { error },
      { error },
    ]);
  });

  it.each([{ begin: true }, { end: true }])('that fails with %j fails nothing else', async (faults) => {
    const { control, begun, ended, list } = recorder(faults);
    expect(await control.access('registry.read', scope, async () => 7)).toBe(7);
    const error = new MLOpsError('NOT_FOUND', 'no');
    expect(await failure(control.access('registry.read', scope, () => Promise.reject(error)))).toBe(error);
    await control.change('tracking.end_run', { resource, scope }, async () => ({ changes: [], result: 1 }));
    expect([begun.length, ended.length]).toEqual([3, faults.end === true ? 3 : 0]);
    expect(await list()).toMatchObject([{ action: 'tracking.end_run', decision: 'allow' }]);
  });
});
