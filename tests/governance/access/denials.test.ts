import { describe, expect, it } from 'vitest';
import { AuditLog, ExperimentTracker, MLOpsError } from '@bondx/mlops';
import { Denials } from '../../../src/governance/access/denials.js';
import { ControlPlane } from '../../../src/governance/control-plane.js';
import { createWorld, failure } from '../../helpers.js';
import { as, bindings, open, scope } from './plane-fixture.js';

describe('a denial', () => {
  it('is recorded for each caller, also for those without a name', async () => {
    const { context, list } = open();
    for (const caller of [as('eve'), as('eve'), as('mallory'), { ...as('eve'), type: 'service' as const }]) {
      const plane = new ControlPlane({ ...context, principal: caller });
      await failure(plane.access('registry.read', scope, async () => undefined));
    }
    const nameless = new ControlPlane({ ...context, principal: undefined });
    for (let i = 0; i < 2; i++) {
      expect(await failure(nameless.access('registry.read', scope, async () => undefined))).toMatchObject({
        code: 'UNAUTHENTICATED',
      });
    }
    expect((await list()).map(({ actor: { type, id } }) => `${type} ${id}`)).toEqual([
      ...['person eve', 'person mallory', 'service eve', 'unknown anonymous'],
    ]);
  });

  it('like others is recorded once a minute, however many instances the caller is given', async () => {
    const forbids = [{ role: 'developer', permissions: ['read'] }] as const;
    const both = [...bindings, { principal: 'bob', role: 'developer' }];
    const { context, clock, storage, config, options } = open({ access: { bindings: both, forbids } });
    const denied = (id: string, stores = context.stores): Promise<Error> =>
      failure(
        new ControlPlane({ ...context, stores, principal: as(id) }).access('registry.read', scope, async () => 1),
      );
    for (const id of ['dev', 'bob', 'dev', 'dev']) await denied(id);
    clock.advance(60_000);
    await denied('dev');
    const records = await new AuditLog(config, { ...options, principal: as('aud') }).list();
    expect(records.map(({ actor, detail }) => [actor.id, detail])).toEqual([
      ...[
        ['dev', undefined],
        ['bob', undefined],
      ],
      ['dev', { unrecorded: 2 }],
    ]);
    const other = createWorld();
    await denied('dev', { ...context.stores, storage: async () => other.storage });
    expect((await other.storage.read('audit')).entries).toHaveLength(1);
    expect((await storage.read('audit')).entries).toHaveLength(3);
  });

  it('of a caller who is given an instance with each request is one in the trail', async () => {
    const { config, options, list } = open();
    await using shared = new ExperimentTracker(config, options);
    for (let i = 0; i < 3; i++) {
      expect(await failure(shared.withPrincipal(as('eve')).listRuns())).toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(await list()).toMatchObject([{ action: 'tracking.read', decision: 'deny', actor: { id: 'eve' } }]);
  });

  it('is none when the scope of a read cannot be found', async () => {
    const { control, storage } = open({
      access: { bindings: [{ principal: 'dev', role: 'developer', models: ['spread'] }] },
    });
    for (const error of [new TypeError('a bug'), new MLOpsError('STORAGE_UNAVAILABLE', 'gone')]) {
      const broken = control.access(
        'registry.read',
        () => Promise.reject(error),
        async () => 1,
      );
      expect(await failure(broken)).toBe(error);
    }
    expect((await storage.read('audit')).entries).toEqual([]);
  });
});

describe('denials that are alike', () => {
  it('are noted once in sixty seconds, with the number of those in between', () => {
    const denials = new Denials();
    expect([0, 1, 59_999].map((now) => denials.note('a', now))).toEqual([0, undefined, undefined]);
    expect(denials.note('b', 59_999)).toBe(0);
    expect(denials.note('a', 60_000)).toBe(2);
    expect(denials.note('a', 60_001)).toBeUndefined();
    expect(denials.note('a', 200_000)).toBe(1);
    expect(denials.note('a', 300_000)).toBe(0);
  });

  it('are remembered of the thousand callers that were noted last', () => {
    const denials = new Denials();
    for (let i = 0; i < 1_000; i++) expect(denials.note(`k${i}`, i)).toBe(0);
    expect(denials.note('k0', 1_000)).toBeUndefined(); // all of them are known
    expect(denials.note('new', 1_000)).toBe(0); // and the oldest makes room
    expect(denials.note('k1', 1_000)).toBeUndefined();
    expect(denials.note('k0', 1_000)).toBe(0);
  });
});
