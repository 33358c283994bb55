import { describe, expect, it } from 'vitest';
import {
  AuditLog,
  CanaryDeploymentManager,
  assessCompliance,
  exportInventory,
  inventoryCsv,
  summarizeOverrides,
} from '@bondx/mlops';
import { inventoryGates } from '../../src/registry/inventory/inventory-gates.js';
import { addMonths } from '../../src/registry/inventory/review-dates.js';
import { failure } from '../helpers.js';
import { described, pdWorld } from './pd-world.js';

const promote = { modelName: 'pd', version: '1.0.0', targetStage: 'production' } as const;

describe('a model of the inventory', () => {
  it('is promoted only when somebody who did not develop it validated it in time', async () => {
    const { registry, clock, inventoryOf } = await pdWorld();
    await registry.promoteModel({ ...promote, targetStage: 'staging' });
    await inventoryOf('olga').describe(described);
    const refused = await registry.promoteModel(promote);
    expect(refused).toMatchObject({ status: 'refused', failures: [{ gate: 'validation', status: 'not_assessed' }] });

    const validation = { modelName: 'pd', version: '1.0.0', outcome: 'approved' } as const;
    for (const developer of ['ada', 'ADA ', 'dora']) {
      expect(await failure(inventoryOf(developer).recordValidation(validation))).toMatchObject({ code: 'FORBIDDEN' });
    }
    const entry = await inventoryOf('vera').recordValidation(validation);
    expect(entry).toMatchObject({ isOverdue: false, validations: [{ by: 'vera', outcome: 'approved' }] });

    clock.advance(Date.parse(entry.nextReviewAt!) - clock.now());
    expect((await inventoryOf('vera').get('pd')).isOverdue).toBe(true);
    expect(await registry.promoteModel(promote)).toMatchObject({
      failures: [{ gate: 'validation', status: 'failed' }],
    });
    await inventoryOf('vera').recordValidation(validation);
    expect(await registry.promoteModel(promote)).toMatchObject({ status: 'promoted' });
  });

  it('is not promoted in a version that stands rejected, whatever was validated since', async () => {
    const { registry, registryOf, inventoryOf } = await pdWorld();
    const model = await registry.loadModel('pd', { version: '1.0.0' });
    const second = { modelName: 'pd', modelType: 'spread', model, featureColumns: ['x', 'kind'], version: '1.1.0' };
    await registry.register(second);
    await inventoryOf('olga').describe(described);
    const statusOf = async (version: string) =>
      (await registry.checkGates('pd', version)).find(({ gate }) => gate === 'validation')!.status;
    const vera = inventoryOf('vera');
    await vera.recordValidation({ modelName: 'pd', version: '1.1.0', outcome: 'rejected' });
    expect([await statusOf('1.0.0'), await statusOf('1.1.0')]).toEqual(['failed', 'failed']);
    await vera.recordValidation({ modelName: 'pd', version: '1.0.0', outcome: 'approved' });
    expect([await statusOf('1.0.0'), await statusOf('1.1.0')]).toEqual(['passed', 'failed']);
    const { results } = await assessCompliance(registryOf('olga'), { modelName: 'pd', version: '1.1.0' });
    expect(results.find(({ check }) => check === 'basel.independent_validation')).toMatchObject({ status: 'not_met' });
    await vera.recordValidation({ modelName: 'pd', version: '1.1.0', outcome: 'approved' });
    expect(await statusOf('1.1.0')).toBe('passed');
  });

  it('keeps its developers, none of whom leaves himself out', async () => {
    const { config, options, inventoryOf } = await pdWorld();
    await inventoryOf('olga').describe(described);
    const { developers, ...rest } = described;
    expect(await inventoryOf('olga').describe(rest)).toMatchObject({ developers });
    const leave = inventoryOf('dora').describe({ ...rest, developers: ['olga'] });
    expect(await failure(leave)).toMatchObject({ code: 'FORBIDDEN' });
    await inventoryOf('dora').describe({ ...rest, developers: ['dora', 'olga'] });
    await inventoryOf('rita').describe({ ...rest, developers: [] });
    const records = await new AuditLog(config, options).list({ action: 'compliance.describe_model' });
    expect(records.map(({ decision, detail }) => [decision, detail?.['developers']])).toEqual([
      ['allow', ['Dora']],
      ['allow', ['Dora']],
      ['deny', undefined],
      ['allow', ['dora', 'olga']],
      ['allow', []],
    ]);
  });

  it('is attested to by nobody who made it', async () => {
    const { inventoryOf, clock } = await pdWorld();
    await inventoryOf('olga').describe(described);
    const expiresAt = new Date(clock.now() + 1000);
    const attest = (id: string) =>
      inventoryOf(id).attestations.record({ modelName: 'pd', check: 'ifrs9.lgd', statement: 'I looked', expiresAt });
    for (const developer of ['ada', 'dora'])
      expect(await failure(attest(developer))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await attest('vera')).toMatchObject({ by: 'vera' });
  });

  it('is demanded of every model when the policy says so', async () => {
    const { registry } = await pdWorld({ compliance: { requireInventory: true } });
    expect(await registry.checkGates('pd', '1.0.0')).toContainEqual(
      expect.objectContaining({ gate: 'validation', status: 'not_assessed' }),
    );
  });

  it('is reviewed by the cadence of its tier', async () => {
    for (const [tier, months] of [
      [1, 3],
      [2, 6],
      [3, 9],
    ] as const) {
      const policy = { tier1ReviewMonths: 3, tier2ReviewMonths: 6, tier3ReviewMonths: 9 };
      const { clock, inventoryOf } = await pdWorld({ compliance: policy });
      await inventoryOf('olga').describe({ ...described, tier });
      const entry = await inventoryOf('vera').recordValidation({
        modelName: 'pd',
        version: '1.0.0',
        outcome: 'approved',
      });
      expect(Date.parse(entry.nextReviewAt!)).toBe(addMonths(clock.now(), months));
    }
    expect(addMonths(Date.parse('2024-01-31'), 1)).toBe(Date.parse('2024-02-29'));
  });

  it('is stopped by a grave finding past its date, until somebody else closes it', async () => {
    const { registry, clock, inventoryOf } = await pdWorld();
    await inventoryOf('olga').describe(described);
    await inventoryOf('vera').recordValidation({ modelName: 'pd', version: '1.0.0', outcome: 'approved' });
    const dueAt = new Date(clock.now() + 1000);
    const { findingId } = await inventoryOf('vera').findings.raise({
      modelName: 'pd',
      severity: 'high',
      title: 'no overrides tracked',
      dueAt,
    });
    const gate = async () =>
      (await registry.checkGates('pd', '1.0.0')).find((found) => found.gate === 'findings')!.status;
    for (const none of ['2027-02-30', '5', '12/31/2027']) {
      const late = { modelName: 'pd', severity: 'low', title: 'late', dueAt: none } as const;
      expect(await failure(inventoryOf('vera').findings.raise(late)), none).toMatchObject({ code: 'INVALID_INPUT' });
    }
    expect(await gate()).toBe('passed');
    clock.advance(1000);
    expect(await gate()).toBe('failed');
    // Who registered and trained the version is not among the developers that the inventory names.
    for (const developer of ['dora', 'ada']) {
      const close = inventoryOf(developer).findings.close({ findingId, comment: 'fine' });
      expect(await failure(close)).toMatchObject({ code: 'FORBIDDEN' });
    }
    await inventoryOf('vera').findings.extend({
      findingId,
      dueAt: new Date(clock.now() + 1000),
      reason: 'a week more',
    });
    expect(await gate()).toBe('passed');
    await inventoryOf('vera').findings.close({ findingId, comment: 'tracked now' });
    expect(await inventoryOf('vera').findings.list({ isOpen: true })).toEqual([]);
    expect(await failure(inventoryOf('vera').findings.close({ findingId, comment: 'again' }))).toMatchObject({
      code: 'ILLEGAL_STATE',
    });
  });

  it('of trading needs the yearly report of three functions and tests made elsewhere', async () => {
    const { registry, inventoryOf } = await pdWorld();
    await inventoryOf('olga').describe({ ...described, measures: ['trading'] });
    await inventoryOf('vera').recordValidation({ modelName: 'pd', version: '1.0.0', outcome: 'approved' });
    await registry.recordEvidence({ modelName: 'pd', version: '1.0.0', kind: 'explainability', passed: true });
    const statusOf = async (gate: string) =>
      (await registry.checkGates('pd', '1.0.0')).find((found) => found.gate === gate)?.status;
    expect(await statusOf('annual_report')).toBe('not_assessed');
    expect(await statusOf('test_environment')).toBe('passed');

    const { reportId, digest } = await inventoryOf('rita').reports.draft({
      modelName: 'pd',
      year: 2026,
      content: { summary: 'sound' },
    });
    const sign = (id: string, as: 'internal_audit' | 'senior_management', signed = digest as string) =>
      inventoryOf(id).reports.sign({ reportId, function: as, digest: signed });
    expect(await failure(sign('ian', 'senior_management'))).toMatchObject({ code: 'ILLEGAL_STATE' });
    expect(await failure(sign('rita', 'internal_audit'))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await failure(sign('ian', 'internal_audit', 'sha256:0'))).toMatchObject({ code: 'CONFLICT' });
    await sign('ian', 'internal_audit');
    expect(await sign('sue', 'senior_management')).toMatchObject({ status: 'signed' });
    expect(await statusOf('annual_report')).toBe('passed');
  });
});

it('tests of a trading model made in production count for nothing', async () => {
  const { registry, config, clock, inventoryOf } = await pdWorld();
  const entry = await inventoryOf('olga').describe({ ...described, measures: ['trading'] });
  const { evidence } = await registry.getModelVersion('pd', { version: '1.0.0' });
  const found = { passed: true, detail: {}, recordedAt: entry.describedAt, recordedBy: 'ada' };
  const made = { ...evidence, explainability: { ...found, environment: 'production' as const }, drift: found };
  const stored = { ...entry, describedAt: clock.now(), validations: [], annualReport: null };
  const facts = { entry: stored, overdue: [] };
  const gates = inventoryGates(
    { version: '1.0.0', performanceMetrics: {}, evidence: made },
    facts,
    config.policy,
    clock.now(),
  );
  expect(gates).toContainEqual(expect.objectContaining({ gate: 'test_environment', status: 'failed' }));
});

describe('overlays', () => {
  it('count once somebody else approved them', async () => {
    const { inventoryOf, clock } = await pdWorld();
    const expiresAt = new Date(clock.now() + 1000);
    const said = {
      modelName: 'pd',
      amount: 2e6,
      currency: 'EUR',
      direction: 'increase',
      reason: 'energy prices',
      expiresAt,
    } as const;
    const { overlayId } = await inventoryOf('rita').overlays.record(said);
    expect(await failure(inventoryOf('rita').overlays.approve({ overlayId }))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await inventoryOf('sue').overlays.approve({ overlayId })).toMatchObject({ approvedBy: 'sue' });
    expect(await failure(inventoryOf('sue').overlays.approve({ overlayId }))).toMatchObject({ code: 'ILLEGAL_STATE' });
    for (const wrong of [{ amount: -1 }, { amount: NaN }, { currency: 'euro' }, { expiresAt: '1999-01-01' }]) {
      expect(await failure(inventoryOf('rita').overlays.record({ ...said, ...wrong }))).toMatchObject({
        code: 'INVALID_INPUT',
      });
    }
  });
});

describe('overrides', () => {
  it('are summed up by rate, direction and who was nearer', async () => {
    const { inventoryOf } = await pdWorld();
    const { overrides } = inventoryOf('rita');
    const said = { modelName: 'pd', version: '1.0.0', reference: 'case 1', reason: 'news of a merger' };
    const { overrideId } = await overrides.record({ ...said, predicted: 0.02, decided: 0.05 });
    await overrides.record({ ...said, predicted: 0.02, decided: 0.01 });
    await overrides.recordActual({ overrideId, actual: 0.05 });
    const summary = summarizeOverrides(await overrides.list({ modelName: 'pd' }), 40);
    expect(summary).toMatchObject({
      overrides: 2,
      up: 1,
      down: 1,
      rate: { value: 0.05 },
      outcomes: { known: 1, overrideError: 0 },
    });
    expect(() => summarizeOverrides([], -1)).toThrow('cannot be all');
  });
});

describe('the drill of the kill switch', () => {
  it('halts a canary, says how long it took, and leaves a record', async () => {
    const { config, options, registry, registryOf, inventoryOf } = await pdWorld();
    await registry.promoteModel({ ...promote, targetStage: 'staging' });
    await registry.promoteModel(promote);
    const canaries = new CanaryDeploymentManager(config, registry);
    expect(await failure(inventoryOf('olga').drills.run({ modelName: 'pd', canaries }))).toMatchObject({
      code: 'NOT_FOUND',
    });
    const model = await registry.loadModel('pd', { version: '1.0.0' });
    await registryOf('bob').register({
      modelName: 'pd',
      modelType: 'spread',
      model,
      featureColumns: ['x', 'kind'],
      version: '1.1.0',
    });
    await canaries.createCanaryDeployment({ modelName: 'pd', candidateVersion: '1.1.0' });
    const drill = await inventoryOf('olga').drills.run({ modelName: 'pd', canaries });
    expect(drill).toMatchObject({ isHalted: true, by: 'olga' });
    expect(drill.latencyMs).toBeGreaterThanOrEqual(0);
    const actions = (await new AuditLog(config, options).list({ limit: 1000 })).map(({ action }) => action);
    expect(actions.slice(-2)).toEqual(['canary.halt', 'compliance.record_drill']);
    const again = { code: 'ILLEGAL_STATE', message: expect.stringContaining('is halted already') as string };
    expect(await failure(inventoryOf('olga').drills.run({ modelName: 'pd', canaries }))).toMatchObject(again);
    const elsewhere = await pdWorld();
    const others = new CanaryDeploymentManager(elsewhere.config, elsewhere.registry);
    expect(await failure(inventoryOf('olga').drills.run({ modelName: 'pd', canaries: others }))).toMatchObject({
      code: 'INVALID_INPUT',
    });
    await canaries.close();
  });
});

it('an inventory of nobody is a CSV file with the same columns', async () => {
  const { registry, inventoryOf } = await pdWorld();
  const head = inventoryCsv(await exportInventory(registry));
  await inventoryOf('olga').describe(described);
  const [first, second] = inventoryCsv(await exportInventory(registry)).split(/(?<=\n)/);
  expect([first, second]).toEqual([head, expect.stringMatching(/^pd,never_validated,1,/)]);
});
