import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  Alerts,
  AuditLog,
  type AuditRecord,
  ExperimentTracker,
  MLOpsConfig,
  MLOpsError,
  type Principal,
  type Storage,
} from '@bondx/mlops';
import { openFilesystemStorage } from '../../../src/adapters/filesystem/filesystem-storage.js';
import { listAuditRecords } from '../../../src/governance/audit-trail.js';
import { verifyAuditTrail } from '../../../src/governance/audit/verify-stored-log.js';
import { listPolicies } from '../../../src/governance/policy/stored-policy.js';
import { createWorld, failure } from '../../helpers.js';
import { over } from '../audit/log-fixture.js';

type PolicyInput = Parameters<typeof MLOpsConfig.fromObject>[0];

const folder = mkdtempSync(join(tmpdir(), 'note-policy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const warnings: string[] = [];
beforeEach(() => {
  warnings.length = 0;
  vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(String(warning)));
});
afterEach(() => vi.restoreAllMocks());

const quorum = (requiredApprovals: number): PolicyInput => ({ promotion: { requiredApprovals } });

/** One process after the other on the same store, each with a policy of its own. */
function createOffice() {
  const { options, storage, clock } = createWorld();
  const begin = (policy: PolicyInput, own: Storage = storage, principal: Principal = options.principal!) => {
    const config = MLOpsConfig.fromObject(policy, { environment: {} });
    const context = { ...options, storage: own, principal };
    return { config, context, tracker: new ExperimentTracker(config, context) };
  };
  const work = async (policy: PolicyInput, own?: Storage) => {
    const process = begin(policy, own);
    await process.tracker.startRun({ experimentName: 'e' });
    return process;
  };
  const ofPolicy = async (): Promise<readonly AuditRecord[]> =>
    (await listAuditRecords(storage)).filter(({ action }) => action.startsWith('policy.'));
  const actions = async (): Promise<readonly string[]> => (await listAuditRecords(storage)).map(({ action }) => action);
  return { options, storage, clock, begin, work, ofPolicy, actions };
}

describe('a policy edit', () => {
  it('is recorded at a time before that of the operation which follows', async () => {
    const { begin, storage, options } = createOffice();
    let now = 0;
    const ticking = { now: () => ++now };
    for (const approvals of [2, 1]) {
      const { config } = begin(quorum(approvals));
      await new ExperimentTracker(config, { ...options, clock: ticking }).startRun({ experimentName: 'e' });
    }
    const times = (await listAuditRecords(storage)).map(({ ts }) => ts);
    expect(times).toEqual([...new Set(times)].toSorted());
    expect(times).toHaveLength(3);
  });

  it('that lowers the quorum is audited before the first operation under it, and warned of', async () => {
    const { work, actions, ofPolicy, storage } = createOffice();
    const { config: before } = await work(quorum(2));
    const { config: after } = await work(quorum(1));
    expect(await actions()).toEqual(['tracking.start_run', 'policy.weakened', 'tracking.start_run']);
    expect((await ofPolicy())[0]).toMatchObject({
      actor: { id: 'ada' },
      decision: 'allow',
      resource: { type: 'policy', id: 'development', digest: after.digest },
      policyDigest: after.digest,
      detail: {
        from: before.digest,
        to: after.digest,
        changes: [{ key: 'promotion.required_approvals', effect: 'weaker', from: 2, to: 1 }],
      },
    });
    expect(warnings).toEqual([
      'the policy for development is weaker than the one last in effect: promotion.required_approvals 2 → 1; the audit ' +
        'record policy.weakened says so. If nobody decided that, restore the policy',
    ]);
    expect(await verifyAuditTrail(storage)).toMatchObject({ status: 'ok', records: 3 });
  });

  it('that removes approvals and access altogether names both', async () => {
    const { work, ofPolicy } = createOffice();
    await work({ ...quorum(2), access: { bindings: [{ principal: 'ada', role: 'developer' }] } });
    await work({});
    expect((await ofPolicy()).map(({ action, detail }) => [action, detail!['changes']])).toEqual([
      [
        'policy.weakened',
        [
          { key: 'promotion.required_approvals', effect: 'weaker', from: 2, to: 0 },
          { key: 'access.bindings', effect: 'weaker', from: '1 bindings', to: 'everybody may do everything' },
        ],
      ],
    ]);
  });

  it('that makes it stricter is audited without alarm', async () => {
    const { work, ofPolicy } = createOffice();
    await work(quorum(1));
    await work(quorum(3));
    expect(await ofPolicy()).toMatchObject([
      {
        action: 'policy.changed',
        detail: { changes: [{ key: 'promotion.required_approvals', effect: 'stricter', from: 1, to: 3 }] },
      },
    ]);
    expect(warnings).toEqual([]);
  });

  it('that touches no safeguard, or only how they are written, leaves no record', async () => {
    const { work, ofPolicy, storage } = createOffice();
    const bindings = [
      { principal: 'ada', role: 'developer' },
      { principal: 'rita', role: 'risk' },
    ];
    await work({ access: { bindings } });
    await work({ access: { bindings: bindings.toReversed() }, drift: { psiThreshold: 0.4 } });
    await work({ access: { bindings: bindings.toReversed() } });
    expect(await ofPolicy()).toEqual([]);
    const [remembered] = await listPolicies(storage);
    expect(remembered!.safeguards.access.bindings[0]!.principal).toBe('rita');
  });

  it('is audited once a change, however many processes begin and however often', async () => {
    const { work, ofPolicy, storage } = createOffice();
    await work(quorum(2));
    for (let i = 0; i < 3; i++) await work(quorum(1), over(storage));
    await work(quorum(2));
    const { tracker } = await work(quorum(1));
    await tracker.startRun({ experimentName: 'e' });
    expect((await ofPolicy()).map(({ action }) => action)).toEqual([
      ...['policy.weakened', 'policy.changed', 'policy.weakened'],
    ]);
  });

  it('is audited once when many handles begin under it at the same moment, and no operation is lost', async () => {
    const { work, begin, actions, storage } = createOffice();
    await work(quorum(2));
    const trackers = Array.from({ length: 6 }, () => begin(quorum(0), over(storage)).tracker);
    await Promise.all(trackers.flatMap((tracker) => [1, 2, 3].map(() => tracker.startRun({ experimentName: 'e' }))));
    const all = await actions();
    expect(all.filter((action) => action === 'policy.weakened')).toHaveLength(1);
    expect(all.slice(0, 2)).toEqual(['tracking.start_run', 'policy.weakened']);
    expect(all).toHaveLength(1 + 1 + 18);
    expect(await verifyAuditTrail(storage)).toMatchObject({ status: 'ok' });
  });

  it('is audited once by processes that begin together', async () => {
    const place = join(folder, 'together');
    const run = (approvals: number, runs: number) => {
      const args = ['tests/governance/policy/children/start-run.ts', place, String(approvals), String(runs)];
      const child = spawn(process.execPath, ['--import', 'tsx', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
      const said: string[] = [];
      child.stderr.on('data', (data: Buffer) => said.push(data.toString()));
      return { child, said, ready: once(child.stdout, 'data'), ended: once(child, 'close') };
    };
    const go = async (all: readonly ReturnType<typeof run>[]): Promise<void> => {
      await Promise.all(all.map(({ ready }) => ready));
      for (const { child } of all) child.stdin.end('go\n');
      expect((await Promise.all(all.map(({ ended }) => ended))).flat()).toEqual(all.flatMap(() => [0, null]));
    };
    await go([run(2, 1)]);
    const together = [run(1, 5), run(1, 5), run(1, 5)];
    await go(together);
    const storage = await openFilesystemStorage(join(place, 'data'));
    const actions = (await listAuditRecords(storage)).map(({ action }) => action);
    expect(actions.filter((action) => action === 'policy.weakened')).toHaveLength(1);
    expect(actions).toHaveLength(1 + 1 + 15);
    expect(actions[1]).toBe('policy.weakened');
    expect(await verifyAuditTrail(storage)).toMatchObject({ status: 'ok' });
    const warned = together.filter(({ said }) => said.join('').includes('weaker than the one last in effect'));
    expect(warned).toHaveLength(1);
    await storage.close();
  }, 60_000);

  it('shows at an operation that is denied, too', async () => {
    const { work, begin, actions, ofPolicy } = createOffice();
    const bindings = [{ principal: 'rita', role: 'risk' }];
    await work({ ...quorum(2), access: { bindings: [...bindings, { principal: 'ada', role: 'developer' }] } });
    const { tracker } = begin({ ...quorum(1), access: { bindings } });
    expect(await failure(tracker.startRun({ experimentName: 'e' }))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await actions()).toEqual(['tracking.start_run', 'policy.weakened', 'tracking.start_run']);
    expect((await ofPolicy())[0]).toMatchObject({ actor: { id: 'ada' }, decision: 'allow' });
  });

  it('is not noticed by reading: a store that cannot be written can be read under it', async () => {
    const { work, begin, storage, ofPolicy } = createOffice();
    await work(quorum(2));
    const readOnly = over(storage, {
      commit: () => Promise.reject(new MLOpsError('STORAGE_READ_ONLY', 'the disk is read-only')),
    });
    const { tracker } = begin(quorum(0), readOnly);
    expect((await tracker.listRuns()).runs).toHaveLength(1);
    const code = (await failure(tracker.startRun({ experimentName: 'e' }))).code;
    expect([code, await ofPolicy(), warnings]).toEqual(['STORAGE_READ_ONLY', [], []]);
    await work(quorum(0)); // the first that can write tells
    expect(await ofPolicy()).toHaveLength(1);
  });

  it('is told by the next operation when the one that noticed it failed', async () => {
    const { work, begin, storage, ofPolicy } = createOffice();
    await work(quorum(2));
    let failures = 1;
    const flaky = over(storage, {
      commit: (...args) =>
        failures-- > 0 ? Promise.reject(new MLOpsError('STORAGE_FULL', 'the disk is full')) : storage.commit(...args),
    });
    const { tracker } = begin(quorum(1), flaky);
    expect(await failure(tracker.startRun({ experimentName: 'e' }))).toMatchObject({ code: 'STORAGE_FULL' });
    expect(await ofPolicy()).toEqual([]);
    await tracker.startRun({ experimentName: 'e' });
    expect(await ofPolicy()).toHaveLength(1);
  });

  it('costs no reads or commits once it was noted', async () => {
    const { begin, storage } = createOffice();
    const asked = { policy: 0, commits: 0 };
    const counting = over(storage, {
      get: (collection, id) => {
        if (collection === 'governance.policies') asked.policy++;
        return storage.get(collection, id);
      },
      commit: (...args) => {
        asked.commits++;
        return storage.commit(...args);
      },
    });
    const { tracker } = begin(quorum(1), counting);
    await tracker.startRun({ experimentName: 'e' });
    const first = { ...asked };
    expect(first.policy).toBeGreaterThan(0);
    for (let i = 0; i < 5; i++) await tracker.startRun({ experimentName: 'e' });
    expect(asked).toEqual({ policy: first.policy, commits: first.commits + 5 });
  });
});

describe('environments', () => {
  it('are remembered apart; one that is new is held against the policy that changed last', async () => {
    const { work, clock, ofPolicy, storage } = createOffice();
    await work({ ...quorum(2), environment: 'staging' });
    clock.advance(1_000);
    await work({ ...quorum(1), environment: 'development' });
    clock.advance(1_000);
    await work({ ...quorum(2), environment: 'staging' });
    await work({ ...quorum(1), environment: 'development' });
    expect(await ofPolicy()).toMatchObject([
      {
        action: 'policy.weakened',
        resource: { id: 'development' },
        detail: {
          changes: [
            { key: 'environment', from: 'staging', to: 'development' },
            { key: 'promotion.required_approvals', from: 2, to: 1 },
          ],
        },
      },
    ]);
    expect(await listPolicies(storage)).toHaveLength(2);
  });
});

describe('alerts', () => {
  it('tell of a policy that was made weaker until one is as strict as before, each time once', async () => {
    const { work, begin, storage, clock } = createOffice();
    const scan = async (policy: PolicyInput) => {
      const { config, context } = begin(policy, over(storage));
      return (await new Alerts(config, context).scan()).map(({ notice, alert }) => [notice, alert.message]);
    };
    const edit = async (policy: PolicyInput) => {
      clock.advance(86_400_000);
      await work(policy);
      return [...(await scan(policy)), ...(await scan(policy))];
    };
    expect(await edit(quorum(3))).toEqual([]);
    expect(await edit(quorum(4))).toEqual([]);
    expect(await edit(quorum(2))).toEqual([['raised', 'promotion.required_approvals 4 → 2']]);
    expect(await edit(quorum(1))).toEqual([['repeated', 'promotion.required_approvals 4 → 1']]);
    expect(await edit(quorum(3))).toEqual([]); // stricter, and still weaker than it was
    expect(await edit(quorum(4))).toEqual([['recovered', 'promotion.required_approvals 4 → 1']]);
    expect(await edit(quorum(1))).toEqual([['raised', 'promotion.required_approvals 4 → 1']]);
  });

  it('are critical, and say which keys', async () => {
    const { work, begin } = createOffice();
    await work(quorum(2));
    await work(quorum(0));
    const { config, context } = begin(quorum(0));
    const [event] = await new Alerts(config, context).scan();
    const [record] = await new AuditLog(config, context).list({ action: 'policy.weakened' });
    expect(event!.alert).toMatchObject({
      key: 'policy/development',
      source: 'policy',
      severity: 'critical',
      title: 'the policy for development was made weaker',
      evidence: { recordId: record!.id, keys: ['promotion.required_approvals'] },
    });
  });
});
