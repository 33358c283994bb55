import { describe, expect, it } from 'vitest';
import {
  AccessControl,
  Alerts,
  AuditLog,
  CanaryDeploymentManager,
  DataProtection,
  DriftMonitor,
  ExperimentTracker,
  KeyAdministration,
  ModelRegistry,
  RetrainPipeline,
  applyRetention,
  backupStatus,
  checkHealth,
  chiSquareContingency,
  hosmerLemeshow,
  ksTwoSample,
  openFilesystemStorage,
  parseFilter,
  partialDependence,
  plutoTasche,
  printFilter,
  psi,
  readCsv,
  readTable,
  trainModel,
  verifyEvidencePack,
  where,
} from '@bondx/mlops';
import { createWorld, failure } from '../helpers.js';

const { config, options } = createWorld();
const tracker = new ExperimentTracker(config, options);
const registry = new ModelRegistry(config, options);
const alerts = new Alerts(config, options);
const audit = new AuditLog(config, options);
const protection = new DataProtection(config, options);
const sample = Float64Array.of(1, 2, 3);

/** Misspelled or of another kind, and what would come of it if nobody looked. */
const calls: Readonly<Record<string, () => Promise<unknown>>> = {
  'a head that is not compared': () => audit.verify({ expectedhead: 'x' } as never),
  'a head of an export that is not compared': () => audit.verifyExport('x', { expectedhead: 'x' } as never),
  'records of everybody': () => audit.list({ actr: 'ada' } as never),
  'records without a limit': () => audit.list({ limit: 2.5 }),
  'no alert': () => alerts.list({ status: 'opened' as never }),
  'no critical alert': () => alerts.list({ severity: 'critcal' as never }),
  'no delivery': () => alerts.listDeliveries({ status: 'failed' as never }),
  'no canary': () => new CanaryDeploymentManager(config, registry).listDeployments({ status: 'aktiv' as never }),
  'runs that were not deleted': () => tracker.searchRuns({ view: 'delted' as never }),
  'tags that are none': () => registry.describeModel({ modelName: 'm', tags: ['x'] as never }),
  'a training by the defaults': () => trainModel(config, { modelType: undefined as never, data: [] }),
  'settings that nobody reads': () => trainModel(config, { modelType: 'm', data: [], hyperparameters: 'x' as never }),
  'a canary that cannot begin': () =>
    new RetrainPipeline(config, tracker, registry).triggerRetraining({ modelName: 'm' }, [], {
      trigger: 'manual',
      canary: { manager: {} as never },
    }),
  'who registered it, as an object': () =>
    registry.registerModel({
      modelName: 'm',
      modelType: 'm',
      featureColumns: ['x'],
      modelPath: 'x',
      registeredBy: { id: 'ada' } as never,
    }),
  'a file in one column': () => readCsv('x.csv', { delimeter: ';' } as never),
  'cells as they seem': () => readTable([{ a: 1 }], { type: { a: 'text' } } as never),
  'no retraining': () => new RetrainPipeline(config, tracker, registry).listRetrainings({ status: 'done' as never }),
  'no run': () => tracker.listRuns({ status: 'complete' as never }),
  'a model that is never checked': () =>
    alerts.runDueChecks({ models: [{ modelName: 'm', checkDrfit: async () => undefined } as never] }),
  'a check that is none': () => alerts.runDueChecks({ models: [{ modelName: 'm', checkDrift: 'daily' as never }] }),
  'columns that stay as they are': () => protection.protect([{ isin: 'x' }], [] as never),
  'a key that is not looked at': () => verifyEvidencePack(Buffer.of(), { keyFingerPrint: 'sha256:…' } as never),
  'a removal that was to be a dry run': () => applyRetention(config, { ...options, dryRun: null as never }),
  'another durability': () => openFilesystemStorage('x', { durabilty: 'process' } as never),
  'another clock': () => backupStatus(config, { time: options.clock } as never),
  'no signal': () => new KeyAdministration(config, options).rewrap({ abort: AbortSignal.abort() } as never),
  'a signal that never fires': () => tracker.exportRuns({ path: 'x', signal: true as never }),
  'progress that nobody hears of': () => tracker.exportRuns({ path: 'x', onProgress: 'loudly' as never }),
  'a time that is none': async () =>
    tracker.logMetrics(await tracker.startRun({ experimentName: 'e' }), { a: 1 }, { timestamp: '5' as never }),
  'another confidence': async () => psi([50, 50], [60, 40], { confidense: 0.99 } as never),
  'another floor of grades': async () => plutoTasche([{ obligors: 9, defaults: 1 }], { confidense: 0.9 } as never),
  'one more degree of freedom': async () =>
    hosmerLemeshow([{ pd: 0.1, obligors: 90, defaults: 9 }], { fitted: true } as never),
  'a one-sided test': async () => ksTwoSample(sample, sample, { alternative: 'smaller' as never }),
  'the G test': async () =>
    chiSquareContingency(
      [
        [5, 5],
        [5, 5],
      ],
      { statistic: 'g' as never },
    ),
  'a finer curve': async () => partialDependence({ features: [] } as never, [], 'x', { grid: 50 } as never),
  'requests of any state': () => registry.approvals.list({ isOpen: 'no' as never }),
  'requests of no model': () => registry.approvals.list({ modelName: {} as never }),
  'raisings of any state': () => new AccessControl(config, options).listBreakGlass({ isReviewed: 0 as never }),
  'tokens of nobody': () => new AccessControl(config, options).listTokens({ principal: 7 as never }),
  'the oldest records': () => audit.list({ newestFirst: 'yes' as never }),
  'records of no actor': () => audit.list({ actor: { id: 'ada' } as never }),
  'rows by a date that is guessed': () =>
    new RetrainPipeline(config, tracker, registry).checkPerformance({
      modelName: 'm',
      data: [],
      timeColumn: null as never,
    }),
  'trees as they are by default': () =>
    new RetrainPipeline(config, tracker, registry).triggerRetraining({ modelName: 'm' }, [], {
      trigger: 'manual',
      hyperparameters: 'max_depth=3' as never,
    }),
  'a check of all columns at once': () =>
    new DriftMonitor(config, options).detectDrift({
      modelName: 'm',
      baselineData: [{ x: 1 }],
      currentData: [{ x: 1 }],
      streaming: 'daily' as never,
    }),
  'thresholds of no model type': () =>
    new DriftMonitor(config, options).detectDrift({
      modelName: 'm',
      baselineData: [{ x: 1 }],
      currentData: [{ x: 1 }],
      modelType: {} as never,
    }),
  'a run without a heartbeat': () => tracker.startRun({ experimentName: 'e', heartbeat: 0 as never }),
  'the whole audit log': () => checkHealth(config, { ...options, fullAudit: 'no' as never }),
  'readers of models that are none': () => checkHealth(config, { ...options, loaders: 'onnx' as never }),
  'evidence that is none': () =>
    alerts.raise({ key: 'k', severity: 'warning', title: 't', message: 'm', evidence: 'x' as never }),
  'a decision that is not carried out': () =>
    new CanaryDeploymentManager(config, registry).evaluate('d', { apply: 'no' as never }),
  'samples at every moment': () =>
    tracker.startRun({ experimentName: 'e', systemMetricsIntervalSeconds: true as never }),
};

describe('options that nobody would read, or not as they were meant', () => {
  it.each(Object.entries(calls))('are refused: %s', async (_what, call) => {
    expect(await failure(call())).toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('a listener that cannot be called', () => {
  it('is refused when it subscribes', () => {
    expect(() => alerts.subscribe('pager' as never)).toThrow('a listener must be a function, got "pager"');
  });
});

describe('a proof that has not the form of one', () => {
  it.each([undefined, null, 'x', {}, { record: {}, proof: [7], checkpoint: {} }])(
    'does not hold: %j',
    async (proof) => {
      expect(await audit.verifyProof(proof as never)).toBe(false);
    },
  );
});

describe('filters and orders that are none', () => {
  const none = [7, true, {}, [], { and: 'x' }, { not: null }, { and: [null] }, { or: [7] }];
  const invalid = { code: 'INVALID_INPUT' };

  it.each(none)('are refused by searches: %j', async (filter) => {
    expect(await failure(tracker.searchRuns({ filter: filter as never }))).toMatchObject(invalid);
    expect(await failure(registry.listModels({ filter: filter as never }))).toMatchObject(invalid);
  });

  it.each([7, {}, [null], [7], [{ direction: 'asc' }]])('are refused as an order: %j', async (orderBy) => {
    expect(await failure(tracker.searchRuns({ orderBy: orderBy as never }))).toMatchObject(invalid);
  });

  it.each([null, 7, {}, [null], [7]])('are refused as a selection: %j', async (select) => {
    expect(await failure(tracker.searchRuns({ select: select as never }))).toMatchObject(invalid);
  });

  it('are neither read nor printed', () => {
    const error = expect.objectContaining(invalid) as Error;
    for (const value of [undefined, null, 7, {}]) expect(() => parseFilter(value as never)).toThrow(error);
    for (const value of [undefined, null, 7, {}]) expect(() => printFilter(value as never)).toThrow(error);
    expect(printFilter(where.metric('mae').lt(2))).toBe('metrics.mae < 2');
  });
});
