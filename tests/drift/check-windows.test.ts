import { describe, expect, it } from 'vitest';
import { AuditLog, DriftMonitor, ModelRegistry, createProfile } from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createWorld, failure, smallRows } from '../helpers.js';

const baselineData = smallRows(2000);
/** A year of rows, 30 days of which are some 83; x moves in the second half. */
const year = [...smallRows(1000, { seed: 2 }), ...smallRows(1000, { seed: 3, shift: 6, year: 2021 })];
const half = year.filter(({ date }) => date < '2021-04-01');
const common = { modelName: 'spread', baselineData, timeColumn: 'date' };

describe('checkWindows', () => {
  it('judges each window of drift.drift_window_days, and says what was tested at which level', async () => {
    const { config, options } = createWorld({ drift: { driftWindowDays: 90 } });
    const monitor = new DriftMonitor(config, options);
    const { reports, pending, ...rest } = await monitor.checkWindows({ ...common, currentData: year });
    expect(rest).toEqual({ modelName: 'spread', sequence: 'default', rowsAhead: 0, lateRows: 0, rowsWithoutTime: 0 });
    expect(reports.map(({ window }) => [window!.number, window!.from.slice(0, 10), window!.to.slice(0, 10)])).toEqual([
      [1, '2020-01-01', '2020-03-31'],
      [2, '2020-03-31', '2020-06-29'],
      [3, '2020-06-29', '2020-09-27'],
      [4, '2020-09-27', '2020-12-26'],
      [5, '2020-12-26', '2021-03-26'],
      [6, '2021-03-26', '2021-06-24'],
      [7, '2021-06-24', '2021-09-22'],
      [8, '2021-09-22', '2021-12-21'],
    ]);
    expect(pending.from).toBe('2021-12-21T00:00:00.000Z');
    expect(reports.reduce((sum, { inputs }) => sum + inputs.currentRows, pending.rows)).toBe(2000);
    expect(reports.map(({ driftedFeatures }) => driftedFeatures)).toEqual([[], [], [], [], ['x'], ['x'], ['x'], ['x']]);
    const x = reports[4]!.columns.find(({ column }) => column === 'x')!;
    expect(x.online).toMatchObject({ isRejected: true, level: reports[4]!.inputs.driftError });
    expect(x.online!.pValue).toBeLessThanOrEqual(x.online!.level);
    // Window 1 of 3 columns, nothing found: α/(1·2·3)·½.
    expect(reports[0]!.inputs.driftError).toBeCloseTo(0.05 / 6 / 2, 15);
    for (const { columns } of reports) {
      for (const { verdict, online } of columns) expect(online!.isRejected).toBe(verdict === 'drifted');
    }
  });

  it('goes on tomorrow where it ended today, as if all had been judged at once', async () => {
    const whole = createWorld();
    const { reports: once } = await new DriftMonitor(whole.config, whole.options).checkWindows({
      ...common,
      currentData: year,
    });
    const { config, options, storage } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const first = await monitor.checkWindows({ ...common, currentData: half });
    expect(await monitor.checkWindows({ ...common, currentData: half })).toEqual(first); // none is judged twice
    const later = new DriftMonitor(config, { ...options, storage });
    const second = await later.checkWindows({ ...common, currentData: year.toReversed() });
    expect(second.lateRows).toBe(first.reports.reduce((sum, { inputs }) => sum + inputs.currentRows, 0));
    const judged = [...first.reports, ...second.reports];
    const told = (reports: typeof once) =>
      reports.map(({ window, columns, inputs }) => [
        window,
        inputs.driftError,
        inputs.stableError,
        columns.map(({ column, verdict, online }) => [column, verdict, online]),
      ]);
    expect(first.reports.length).toBeGreaterThan(3);
    expect(told(judged)).toEqual(told(once));
  });

  it('leaves a history of each column, and an audit record of each window', async () => {
    const { config, options } = createWorld({ drift: { driftWindowDays: 90 } });
    const monitor = new DriftMonitor(config, options);
    await monitor.checkWindows({ ...common, currentData: year });
    await monitor.checkWindows({ ...common, currentData: half, sequence: 'other' });
    await monitor.detectDrift({ modelName: 'spread', baselineData, currentData: year });
    const { checks, columns } = await monitor.getHistory({ modelName: 'spread', sequence: 'default' });
    expect(checks.map(({ window }) => window!.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const { points, trend } = columns.find(({ column }) => column === 'x')!;
    expect(points.map(({ online }) => online!.isRejected)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
    expect(trend).toBe('growing');
    const latest = await monitor.getHistory({ modelName: 'spread', sequence: 'default', limit: 2 });
    expect(latest.checks.map(({ window }) => window!.number)).toEqual([7, 8]);
    const audited = await new AuditLog(config, options).list({ action: 'drift.detect' });
    expect(
      audited.filter(({ detail }) => detail?.['sequence'] === 'default').map(({ detail }) => detail!['window']),
    ).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('stores reports that can be computed again', async () => {
    const { config, options } = createWorld({ drift: { driftWindowDays: 360 } });
    const monitor = new DriftMonitor(config, options);
    const { reports } = await monitor.checkWindows({ ...common, currentData: year });
    const { reportId, window } = reports[1]!;
    const currentData = year.filter(({ date }) => date >= window!.from.slice(0, 10) && date < window!.to.slice(0, 10));
    expect(await monitor.recompute(reportId, { baselineData, currentData })).toEqual({
      reportId,
      isIdentical: true,
      differences: [],
    });
  });

  it('takes windows by rows, and the profile of a registered version, whose evidence the windows become', async () => {
    const { config, options } = createWorld();
    const registry = new ModelRegistry(config, options);
    await registry.register({
      modelName: 'spread',
      version: '1.0.0',
      modelType: 'spread',
      featureColumns: ['x', 'kind'],
      model: new ConstantModel(10),
      baselineProfile: await createProfile(baselineData),
    });
    const monitor = new DriftMonitor(config, options);
    const { reports, sequence } = await monitor.checkWindows({
      modelName: 'spread',
      modelVersion: '1.0.0',
      currentData: year,
      timeColumn: 'date',
      windowRows: 900,
    });
    expect(sequence).toBe('1.0.0');
    expect(reports).toHaveLength(2);
    for (const { inputs } of reports) expect(inputs.currentRows).toBeGreaterThanOrEqual(900);
    const { evidence } = await registry.getModelVersion('spread', { version: '1.0.0' });
    expect(evidence.drift?.detail['reportId']).toBe(reports.at(-1)!.reportId);
  });

  it('says of a window without rows that it is not assessed, and spends nothing on it', async () => {
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const gap = year.filter(({ date }) => date < '2020-01-31' || date >= '2020-03-31');
    const { reports } = await monitor.checkWindows({ ...common, currentData: gap, until: '2020-04-30' });
    expect(reports.map(({ verdict, inputs }) => [verdict === 'not_assessed', inputs.currentRows > 0])).toEqual([
      [false, true],
      [true, false],
      [true, false],
      [false, true],
    ]);
    expect(reports.map(({ window }) => window!.before.windows)).toEqual([0, 1, 1, 1]);
    expect(reports[1]!.columns[0]!.online).toBeUndefined();
  });

  it('judges nothing while the data fill no window', async () => {
    const { config, options, storage } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const currentData = year.slice(0, 10);
    expect(await monitor.checkWindows({ ...common, currentData })).toMatchObject({
      reports: [],
      pending: { from: '2020-01-01T00:00:00.000Z', rows: 10 },
    });
    expect((await storage.query('drift_sequences', {})).records).toEqual([]);
    const few = await monitor.checkWindows({ ...common, currentData, until: '2020-01-31' });
    expect(few.reports.map(({ verdict }) => verdict)).toEqual(['inconclusive']);
  });

  it('goes on over a day that brought no rows, and begins with none', async () => {
    const { config, options } = createWorld({ drift: { driftWindowDays: 90 } });
    const monitor = new DriftMonitor(config, options);
    expect((await failure(monitor.checkWindows({ ...common, currentData: [] }))).message).toContain('"date"');
    const { pending } = await monitor.checkWindows({ ...common, currentData: half });
    const rest = { modelName: 'spread', sequence: 'default', rowsAhead: 0, lateRows: 0, rowsWithoutTime: 0 };
    const quiet = await monitor.checkWindows({ ...common, currentData: [] });
    expect(quiet).toEqual({ ...rest, reports: [], pending: { from: pending.from, rows: 0 } });
    const until = new Date(Date.parse(pending.from) + 100 * 86_400_000).toISOString();
    const { reports } = await monitor.checkWindows({ ...common, currentData: [], until });
    expect(reports.map(({ verdict, window }) => [verdict, window!.from])).toEqual([['not_assessed', pending.from]]);
  });

  it('goes on after a row with a mistyped year, whose windows have not come yet', async () => {
    const { config, options } = createWorld({ drift: { driftWindowDays: 90 } });
    const monitor = new DriftMonitor(config, options);
    const mistyped = { ...half[0]!, date: '2027-03-01' }; // it is 2026
    const first = await monitor.checkWindows({ ...common, currentData: [...half, mistyped] });
    expect([first.reports.length, first.rowsAhead]).toEqual([5, 1]);
    const second = await monitor.checkWindows({ ...common, currentData: year });
    expect(second.reports.map(({ verdict }) => verdict)).toEqual(['drifted', 'drifted', 'drifted']);
  });

  it('refuses data that are said to be complete up to a time that has not come', async () => {
    const { config, options } = createWorld({ drift: { driftWindowDays: 90 } });
    const monitor = new DriftMonitor(config, options);
    const error = await failure(monitor.checkWindows({ ...common, currentData: half, until: '2027-04-01' })); // it is 2026
    expect(error).toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('has not come yet') as string,
    });
  });

  it('lets two that go on with one sequence judge each window once', async () => {
    const { config, options, storage } = createWorld({ drift: { driftWindowDays: 90 } });
    const check = async () => new DriftMonitor(config, options).checkWindows({ ...common, currentData: year });
    const settled = await Promise.allSettled([check(), check()]);
    for (const result of settled) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CONFLICT' });
    }
    await check();
    const { checks } = await new DriftMonitor(config, options).getHistory({ modelName: 'spread', sequence: 'default' });
    expect(checks.map(({ window }) => window!.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const [sequence] = (await storage.query('drift_sequences', {})).records;
    expect(sequence!.value).toMatchObject({ windows: 8, end: '2021-12-21T00:00:00.000Z' });
  });

  it('tells, when it is repeated, what an interrupted call has judged', async () => {
    const { config, options } = createWorld({ drift: { driftWindowDays: 90 } });
    const call = { ...common, currentData: year, from: '2020-02-01' };
    const once = await new DriftMonitor(config, createWorld().options).checkWindows(call);
    const monitor = new DriftMonitor(config, options);
    const stop = new AbortController();
    const onProgress = (): void => stop.abort();
    await failure(monitor.checkWindows({ ...call, signal: stop.signal, onProgress }));
    const { reports, ...rest } = await monitor.checkWindows(call);
    const { reports: expected, ...left } = once;
    expect(rest).toEqual(left);
    const told = (all: typeof reports) => all.map(({ window, verdict, columns }) => [window, verdict, columns]);
    expect(told(reports)).toEqual(told(expected));
  });

  it('tells what an interrupted call has judged to a call with newer data', async () => {
    const { config, options } = createWorld({ drift: { driftWindowDays: 90 } });
    const monitor = new DriftMonitor(config, options);
    const stop = new AbortController();
    const onProgress = (): void => stop.abort();
    await failure(monitor.checkWindows({ ...common, currentData: half, signal: stop.signal, onProgress }));
    const told = async (): Promise<unknown[]> => {
      const { reports } = await monitor.checkWindows({ ...common, currentData: year });
      return reports.map(({ window }) => window!.number);
    };
    expect(await told()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await told()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const more = [...year, ...smallRows(1000, { seed: 4, year: 2022 })];
    const { reports } = await monitor.checkWindows({ ...common, currentData: more });
    expect(reports.map(({ window }) => window!.number)).toEqual([9, 10, 11, 12]);
  });

  const wrong: [string, object, string][] = [
    ['no such column', { timeColumn: 'dat' }, 'did you mean "date"?'],
    ['a column of texts', { timeColumn: 'kind' }, 'holds texts; it needs dates such as 2026-01-31'],
    ['a column of numbers', { timeColumn: 'y' }, 'holds numbers'],
    ['a column without values', { currentData: year.map((row) => ({ ...row, date: null })) }, 'has no values'],
    ['two lengths', { windowDays: 1, windowRows: 5 }, 'leave one of them out'],
    ['windows of no length', { windowDays: 0 }, 'windowDays must be'],
    ['half a row', { windowRows: 0.5 }, 'windowRows must be a whole number'],
    ['a time that is none', { until: 'soon' }, 'until must be a time such as'],
    ['windows too short', { windowDays: 0.1 }, 'at most 1000 at once'],
    ['an option nobody knows', { windowDay: 3 }, 'has no option "windowDay"'],
    ['streaming', { streaming: true }, 'has no option "streaming"'],
    ['nothing to compare with', { baselineData: undefined }, 'nothing to compare with'],
  ];
  it.each(wrong)('refuses %s, and stores nothing', async (_what, extra, message) => {
    const { config, options, storage } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const error = await failure(monitor.checkWindows({ ...common, currentData: year, ...extra }));
    expect(error).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining(message) as string });
    expect((await storage.query('drift_reports', {})).records).toEqual([]);
  });

  it('refuses to go on with other windows, or elsewhere', async () => {
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    await monitor.checkWindows({ ...common, currentData: half });
    expect(await failure(monitor.checkWindows({ ...common, currentData: year, windowDays: 7 }))).toMatchObject({
      code: 'ILLEGAL_STATE',
      message:
        'the sequence "default" of spread has windows of 30 days by date, not windows of 7 days by date; ' +
        'go on as it was begun, or begin another with the option sequence',
    });
    expect(await failure(monitor.checkWindows({ ...common, currentData: year, from: '2020-02-01' }))).toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  it('stops between two windows when it is aborted, keeping those judged', async () => {
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const stop = new AbortController();
    const onProgress = (): void => stop.abort();
    const stopped = monitor.checkWindows({ ...common, currentData: year, signal: stop.signal, onProgress });
    expect(await failure(stopped)).toMatchObject({ code: 'ABORTED' });
    const { checks } = await monitor.getHistory({ modelName: 'spread', sequence: 'default' });
    expect(checks).toHaveLength(1);
  });
});
