import { describe, expect, it } from 'vitest';
import {
  AccessControl,
  AuditLog,
  CanaryDeploymentManager,
  MLOpsConfig,
  ModelRegistry,
  type Principal,
} from '@bondx/mlops';
import { createWorld, failure } from '../../helpers.js';

const as = (id: string, type: Principal['type'] = 'person'): Principal => ({ id, type, authentication: 'application' });

const access = {
  bindings: [
    { principal: 'dev', role: 'developer', aliases: ['dev2'] },
    { principal: 'omar', role: 'operator' },
    { principal: 'dev2', role: 'auditor' },
    { principal: 'aud', role: 'auditor' },
    { principal: 'val', role: 'validator' },
  ],
  forbids: [{ principal: 'dev', permissions: ['promote'] }],
  breakGlass: { maxMinutes: 30 },
} as const;

describe('an emergency', () => {
  it('raises one person for a short time, marks what is done, and is reviewed by another', async () => {
    const { config, options, clock } = createWorld({ access });
    const control = new AccessControl(config, { ...options, principal: as('dev') });
    const registry = new ModelRegistry(config, { ...options, principal: as('dev') });
    const manager = new CanaryDeploymentManager(config, registry);
    expect(await failure(manager.halt('spread'))).toMatchObject({ code: 'FORBIDDEN' });
    const { breakGlassId, role } = await control.breakGlass({ reason: 'spreads are off by ten', minutes: 10 });
    expect(role).toBe('operator');
    expect(await failure(manager.halt('spread'))).toMatchObject({ code: 'NOT_FOUND' }); // there is no such model
    await failure(registry.getModel('spread')); // permitted without it
    // A forbid beats the raising as well.
    const promotion = { modelName: 'spread', version: '1.0.0', targetStage: 'staging' } as const;
    expect((await failure(registry.promoteModel({ ...promotion, deployedBy: 'dev' }))).message).toContain('forbids');

    const auditor = control.withPrincipal(as('aud'));
    const early = await failure(auditor.review(breakGlassId, 'fine'));
    expect(early).toMatchObject({ code: 'ILLEGAL_STATE' });
    clock.advance(10 * 60_000);
    expect(await failure(manager.halt('spread'))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await auditor.listBreakGlass({ isReviewed: false })).toMatchObject([{ breakGlassId, isOver: true }]);
    expect(await failure(control.withPrincipal(as('dev2')).review(breakGlassId, 'all good'))).toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('another person than dev') as string,
    });
    await auditor.review(breakGlassId, 'halting was right');
    expect(await failure(control.withPrincipal(as('val')).review(breakGlassId, 'again'))).toMatchObject({
      code: 'ILLEGAL_STATE',
    });
    expect(await auditor.listBreakGlass({ isReviewed: false })).toEqual([]);

    const records = await new AuditLog(config, { ...options, principal: as('aud') }).list({ actor: 'dev' });
    const marked = records.filter(({ actor }) => actor.breakGlass === breakGlassId);
    expect(marked.map(({ action, decision }) => [action, decision])).toEqual([['canary.halt', 'error']]);
  });

  it('is for those with the permission, within the limits of the policy, and needs permissions to be checked', async () => {
    const { config, options } = createWorld({ access });
    const control = new AccessControl(config, { ...options, principal: as('aud') });
    expect(await failure(control.breakGlass({ reason: 'x' }))).toMatchObject({ code: 'FORBIDDEN' });
    const dev = control.withPrincipal(as('dev'));
    expect(await failure(dev.breakGlass({ reason: 'x', minutes: 31 }))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await failure(dev.breakGlass({ reason: ' ' }))).toMatchObject({ code: 'INVALID_INPUT' });
    const open = createWorld();
    expect(await failure(new AccessControl(open.config, open.options).breakGlass({ reason: 'x' }))).toMatchObject({
      code: 'ILLEGAL_STATE',
    });
  });

  it('holds where there is the permission for it, and as long', async () => {
    const { config, options, clock } = createWorld({ access });
    await new AccessControl(config, { ...options, principal: as('dev') }).breakGlass({ reason: 'spreads are off' });
    const haltUnder = async (changed: object): Promise<unknown> => {
      const policy = MLOpsConfig.fromObject({ storage: { kind: 'memory' }, access: { ...access, ...changed } });
      const registry = new ModelRegistry(policy, { ...options, principal: as('dev') });
      return failure(new CanaryDeploymentManager(policy, registry).halt('spread'));
    };
    const [dev, ...others] = access.bindings;
    expect(await haltUnder({})).toMatchObject({ code: 'NOT_FOUND' }); // there is no such model
    const denied = { code: 'FORBIDDEN', message: expect.stringContaining('break_glass') as string };
    // The process is of another environment, somebody took the binding away, or the emergency role is another.
    expect(await haltUnder({ bindings: [{ ...dev, environments: ['staging'] }, ...others] })).toMatchObject(denied);
    expect(await haltUnder({ bindings: others })).toMatchObject(denied);
    const expires = '2026-01-01T00:01:00Z';
    expect(await haltUnder({ bindings: [{ ...dev, expires }, ...others] })).toMatchObject({ code: 'NOT_FOUND' });
    clock.advance(60_000);
    expect(await haltUnder({ bindings: [{ ...dev, expires }, ...others] })).toMatchObject(denied);
    expect(await haltUnder({ breakGlass: { role: 'admin' } })).toMatchObject(denied);
  });

  it('goes by the raising that fits, whatever longer one there is to a role of another policy', async () => {
    const { config, options } = createWorld({ access });
    const raise = async (policy: MLOpsConfig, minutes: number) =>
      (await new AccessControl(policy, { ...options, principal: as('dev') }).breakGlass({ reason: 'off', minutes }))
        .breakGlassId;
    const breakGlass = { role: 'admin', maxMinutes: 30 };
    await raise(MLOpsConfig.fromObject({ storage: { kind: 'memory' }, access: { ...access, breakGlass } }), 20);
    const fitting = await raise(config, 10);
    const registry = new ModelRegistry(config, { ...options, principal: as('dev') });
    const halted = await failure(new CanaryDeploymentManager(config, registry).halt('spread'));
    expect(halted).toMatchObject({ code: 'NOT_FOUND' }); // there is no such model
    const [record] = await new AuditLog(config, { ...options, principal: as('aud') }).list({ action: 'canary.halt' });
    expect(record).toMatchObject({ actor: { breakGlass: fitting } });
  });
});
