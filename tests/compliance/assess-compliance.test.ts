import { describe, expect, it } from 'vitest';
import {
  type CheckName,
  type ComplianceInputs,
  type ComplianceReport,
  MLOpsConfig,
  ModelRegistry,
  assessCompliance,
} from '@bondx/mlops';
import { checkNames } from '../../src/compliance/checks/check-names.js';
import { checksOf } from '../../src/compliance/checks/check-table.js';
import { failure } from '../helpers.js';
import { described, goodInputs, pdWorld } from './pd-world.js';

const at = { modelName: 'pd', version: '1.0.0' } as const;
const statusOf = (report: ComplianceReport, name: CheckName) =>
  report.results.find(({ check }) => check === name)?.status;

describe('an assessment', () => {
  it('makes the checks that the policy and the purpose of the model ask for, no others', async () => {
    const { registry, inventoryOf } = await pdWorld({
      security: { regulatoryFrameworks: ['Basel III'], complianceChecks: ['explainability'] },
    });
    await inventoryOf('olga').describe(described);
    const report = await assessCompliance(registry, at);
    expect(report.results.map(({ check }) => check)).toEqual([
      'basel.discrimination',
      'basel.calibration',
      'basel.grade_stability',
      'basel.independent_validation',
      'basel.overrides',
      'policy.explainability',
    ]);
    expect(report.outOfScope).toEqual(['basel.var_backtest']);
  });

  it('says not_assessed where something is missing, and what', async () => {
    const { registry } = await pdWorld();
    const report = await assessCompliance(registry, at);
    expect(report.verdict).toBe('inconclusive');
    expect(report.results.filter(({ status }) => status === 'not_met').map(({ check }) => check)).toEqual([]);
    for (const { status, message } of report.results)
      if (status === 'not_assessed') expect(message.length).toBeGreaterThan(10);
    expect(JSON.stringify(report)).not.toMatch(/compliant/i);
  });

  it('is what the compliance gate reads: passed, failed, not assessed', async () => {
    const { config, options, registry, inventoryOf } = await pdWorld({
      promotion: {
        ...{
          minAccuracy: 0,
          maxDrift: 1,
          requireExplainability: false,
          requireFeatureImportance: false,
          requireBiasTesting: false,
        },
        requireComplianceCheck: true,
      },
      security: { regulatoryFrameworks: ['Basel III'], complianceChecks: [] },
    });
    const gate = async () =>
      (await registry.checkGates('pd', '1.0.0')).find((found) => found.gate === 'compliance')!.status;
    await inventoryOf('olga').describe(described);
    await inventoryOf('vera').recordValidation({ ...at, outcome: 'approved' });
    expect(await gate()).toBe('not_assessed');
    await assessCompliance(registry, at);
    expect(await gate()).toBe('not_assessed');
    const passed = await assessCompliance(registry, { ...at, inputs: goodInputs });
    expect(passed.results.filter(({ status }) => status !== 'met')).toEqual([]);
    expect(await gate()).toBe('passed');
    const bcbs = MLOpsConfig.fromObject({
      storage: { kind: 'memory' },
      ...{ promotion: config.policy.promotion, security: { regulatoryFrameworks: ['BCBS 239'], complianceChecks: [] } },
    });
    const stricter = new ModelRegistry(bcbs, options);
    expect((await stricter.checkGates('pd', '1.0.0')).find((found) => found.gate === 'compliance')!.status).toBe(
      'not_assessed', // the assessment did not look at it
    );
    const { pd } = goodInputs;
    const bad = { ...goodInputs, pd: { ...pd!, grades: pd!.grades.map((grade) => ({ ...grade, pd: grade.pd / 2 })) } };
    expect(statusOf(await assessCompliance(registry, { ...at, inputs: bad }), 'basel.calibration')).toBe('not_met');
    expect(await gate()).toBe('failed');
  });

  it('prints the caveats where they apply', async () => {
    const { registry } = await pdWorld({ security: { regulatoryFrameworks: ['Basel III'], complianceChecks: [] } });
    const assess = async (pd: ComplianceInputs['pd']) => {
      const report = await assessCompliance(registry, { ...at, inputs: { pd: pd! } });
      return report.results.find(({ check }) => check === 'basel.calibration')!;
    };
    const few = { grade: 'A', obligors: 300, defaults: 0 };
    const past = '2025-12-31';
    expect((await assess(goodInputs.pd)).caveats.join()).toContain('correlated');
    const low = await assess({ horizonEndsAt: past, grades: [{ ...few, pd: 0.001 }] });
    expect([low.status, low.caveats.join()]).toEqual(['not_assessed', expect.stringContaining('Pluto–Tasche')]);
    expect((await assess({ horizonEndsAt: past, grades: [{ ...few, pd: 0.02 }] })).status).toBe('met');
    const young = await assess({ ...goodInputs.pd!, horizonEndsAt: '2999-01-01' });
    expect([young.status, young.message]).toEqual(['not_assessed', expect.stringContaining('not matured')]);
  });

  it('takes a person’s word for what cannot be assessed, not for what is not met', async () => {
    const { registry, inventoryOf, clock } = await pdWorld({
      security: { regulatoryFrameworks: ['SR 26-2'], complianceChecks: [] },
    });
    const { attestations } = inventoryOf('sue');
    const expiresAt = new Date(clock.now() + 1000);
    for (const check of ['model_risk.effective_challenge', 'model_risk.inventory'] as const) {
      await attestations.record({
        modelName: 'pd',
        check,
        statement: 'compared with the vendor model by hand',
        expiresAt,
      });
    }
    const late = { check: 'model_risk.inventory', statement: 'a year ago', expiresAt: new Date(clock.now()) } as const;
    expect(await failure(attestations.record({ modelName: 'pd', ...late }))).toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('has passed') as string,
    });
    const report = await assessCompliance(registry, at);
    expect(statusOf(report, 'model_risk.effective_challenge')).toBe('attested');
    expect(statusOf(report, 'model_risk.inventory')).toBe('not_met');
    clock.advance(1000);
    expect(statusOf(await assessCompliance(registry, at), 'model_risk.effective_challenge')).toBe('not_assessed');
  });

  it('judges losses, stages, scenarios, overlays and value at risk', async () => {
    const { registry, inventoryOf } = await pdWorld({
      security: { regulatoryFrameworks: ['IFRS 9', 'Basel III'], complianceChecks: [] },
    });
    await inventoryOf('olga').describe({ ...described, measures: ['ecl', 'var'] });
    const twelve = (...values: number[]): number[] => [...values, ...values, ...values];
    const pairs = { realised: twelve(0.4, 0.5, 0.3, 0.2), estimated: twelve(0.45, 0.5, 0.35, 0.3) };
    const inputs: ComplianceInputs = {
      lgd: pairs,
      ead: { realised: pairs.realised.map((x) => x + 0.5), estimated: pairs.estimated },
      staging: { paths: Array.from({ length: 60 }, () => [1, 2, 3] as const) },
      scenarios: [
        { weight: 0.6, loss: 1 },
        { weight: 0.3, loss: 2 },
      ],
      var: { isException: Array.from({ length: 260 }, (_, day) => (day % 40 === 20 ? 1 : 0)) },
    };
    const report = await assessCompliance(registry, { ...at, inputs });
    const found = Object.fromEntries(report.results.map(({ check, status }) => [check, status]));
    expect(found).toMatchObject({
      'ifrs9.lgd': 'met',
      'ifrs9.ead': 'not_met',
      'ifrs9.stage_migration': 'met',
      'ifrs9.scenario_weights': 'not_met',
      'ifrs9.overlays': 'met',
      'basel.var_backtest': 'not_met',
    });
  });

  it('holds to the tolerances of the policy', async () => {
    const tolerant = { maxOverrideRate: 1, significanceLevel: 1e-12, minStage2Share: 0 };
    const { registry, inventoryOf } = await pdWorld({
      compliance: tolerant,
      security: { regulatoryFrameworks: ['Basel III', 'IFRS 9'] },
    });
    await inventoryOf('olga').overrides.record({ ...at, reference: 'a', predicted: 1, decided: 2, reason: 'news' });
    const { pd } = goodInputs;
    const grades = pd!.grades.map((grade) => ({ ...grade, pd: grade.pd * 0.8 }));
    const inputs = { pd: { ...pd!, grades }, decisions: 1, staging: { paths: [[1, 3]] } } as const;
    const report = await assessCompliance(registry, { ...at, inputs });
    expect(statusOf(report, 'basel.calibration')).toBe('met');
    expect(statusOf(report, 'basel.overrides')).toBe('met');
    expect(statusOf(report, 'ifrs9.stage_migration')).toBe('met');
  });

  it('says not_assessed of discrimination where nobody defaulted, and goes on', async () => {
    const { registry } = await pdWorld({ security: { regulatoryFrameworks: ['Basel III'], complianceChecks: [] } });
    const pd = { ...goodInputs.pd!, defaulted: [0, 0, 0, 1], scores: [1, 2, 3, 4] };
    const { results } = await assessCompliance(registry, { ...at, inputs: { pd } });
    expect(results.find(({ check }) => check === 'basel.discrimination')).toMatchObject({
      status: 'not_assessed',
      message: '1 of 4 obligors defaulted; an AUC takes two that did and two that did not',
    });
    expect(results.find(({ check }) => check === 'basel.calibration')?.status).toBe('met');
  });

  it('does not take too few defaults to tell for an AUC that has not fallen', async () => {
    const { registry } = await pdWorld({ security: { regulatoryFrameworks: ['Basel III'], complianceChecks: [] } });
    const assess = async (defaulted: readonly number[]) => {
      // A default has a score of its own beside those of 400 others, no better than at random.
      const scores = [...Array.from({ length: 400 }, (_, i) => i), ...defaulted];
      const labels = scores.map((_, i) => Number(i >= 400));
      const pd = { ...goodInputs.pd!, defaulted: labels, scores, initialAuc: { auc: 0.7 } };
      const { results } = await assessCompliance(registry, { ...at, inputs: { pd } });
      return results.find(({ check }) => check === 'basel.discrimination')!;
    };
    const few = await assess([50.5, 200.5, 350.5]); // an AUC of 0.5: 3 defaults do not prove that it fell
    expect(few.status).toBe('not_assessed');
    expect(few.message).toContain('3 defaults are too few to tell');
    expect((await assess([20.5, 30.5, 40.5])).status).toBe('not_met'); // but what is proved counts
    expect((await assess(Array.from({ length: 10 }, (_, i) => 170.5 + 23 * i))).status).toBe('met');
  });

  it('does not judge losses by a few defaults', async () => {
    const { registry } = await pdWorld({ security: { regulatoryFrameworks: ['IFRS 9'], complianceChecks: [] } });
    const assess = async (...realised: number[]) => {
      const given = { realised, estimated: realised.map(() => 0.5) };
      const { results } = await assessCompliance(registry, { ...at, inputs: { lgd: given, ead: given } });
      return results.filter(({ check }) => check === 'ifrs9.lgd' || check === 'ifrs9.ead');
    };
    const ten = [0, 0.95, 1, 0.05, 0.9, 0.02, 1, 0.1, 0.97, 0];
    const bad = [0.9, 0.95, 1, 0.97, 0.99, 0.96, 0.91, 0.98, 0.02, 1];
    for (const few of [ten.slice(0, 9), bad.slice(0, 2)])
      for (const { status, message, evidence } of await assess(...few)) {
        expect(status).toBe('not_assessed');
        expect(message).toContain(`${few.length} defaults are too few to tell`);
        expect(evidence).toMatchObject({ defaults: few.length, degreesOfFreedom: few.length - 1 });
      }
    for (const { status } of await assess(...ten)) expect(status).toBe('met');
    for (const { status } of await assess(...bad)) expect(status).toBe('not_met');
  });

  it('says not_assessed of what cannot be tested, and goes on', async () => {
    const { registry } = await pdWorld({ security: { regulatoryFrameworks: ['Basel III', 'IFRS 9'] } });
    const pd = { ...goodInputs.pd!, defaulted: [0, 0, 0, 1, 1], scores: [1, 2, 3, 4, 5], initialAuc: { auc: 0.9 } };
    const alike = { realised: [0.3, 0.4, 0.5], estimated: [0.2, 0.3, 0.4] };
    const report = await assessCompliance(registry, { ...at, inputs: { pd, lgd: alike, ead: alike } });
    const messageOf = (name: CheckName) => report.results.find(({ check }) => check === name)!.message;
    for (const name of ['basel.discrimination', 'ifrs9.lgd', 'ifrs9.ead'] as const)
      expect(statusOf(report, name)).toBe('not_assessed');
    expect(messageOf('basel.discrimination')).toContain('the AUC is 1 without any variance');
    expect(messageOf('ifrs9.lgd')).toContain('all 3 defaults differ alike');
    expect(statusOf(report, 'basel.calibration')).toBe('met');
    await expect(
      failure(assessCompliance(registry, { ...at, inputs: { lgd: { ...alike, estimated: [0.2] } } })),
    ).resolves.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('takes grades that nobody is in: they are not tested, and moved all the same', async () => {
    const { registry } = await pdWorld({ security: { regulatoryFrameworks: ['Basel III'], complianceChecks: [] } });
    const assess = async (...counts: readonly (readonly [obligors: number, obligorsAtDevelopment: number])[]) => {
      const [a, b] = goodInputs.pd!.grades;
      const grades = [
        ...[a!, b!].map((grade) => ({ ...grade, obligorsAtDevelopment: grade.obligors })),
        ...counts.map(([obligors, before], i) => ({
          ...{ grade: `C${i}`, pd: 0.2, obligors, defaults: 0, obligorsAtDevelopment: before },
        })),
      ];
      return assessCompliance(registry, { ...at, inputs: { pd: { ...goodInputs.pd!, grades } } });
    };
    const never = await assess([0, 0]);
    expect(statusOf(never, 'basel.calibration')).toBe('met');
    expect(never.results.find(({ check }) => check === 'basel.calibration')!.evidence).toMatchObject({
      grades: [{ grade: 'A' }, { grade: 'B' }],
      emptyGrades: ['C0'],
    });
    expect(statusOf(never, 'basel.grade_stability')).toBe('met');
    expect(statusOf(await assess([0, 6000]), 'basel.grade_stability')).toBe('not_met');
    const pd = {
      ...goodInputs.pd!,
      grades: [{ grade: 'A', pd: 0.1, obligors: 0, defaults: 0, obligorsAtDevelopment: 0 }],
    };
    const nobody = await assessCompliance(registry, { ...at, inputs: { pd } });
    expect(statusOf(nobody, 'basel.calibration')).toBe('not_assessed');
    expect(statusOf(nobody, 'basel.grade_stability')).toBe('not_assessed');
  });

  it('refuses inputs that cannot be, before anything is written', async () => {
    const { registry, storage } = await pdWorld();
    const wrong: unknown[] = [
      { pdd: {} },
      { pd: { grades: [] } },
      { lgd: { realised: [1] } },
      { scenarios: {} },
      { pd: 'x' },
      null,
      { pd: { ...goodInputs.pd, grades: [null] } },
      { pd: { ...goodInputs.pd, grades: [{ ...goodInputs.pd!.grades[0], pd: '0.1' }] } },
      { pd: { ...goodInputs.pd, grades: [{ ...goodInputs.pd!.grades[0], obligorsAtDevelopment: null }] } },
      { pd: { ...goodInputs.pd, initialAuc: null } },
      { pd: { ...goodInputs.pd, defaulted: goodInputs.pd!.defaulted!.with(0, null as never) } },
      { lgd: { realised: [0.4, null, 0.5], estimated: [0.4, 0.3, 0.2] } },
      { ead: { realised: [0.4, 0.5], estimated: [0.4, '0.3'] } },
      { var: { isException: new Array(250).fill(null) } },
      { staging: { paths: [null] } },
      { scenarios: [null] },
      { scenarios: [{ weight: '1', loss: 2 }] },
    ];
    for (const inputs of wrong) {
      expect(await failure(assessCompliance(registry, { ...at, inputs: inputs as ComplianceInputs }))).toMatchObject({
        code: 'INVALID_INPUT',
      });
    }
    expect((await storage.query('compliance_reports')).records).toEqual([]);
  });

  it('knows each check of the table once', () => {
    const regulatoryFrameworks = ['Basel III', 'IFRS 9', 'MiFID II', 'SR 26-2', 'SS1/23', 'BCBS 239'] as const;
    const { policy } = MLOpsConfig.fromObject({ security: { regulatoryFrameworks } }, { environment: {} });
    expect(
      checksOf(policy.security)
        .map(({ check }) => check)
        .sort(),
    ).toEqual([...checkNames].sort());
    expect(() => MLOpsConfig.fromObject({ security: { regulatoryFrameworks: ['SOX'] } } as never)).toThrow('SS1/23');
  });
});
