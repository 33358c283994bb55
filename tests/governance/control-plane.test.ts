import { describe, expect, it } from 'vitest';
import { AuditLog, ExperimentTracker, MLOpsConfig, ModelRegistry, type Change, type Storage } from '@bondx/mlops';
import { operations } from '../../src/governance/operations.js';
import { createWorld, failure } from '../helpers.js';
import * as library from '../../src/index.js';

/** Which operation of the choke point each public method is. */
const methods: Readonly<Record<string, Readonly<Record<string, keyof typeof operations>>>> = {
  ExperimentTracker: {
    startRun: 'tracking.start_run',
    logParameters: 'tracking.log',
    logMetrics: 'tracking.log',
    logArtifact: 'tracking.log',
    bufferRun: 'tracking.log',
    setTags: 'tracking.log',
    logBatch: 'tracking.log',
    logDataset: 'tracking.log',
    setNote: 'tracking.log',
    endRun: 'tracking.end_run',
    resumeRun: 'tracking.resume_run',
    withRun: 'tracking.start_run',
    deleteRun: 'tracking.delete_run',
    restoreRun: 'tracking.restore_run',
    describeExperiment: 'tracking.describe_experiment',
    deleteExperiment: 'tracking.delete_experiment',
    restoreExperiment: 'tracking.restore_experiment',
    listExperiments: 'tracking.read',
    importRuns: 'tracking.import_run',
    exportRuns: 'tracking.read',
    searchRuns: 'tracking.read',
    compareRuns: 'tracking.read',
    listArtifacts: 'tracking.read',
    downloadArtifact: 'tracking.read',
    getRun: 'tracking.read',
    listRuns: 'tracking.read',
    getMetricHistory: 'tracking.read',
    readArtifact: 'tracking.read',
  },
  ModelRegistry: {
    registerModel: 'registry.register',
    register: 'registry.register',
    promoteModel: 'registry.promote',
    rollbackModel: 'registry.rollback',
    recordEvidence: 'registry.record_evidence',
    setAlias: 'registry.set_alias',
    removeAlias: 'registry.set_alias',
    describeVersion: 'registry.describe',
    describeModel: 'registry.describe',
    getModel: 'registry.read',
    getModels: 'registry.read',
    readEvidence: 'registry.read',
    deleteModelVersion: 'registry.delete',
    compareVersions: 'registry.read',
    getModelCard: 'registry.read',
    exportSignature: 'registry.read',
    checkGates: 'registry.read',
    getModelVersion: 'registry.read',
    listModels: 'registry.read',
    getHistory: 'registry.read',
    loadModel: 'registry.read',
    openModel: 'registry.read',
  },
  PromotionApprovals: {
    request: 'registry.request_promotion',
    withdraw: 'registry.withdraw_promotion',
    approve: 'registry.approve_promotion',
    reject: 'registry.reject_promotion',
    execute: 'registry.promote',
    get: 'registry.read',
    list: 'registry.read',
  },
  DriftMonitor: {
    detectDrift: 'drift.detect',
    checkWindows: 'drift.detect',
    getReport: 'drift.read',
    listReports: 'drift.read',
    getHistory: 'drift.read',
    recompute: 'drift.read',
  },
  RetrainPipeline: {
    triggerRetraining: 'retraining.trigger',
    resume: 'retraining.resume',
    runDue: 'retraining.trigger',
    automate: 'retraining.trigger',
    checkPerformance: 'retraining.check_performance',
    getRetraining: 'retraining.read',
    listRetrainings: 'retraining.read',
  },
  CanaryDeploymentManager: {
    createCanaryDeployment: 'canary.deploy',
    flush: 'canary.record_outcomes',
    refresh: 'canary.read',
    serve: 'canary.read',
    recordActual: 'canary.record_outcomes',
    automate: 'canary.evaluate',
    evaluate: 'canary.evaluate',
    pause: 'canary.pause',
    resume: 'canary.resume',
    adjustTraffic: 'canary.adjust',
    halt: 'canary.halt',
    getStatus: 'canary.read',
    promoteCanary: 'canary.promote',
    rollbackCanary: 'canary.rollback',
    getDeployment: 'canary.read',
    listDeployments: 'canary.read',
    listDecisions: 'canary.read',
    getDecision: 'canary.read',
  },
  ModelInventory: {
    describe: 'compliance.describe_model',
    recordValidation: 'compliance.record_validation',
    get: 'compliance.read',
    list: 'compliance.read',
  },
  ModelFindings: {
    raise: 'compliance.raise_finding',
    extend: 'compliance.change_finding',
    close: 'compliance.change_finding',
    list: 'compliance.read',
  },
  Overlays: {
    record: 'compliance.record_overlay',
    approve: 'compliance.approve_overlay',
    withdraw: 'compliance.record_overlay',
    list: 'compliance.read',
  },
  Overrides: {
    record: 'compliance.record_override',
    recordActual: 'compliance.record_override',
    list: 'compliance.read',
  },
  AnnualReports: {
    draft: 'compliance.draft_report',
    sign: 'compliance.sign_report',
    list: 'compliance.read',
  },
  Attestations: { record: 'compliance.attest', list: 'compliance.read' },
  HaltDrills: { run: 'compliance.record_drill', list: 'compliance.read' },
  Alerts: {
    raise: 'monitoring.raise_alert',
    recover: 'monitoring.recover_alert',
    scan: 'monitoring.raise_alert',
    deliverPending: 'monitoring.deliver',
    runDueChecks: 'monitoring.raise_alert',
    automate: 'monitoring.raise_alert',
    acknowledge: 'monitoring.acknowledge_alert',
    get: 'monitoring.read',
    list: 'monitoring.read',
    listDeliveries: 'monitoring.read',
  },
  AuditLog: {
    verify: 'audit.read',
    list: 'audit.read',
    checkpoint: 'audit.checkpoint',
    anchor: 'audit.checkpoint',
    prove: 'audit.read',
    verifyProof: 'audit.read',
    export: 'audit.read',
    verifyExport: 'audit.read',
  },
  DataProtection: {
    protect: 'privacy.protect',
    protectProfile: 'privacy.protect',
    eraseSubject: 'privacy.erase_subject',
    holdSubject: 'privacy.hold_subject',
    releaseSubject: 'privacy.release_subject',
  },
  AccessControl: {
    createToken: 'access.create_token',
    revokeToken: 'access.revoke_token',
    listTokens: 'access.read',
    breakGlass: 'access.break_glass',
    review: 'access.review',
    listBreakGlass: 'access.read',
  },
};

/** In memory only: nothing to authorize. */
const exempt = [
  'constructor',
  'withPrincipal',
  'close',
  'approvals',
  'findings',
  'overlays',
  'overrides',
  'reports',
  'drills',
  'attestations',
  'routePrediction',
  'predict',
  'recordOutcome',
  'recordShadow',
  'subscribe',
];

describe('the choke point', () => {
  it('has a row for every public method, and no others', () => {
    for (const [name, rows] of Object.entries(methods)) {
      const prototype = (library as unknown as Record<string, { prototype: object }>)[name]!.prototype;
      const found = Object.getOwnPropertyNames(prototype).filter(
        (method) => !exempt.includes(method) || Object.hasOwn(rows, method),
      );
      expect(found.sort(), name).toEqual(Object.keys(rows).sort());
      for (const operation of Object.values(rows)) expect(operations).toHaveProperty([operation]);
    }
  });

  it('commits a change and its audit record together, or neither', async () => {
    const { config, options, storage } = createWorld();
    const broken: Storage = {
      ...bound(storage),
      commit: async (changes: readonly Change[]) => {
        if (changes.some((change) => change.kind === 'append' && change.stream === 'audit'))
          throw new Error('medium gone');
        return storage.commit(changes);
      },
    };
    const tracker = new ExperimentTracker(config, { ...options, storage: broken });
    await expect(tracker.startRun({ experimentName: 'e' })).rejects.toThrow('medium gone');
    expect((await storage.query('runs')).records).toEqual([]);
  });

  it('records failed operations too, with the reason', async () => {
    const { config, options } = createWorld();
    const registry = new ModelRegistry(config, options);
    await failure(
      registry.promoteModel({ modelName: 'none', version: '1.0.0', targetStage: 'staging', deployedBy: 'bob' }),
    );
    const [record] = await new AuditLog(config, options).list();
    expect(record).toMatchObject({
      action: 'registry.promote',
      decision: 'error',
      actor: { id: 'ada', type: 'person', onBehalfOf: 'bob' },
      policyDigest: config.digest,
    });
    expect(record!.reason).toContain('there is no model none');
  });

  it('in production refuses and records calls without a principal', async () => {
    const { storage, artifacts, options } = createWorld();
    const config = MLOpsConfig.fromObject(
      {
        environment: 'production',
        access: {
          bindings: [
            { principal: 'ada', role: 'developer' },
            { principal: 'ada', role: 'auditor' },
          ],
        },
      },
      { environment: {} },
    );
    const tracker = new ExperimentTracker(config, { storage, artifacts });
    expect(await failure(tracker.startRun({ experimentName: 'e' }))).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await failure(tracker.listRuns())).toMatchObject({ code: 'UNAUTHENTICATED' });
    const known = tracker.withPrincipal(options.principal!);
    await known.startRun({ experimentName: 'e' });
    const records = await new AuditLog(config, { storage, artifacts, principal: options.principal! }).list();
    expect(records.map(({ action, decision, actor }) => [action, decision, actor.id])).toEqual([
      ['tracking.start_run', 'deny', 'anonymous'],
      ['tracking.read', 'deny', 'anonymous'],
      ['tracking.start_run', 'allow', 'ada'],
    ]);
  });

  it('loses nothing when two instances extend the log at once', async () => {
    const { config, options, storage } = createWorld();
    // Two wrappers stand for two processes: each remembers the end of the log by itself.
    const trackers = [bound(storage), bound(storage)].map(
      (own) => new ExperimentTracker(config, { ...options, storage: own }),
    );
    await Promise.all(Array.from({ length: 40 }, (_, i) => trackers[i % 2]!.startRun({ experimentName: `e${i}` })));
    expect(await new AuditLog(config, options).verify()).toMatchObject({ status: 'ok', records: 40 });
    expect((await storage.query('runs')).records).toHaveLength(40);
  });

  it('lets everybody win who changes the same record at the same time', async () => {
    const { config, options } = createWorld();
    const registry = new ModelRegistry(config, options);
    const modelFiles = [{ path: 'model.json', bytes: Buffer.from('{"kind":"constant","value":1}\n') }];
    const register = () =>
      registry.register({ modelName: 'spread', modelType: 'spread', featureColumns: ['x'], modelFiles });
    const registered = await Promise.all(Array.from({ length: 120 }, register));
    expect(new Set(registered.map(({ version }) => version)).size).toBe(120);
  }, 60_000);

  it('refuses storage without artifacts', () => {
    const { config, storage } = createWorld();
    expect(() => new ExperimentTracker(config, { storage })).toThrow('pass both { storage, artifacts } or neither');
  });
});

const bound = (storage: Storage): Storage => ({
  capabilities: storage.capabilities,
  get: (...args) => storage.get(...args),
  query: (...args) => storage.query(...args),
  read: (...args) => storage.read(...args),
  commit: (...args) => storage.commit(...args),
  close: () => storage.close(),
});
