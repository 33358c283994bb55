import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '@bondx/mlops/testing';
import { Alerts, type AlertEvent, type DriftReport, type PerformanceReport } from '@bondx/mlops';
import {
  canaryFinding,
  driftFinding,
  healthFinding,
  performanceFinding,
  retrainingFinding,
} from '../../src/monitoring/alerts/rules.js';
import { ControlPlane } from '../../src/governance/control-plane.js';
import { DueChecks } from '../../src/monitoring/alerts/due-checks.js';
import { contextOf } from '../../src/runtime/context.js';
import type { Storage } from '../../src/storage/storage.js';
import type { Timer } from '../../src/util/timer.js';
import { putDeployment } from '../../src/canary/deployment.js';
import { modelsCollection } from '../../src/registry/model-record.js';
import { putPerformanceReport } from '../../src/retraining/performance/performance-report.js';
import { noteRefusal } from '../../src/retraining/refusals.js';
import { putRetraining } from '../../src/retraining/retraining-record.js';
import { createWorld, failure } from '../helpers.js';

const minutes = 60_000;
const { monitoring } = createWorld().config.policy;

const driftReport = (reportId: string, verdict: DriftReport['verdict'], distance = 0.2, createdAt = ''): DriftReport =>
  ({
    reportId,
    modelName: 'spread',
    verdict,
    createdAt,
    driftedFeatures: verdict === 'drifted' ? ['coupon'] : [],
    columns: [
      {
        column: 'coupon',
        verdict,
        message: `coupon: ${verdict}`,
        distance: { value: distance, lower: distance - 0.1, upper: distance + 0.1 },
      },
    ],
  }) as unknown as DriftReport;

const performanceReport = (verdict: PerformanceReport['verdict']): PerformanceReport =>
  ({ reportId: 'p', modelName: 'spread', modelVersion: '1.0.0', verdict, reason: 'mae is 3' }) as PerformanceReport;

describe('the rules', () => {
  it('call drift critical from monitoring.critical_drift_threshold', () => {
    expect(driftFinding(driftReport('r', 'drifted', 0.29), monitoring)).toMatchObject({ severity: 'warning' });
    expect(driftFinding(driftReport('r', 'drifted', 0.3), monitoring)).toMatchObject({ severity: 'critical' });
    const tolerant = { ...monitoring, criticalDriftThreshold: 0.5 };
    expect(driftFinding(driftReport('r', 'drifted', 0.3), tolerant)).toMatchObject({ severity: 'warning' });
  });

  it.each(['inconclusive', 'not_assessed'] as const)('say nothing of what is %s', (verdict) => {
    expect(driftFinding(driftReport('r', verdict), monitoring)).toBeUndefined();
    expect(performanceFinding(performanceReport(verdict), monitoring)).toMatchObject({ state: 'unclear' });
  });

  it('are switched off one by one', () => {
    const deployment = { deploymentId: 'd', modelName: 'm', status: 'halted', history: [], endReason: null } as never;
    const retraining = { retrainingId: 'r', status: 'failed', error: 'e', plan: { modelName: 'm' } } as never;
    const health = { status: 'unhealthy', checkedAt: '', checks: [] } as const;
    const found = (policy: typeof monitoring) =>
      [
        driftFinding(driftReport('r', 'drifted'), policy),
        performanceFinding(performanceReport('dropped'), policy),
        canaryFinding(deployment, policy),
        retrainingFinding(retraining, policy),
        healthFinding(health, 'c', policy),
      ].map((finding) => finding?.source);
    const sources = ['drift', 'performance', 'canary', 'retraining', 'health'];
    const keys = [
      'alertOnDrift',
      'alertOnPerformanceDrop',
      'alertOnCanaryEnd',
      'alertOnRetrainingFailure',
      'alertOnHealthIssues',
    ] as const;
    expect(found(monitoring)).toEqual(sources);
    keys.forEach((key, i) => {
      expect(found({ ...monitoring, [key]: false })).toEqual(sources.with(i, undefined as never));
    });
  });
});

/** Until when the drift check counts as being made. */
async function untilOf(storage: Storage): Promise<number> {
  const record = await storage.get('monitoring_checks', 'drift_reports/spread');
  return (record!.value as { readonly until: number }).until;
}

/** Alerts over a world in which drift reports can be stored. */
function setUp(policy: Parameters<typeof createWorld>[0] = {}) {
  const world = createWorld(policy);
  const alerts = new Alerts(world.config, world.options);
  const events: AlertEvent[] = [];
  alerts.subscribe((event) => events.push(event));
  let stored = 0;
  const store = async (verdict: DriftReport['verdict'], distance?: number): Promise<void> => {
    const report = driftReport(`r${++stored}`, verdict, distance, new Date(world.clock.now() + stored).toISOString());
    const { reportId: id, modelName, createdAt } = report;
    const value = report as never;
    const index = { modelName, createdAt };
    await world.storage.commit([{ kind: 'put', collection: 'drift_reports', id, value, index, expect: 'absent' }]);
  };
  return { ...world, alerts, events, store, notices: () => events.map(({ notice }) => notice) };
}

describe('alerts of what was done', () => {
  const retraining = (status: string, startedAt: number, error: string | null = null) => {
    const plan = { modelName: 'pd', trigger: 'drift', reportId: null };
    const about = { plan, dataDigest: 'sha256:0', endedAt: null };
    return putRetraining({ retrainingId: `r${startedAt}`, status, error, startedAt, ...about } as never, 'absent');
  };
  const canary = (status: string, createdAt: number) => {
    const versions = { candidateVersion: '1.1.0', productionVersion: '1.0.0' };
    const about = { deploymentId: `d${createdAt}`, modelName: 'pd', ...versions, history: [] };
    return putDeployment({ ...about, status, createdAt } as never, 'absent');
  };

  it('are raised by the latest canary and retraining of a model, and by what kept one from beginning since', async () => {
    const { alerts, clock, storage, config } = setUp();
    const cooldownMs = config.policy.retraining.cooldownHours * 3_600_000;
    const refuse = (error: string, at: number) =>
      noteRefusal(storage, { refusalId: `f${at}`, modelName: 'pd', trigger: 'drift', error, at }, cooldownMs);
    const steps: readonly [() => Promise<unknown>, readonly string[]][] = [
      [() => storage.commit([retraining('running', clock.now()), canary('active', clock.now())]), []],
      [() => storage.commit([canary('rolled_back', clock.now())]), ['raised canary/pd']],
      [() => storage.commit([retraining('failed', clock.now(), 'no room')]), ['raised retraining/pd']],
      [() => storage.commit([retraining('registered', clock.now())]), ['recovered retraining/pd']],
      [() => refuse('no rows', clock.now()), ['raised retraining/pd']],
      [() => storage.commit([canary('promoted', clock.now())]), ['recovered canary/pd']],
      [() => storage.commit([retraining('rejected', clock.now())]), ['recovered retraining/pd']],
      [() => refuse('no rows', clock.now() + 2 * 86_400_000), []], // by a clock that is wrong
    ];
    for (const [i, [happen, expected]] of steps.entries()) {
      clock.advance(1_000);
      await happen();
      const told = (await alerts.scan()).map(({ notice, alert }) => `${notice} ${alert.key}`);
      expect(told, `step ${i}`).toEqual(expected);
      expect(await alerts.scan()).toEqual([]);
    }
  });

  it('are raised for every model, however many there are', async () => {
    const { alerts, storage } = setUp();
    const changes = Array.from({ length: 501 }, (_, i) => ({
      ...{ kind: 'put', collection: modelsCollection, id: `m${i}`, value: {}, expect: 'absent' },
    }));
    await storage.commit(changes as never);
    const last = putPerformanceReport({
      ...performanceReport('dropped'),
      ...{ reportId: 'p', modelName: 'm99', createdAt: '2026-01-01T00:00:00.000Z' }, // the last one by name
    });
    await storage.commit([last]);
    expect((await alerts.scan()).map(({ alert }) => alert.key)).toEqual(['performance/m99']);
  });
});

describe('an alert about the performance of a version', () => {
  const steps = [
    ['1.0.0', 'inconclusive', []],
    ['1.0.0', 'dropped', ['raised']],
    ['1.0.0', 'inconclusive', []],
    ['1.1.0', 'inconclusive', ['recovered']],
    ['1.1.0', 'not_assessed', []],
    ['1.1.0', 'dropped', ['raised']],
    ['1.1.0', 'held', ['recovered']],
  ] as const;

  it('recovers when another version has taken its place, also where nobody can tell yet how that one does', async () => {
    const { alerts, clock, storage, events, store } = setUp();
    await store('stable'); // makes the model known
    for (const [i, [modelVersion, verdict, expected]] of steps.entries()) {
      clock.advance(1_000);
      const createdAt = new Date(clock.now()).toISOString();
      const report = { ...performanceReport(verdict), reportId: `p${i}`, modelVersion, createdAt };
      await storage.commit([putPerformanceReport(report)]);
      expect(
        (await alerts.scan()).map(({ notice }) => notice),
        `${i}: ${modelVersion} ${verdict}`,
      ).toEqual(expected);
    }
    expect(events[1]!.alert).toMatchObject({
      title: 'spread 1.0.0: performance dropped',
      recovery: 'spread 1.1.0 is in production now: mae is 3',
    });
  });
});

describe('an alert', () => {
  it('is raised once for a piece of evidence, by however many processes', async () => {
    const { alerts, config, options, store, notices } = setUp();
    await store('drifted');
    const others = [new Alerts(config, options), new Alerts(config, options)];
    const raised = await Promise.all([alerts, ...others].map((one) => one.scan()));
    expect(raised.flat()).toHaveLength(1);
    await alerts.scan();
    expect(notices().length).toBeLessThanOrEqual(1);
    expect((await alerts.list()).alerts).toMatchObject([{ key: 'drift/spread', status: 'open', count: 1 }]);
  });

  it('rests for monitoring.alert_cooldown_minutes, escalates at once, and tells when it is over', async () => {
    const { alerts, clock, store, notices } = setUp({ monitoring: { alertCooldownMinutes: 60 } });
    const see = async (verdict: DriftReport['verdict'], distance?: number): Promise<void> => {
      clock.advance(20 * minutes);
      await store(verdict, distance);
      await alerts.scan();
    };
    await see('drifted');
    await see('drifted');
    await see('inconclusive', 0.01);
    expect(notices()).toEqual(['raised']);
    await see('drifted');
    expect(notices()).toEqual(['raised', 'repeated']);
    await see('drifted', 0.6);
    expect(notices()).toEqual(['raised', 'repeated', 'escalated']);
    await see('stable', 0.01);
    await see('stable', 0.01);
    expect(notices()).toEqual(['raised', 'repeated', 'escalated', 'recovered']);
    const { alerts: listed } = await alerts.list();
    expect(listed).toMatchObject([{ status: 'recovered', count: 4, severity: 'critical' }]);
    await see('drifted');
    expect((await alerts.list({ status: 'open' })).alerts).toHaveLength(1);
    expect(notices().at(-1)).toBe('raised');
  });

  it('goes by the newest report although a process that looked before it takes its own up later', async () => {
    const { alerts, clock, storage, store, notices, config, options } = setUp();
    await store('drifted');
    await alerts.scan();
    clock.advance(minutes);
    await store('drifted', 0.6);
    const get = storage.get.bind(storage);
    let hasSlept = false;
    storage.get = async (collection, id) => {
      if (collection === 'alert_keys' && !hasSlept) {
        hasSlept = true; // this process sleeps after it has looked
        clock.advance(minutes);
        await store('stable');
        await new Alerts(config, options).scan();
      }
      return get(collection, id);
    };
    await alerts.scan();
    expect(hasSlept).toBe(true);
    expect(notices()).toEqual(['raised']);
    expect((await alerts.list()).alerts).toMatchObject([{ status: 'recovered', severity: 'warning' }]);
  });

  it('is raised for a report although one that a wrong clock has dated in the future is there', async () => {
    const { alerts, clock, store, notices } = setUp();
    clock.advance(300 * 24 * 60 * minutes);
    await store('stable');
    clock.advance(-300 * 24 * 60 * minutes);
    await store('drifted');
    await alerts.scan();
    expect(notices()).toEqual(['raised']);
  });

  it('that comes and goes escalates once, and then rests as others do', async () => {
    const { alerts, clock, notices } = setUp({ monitoring: { alertCooldownMinutes: 60 } });
    const see = async (severity: 'warning' | 'critical', afterMinutes: number): Promise<void> => {
      clock.advance(afterMinutes * minutes);
      await alerts.raise({ key: 'k', severity, title: 't', message: 'm' });
    };
    await see('warning', 0);
    for (let i = 0; i < 3; i++) {
      await see('critical', 5);
      await see('warning', 5);
    }
    expect(notices()).toEqual(['raised', 'escalated']);
    await see('warning', 60);
    await see('critical', 5); // worse than what was told last
    expect(notices()).toEqual(['raised', 'escalated', 'repeated', 'escalated']);
  });

  it('that was acknowledged is not repeated, unless it gets worse', async () => {
    const { alerts, clock, events, notices } = setUp();
    const alert = { key: 'k', severity: 'warning', title: 't', message: 'm' } as const;
    await alerts.raise(alert);
    const { alertId } = events[0]!.alert;
    const acknowledged = await alerts.acknowledge(alertId, { comment: 'mine' });
    expect(acknowledged).toMatchObject({ status: 'acknowledged', acknowledgedBy: 'ada', comment: 'mine' });
    clock.advance(24 * 60 * minutes);
    expect(await alerts.raise(alert)).toBeUndefined();
    await alerts.raise({ ...alert, severity: 'critical' });
    expect(notices()).toEqual(['raised', 'escalated']);
    expect(await alerts.get(alertId)).toMatchObject({ status: 'open', count: 3 });
    await alerts.recover({ key: 'k', message: 'fine' });
    expect(await failure(alerts.acknowledge(alertId))).toMatchObject({ code: 'ILLEGAL_STATE' });
    expect(await alerts.recover({ key: 'k', message: 'fine' })).toBeUndefined();
  });

  it('is shown with what is known of it, from its beginning to its end', async () => {
    const { alerts, clock } = setUp();
    const at = (): string => new Date(clock.now()).toISOString();
    const raisedAt = at();
    const { alertId } = (await alerts.raise({ key: 'k', severity: 'critical', title: 't', message: 'm' }))!.alert;
    const raised = {
      ...{ alertId, key: 'custom/k', source: 'custom', severity: 'critical', status: 'open', title: 't', message: 'm' },
      ...{ evidence: {}, raisedAt, lastSeenAt: raisedAt, count: 1 },
    };
    expect(await alerts.get(alertId)).toEqual(raised);
    clock.advance(minutes);
    const acknowledged = {
      ...raised,
      status: 'acknowledged',
      acknowledgedAt: at(),
      acknowledgedBy: 'ada',
      comment: 'on it',
    };
    const ada = alerts.withPrincipal({ id: 'ada', type: 'person', authentication: 'application' });
    expect(await ada.acknowledge(alertId, { comment: 'on it' })).toEqual(acknowledged);
    clock.advance(minutes);
    expect(await alerts.acknowledge(alertId, { comment: 'again' })).toEqual(acknowledged); // the first one stays
    await alerts.recover({ key: 'k', message: 'fine' });
    const recovered = { ...acknowledged, status: 'recovered', recoveredAt: at(), recovery: 'well again: fine' };
    expect(await alerts.get(alertId)).toEqual(recovered);
    expect(await failure(alerts.get('nothing'))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is listed in pages, newest first, by status, model and severity', async () => {
    const { alerts, clock } = setUp();
    for (const [key, severity, modelName] of [
      ['a', 'warning', 'pd'],
      ['b', 'critical', 'pd'],
      ['c', 'critical', 'spread'],
    ] as const) {
      clock.advance(1_000);
      await alerts.raise({ key, severity, modelName, title: key, message: 'm' });
    }
    const titles = async (options: Parameters<Alerts['list']>[0]): Promise<string> =>
      (await alerts.list(options)).alerts.map(({ title }) => title).join('');
    expect(await titles({})).toBe('cba');
    expect(await titles({ modelName: 'pd' })).toBe('ba');
    expect(await titles({ severity: 'critical' })).toBe('cb');
    await alerts.recover({ key: 'c', message: 'fine' });
    expect(await titles({ severity: 'critical', status: 'open' })).toBe('b');
    const { cursor, ...first } = await alerts.list({ limit: 2 });
    expect(first.alerts.map(({ title }) => title)).toEqual(['c', 'b']);
    const last = await alerts.list({ limit: 2, cursor: cursor! });
    expect(last.alerts.map(({ title }) => title)).toEqual(['a']);
    expect('cursor' in last).toBe(false);
  });

  it('reaches the other listeners when one of them throws', async () => {
    const { alerts, events } = setUp();
    const seen: AlertEvent[] = [];
    const warnings: string[] = [];
    process.on('warning', ({ message }) => warnings.push(message));
    alerts.subscribe(() => {
      throw new Error('no');
    });
    alerts.subscribe(() => Promise.reject(new Error('not later either')));
    const stop = alerts.subscribe((event) => seen.push(event));
    await alerts.raise({ key: 'a', severity: 'warning', title: 't', message: 'm' });
    stop();
    await alerts.raise({ key: 'b', severity: 'warning', title: 't', message: 'm' });
    expect([events.length, seen.length]).toEqual([2, 1]);
    await vi.waitFor(() => expect(warnings.join()).toContain('not later either'));
  });

  it('is audited with its change', async () => {
    const { alerts, storage, store } = setUp();
    await store('drifted');
    await alerts.scan();
    await alerts.scan();
    const { entries } = await storage.read('audit');
    expect(entries.map(({ value }) => (value as { action: string }).action)).toEqual(['monitoring.raise_alert']);
  });
});

describe('checks that are due', () => {
  it('are made once an interval, drift by the shorter of the two, over drift.drift_window_days', async () => {
    const policy = { drift: { driftCheckIntervalHours: 6, driftWindowDays: 7 } };
    const { alerts, clock, store } = setUp(policy);
    const windows: object[] = [];
    const performance: number[] = [];
    const models = [
      {
        modelName: 'spread',
        checkDrift: async (window: { from: string; to: string }) => {
          windows.push(window);
          await store('drifted');
          return undefined as never;
        },
        checkPerformance: async () => {
          performance.push(clock.now());
          throw new Error('no labels yet');
        },
      },
    ];
    const first = await alerts.runDueChecks({ models });
    expect(first.checks).toEqual([
      { kind: 'drift', modelName: 'spread' },
      { kind: 'performance', modelName: 'spread', error: 'no labels yet' },
      { kind: 'health' },
    ]);
    expect(first.events.map(({ alert }) => alert.key)).toEqual(['drift/spread']);
    expect(windows).toEqual([{ from: '2025-12-25T00:00:00.000Z', to: '2026-01-01T00:00:00.000Z' }]);
    expect((await alerts.runDueChecks({ models })).checks).toEqual([]);
    clock.advance(15 * minutes);
    expect((await alerts.runDueChecks({ models })).checks.map(({ kind }) => kind)).toEqual(['performance']);
    clock.advance(15 * minutes);
    expect((await alerts.runDueChecks({ models })).checks.map(({ kind }) => kind)).toEqual(['performance', 'health']);
    clock.advance(6 * 60 * minutes);
    expect((await alerts.runDueChecks({ models })).checks.map(({ kind }) => kind)).toContain('drift');
  });

  it.each([
    ['day', { driftCheckIntervalHours: 24 }, 24 * 60, 22 * 60],
    ['hour', { driftCheckIntervalHours: 1 }, 60, 53],
  ])('are due for a job that comes at the same time every %s', async (_name, drift, every, early) => {
    const { alerts, clock, store } = setUp({ drift, monitoring: { alertOnHealthIssues: false } });
    let made = 0;
    const checkDrift = async () => {
      made++;
      clock.advance(minutes / 2); // to read the data
      await store('stable');
      return undefined as never;
    };
    const look = async (minute: number, seconds = 0): Promise<number> => {
      clock.advance(began + minute * minutes + seconds * 1_000 - clock.now());
      await alerts.runDueChecks({ models: [{ modelName: 'spread', checkDrift }] });
      return made;
    };
    const began = clock.now();
    expect(await look(0, 3)).toBe(1);
    expect(await look(early)).toBe(1);
    expect(await look(every)).toBe(2); // three seconds early, and half a minute before the report is as old
    expect(await look(2 * every, 2)).toBe(3);
    if (every > 60) expect(await look(3 * every - 60)).toBe(4); // summer time has begun
  });

  it('are made, told and sent although a wrong clock was a year ahead before', async () => {
    const world = createWorld({ monitoring: { channels: { mail: { kind: 'email', from: 'ml@x', to: ['ops@x'] } } } });
    const options = { ...world.options, mail: { sendMail: async () => undefined } };
    const year = 365 * 24 * 60 * minutes;
    const wrong = new Alerts(world.config, { ...world.options, clock: new FakeClock(world.clock.now() + year) });
    const models = [{ modelName: 'spread', checkPerformance: () => Promise.reject(new Error('no labels yet')) }];
    await wrong.runDueChecks({ models });
    const raised = { key: 'k', severity: 'warning', title: 'late', message: 'm' } as const;
    await wrong.raise(raised);
    const alerts = new Alerts(world.config, options);
    const { checks, events, deliveries } = await alerts.runDueChecks({ models });
    expect(checks.map(({ kind }) => kind)).toEqual(['performance', 'health']);
    expect(events.map(({ alert }) => alert.key)).toEqual(['health']); // the clocks differ
    expect(deliveries).toMatchObject({ delivered: 2 });
    expect(await alerts.raise(raised)).toMatchObject({ notice: 'repeated' });
    expect((await alerts.runDueChecks({ models })).checks).toEqual([]);
  });

  it('are made again soon where a process died at them, but not by every process that does', async () => {
    const { clock, config, options } = setUp({ drift: { driftCheckIntervalHours: 24 } });
    const made: string[] = [];
    /** Of a process that dies in the middle. */
    const die = async (name: string): Promise<void> => {
      const checkDrift = () => (made.push(name), new Promise<never>(() => undefined));
      const before = made.length;
      const context = contextOf(new Alerts(config, options));
      const checks = new DueChecks(context, new ControlPlane(context), { every: () => () => undefined });
      const look = checks.run({ models: [{ modelName: 'spread', checkDrift }] });
      await Promise.race([look, vi.waitUntil(() => made.length > before, { timeout: 20_000, interval: 1 })]);
    };
    const at = async (minute: number, name: string): Promise<void> => {
      clock.advance(minute * minutes);
      await die(name);
    };
    await at(0, 'first');
    await at(9, 'too early');
    await at(1, 'second');
    await at(10, 'third');
    await at(10, 'a fourth');
    await at(600, 'a fifth');
    expect(made).toEqual(['first', 'second', 'third']);
    await at(24 * 60, 'the next day');
    expect(made).toEqual(['first', 'second', 'third', 'the next day']);
  });

  it('are made by one process for as long as they take, and rest once they have ended', async () => {
    const { clock, config, options, alerts } = setUp({ drift: { driftCheckIntervalHours: 24 } });
    let tick = (): void => undefined;
    const timer: Timer = { every: (_ms, task) => ((tick = task), () => undefined) };
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    let looks = 0;
    const models = [{ modelName: 'spread', checkDrift: async () => (looks++, ended as never) }];
    const context = contextOf(new Alerts(config, options));
    const slow = new DueChecks(context, new ControlPlane(context), timer).run({ models });
    await vi.waitUntil(() => looks === 1, { timeout: 20_000, interval: 1 });
    for (let minute = 0; minute < 30; minute += 3) {
      clock.advance(3 * minutes);
      tick();
      await vi.waitUntil(async () => (await untilOf(options.storage!)) > clock.now() + 9 * minutes, {
        timeout: 20_000,
      });
      await alerts.runDueChecks({ models });
    }
    end();
    await slow;
    clock.advance(60 * minutes);
    await alerts.runDueChecks({ models });
    expect(looks).toBe(1);
  });

  it('are not due where a report is young, whoever asked for it', async () => {
    const { alerts, clock, store } = setUp({ drift: { driftCheckIntervalHours: 6 } });
    await store('stable');
    let looks = 0;
    const models = [{ modelName: 'spread', checkDrift: async () => ++looks as never }];
    clock.advance(60 * minutes);
    await alerts.runDueChecks({ models });
    expect(looks).toBe(0);
    clock.advance(5 * 60 * minutes);
    await alerts.runDueChecks({ models });
    expect(looks).toBe(1);
  });

  it('are looked for on a timer, one look at a time, until it is stopped', async () => {
    const world = createWorld();
    let tick = (): void => undefined;
    let everyMs = 0;
    let isStopped = false;
    const timer = {
      every(interval: number, task: () => void) {
        [everyMs, tick] = [interval, task];
        return () => void (isStopped = true);
      },
    };
    const alerts = new Alerts(world.config, { ...world.options, timer });
    let looks = 0;
    const models = [{ modelName: 'm', checkPerformance: async () => ++looks as never }];
    const automation = alerts.automate({ everyMs: 1_000, models });
    tick();
    tick();
    await vi.waitFor(() => expect(looks).toBe(1));
    world.clock.advance(15 * minutes);
    await vi.waitFor(() => {
      tick(); // the first look has ended by one of these
      expect(looks).toBe(2);
    });
    await automation.stop();
    expect([looks, everyMs, isStopped]).toEqual([2, 1_000, true]);
  });

  it('tell of those that fail, on a timer as well, and go on', async () => {
    const { config, options } = createWorld();
    let tick = (): void => undefined;
    const timer: Timer = { every: (_ms, task) => ((tick = task), () => undefined) };
    const alerts = new Alerts(config, { ...options, timer });
    const told: string[] = [];
    let looks = 0;
    const models = [
      { modelName: 'away', checkDrift: async () => Promise.reject(new Error('no source')) },
      { modelName: 'there', checkPerformance: async () => ++looks as never },
    ];
    const automation = alerts.automate({ models, onError: (error) => told.push(String(error)) });
    tick();
    await automation.stop();
    expect([told, looks]).toEqual([['Error: the drift check of away: no source'], 1]);
  });

  it('hold up nothing else while one takes long, on a timer', async () => {
    const { config, options } = createWorld({
      monitoring: { channels: { file: { kind: 'file', path: '/dev/null' } } },
    });
    let tick = (): void => undefined;
    const timer: Timer = { every: (_ms, task) => ((tick = task), () => undefined) };
    const alerts = new Alerts(config, { ...options, timer });
    await alerts.raise({ key: 'prices', severity: 'critical', title: 'prices are late', message: 'none today' });
    let finish = (): void => undefined;
    const long = new Promise<never>((resolve) => (finish = resolve as () => void));
    const automation = alerts.automate({ models: [{ modelName: 'm', checkDrift: () => long }] });
    tick();
    tick();
    await vi.waitFor(async () => {
      const { deliveries } = await alerts.listDeliveries({ status: 'delivered' });
      expect(deliveries.map(({ alert: { key } }) => key)).toEqual(['custom/prices']);
    });
    finish();
    await automation.stop();
  });
});
