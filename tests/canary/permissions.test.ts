import { beforeEach, describe, expect, it } from 'vitest';
import { AuditLog, CanaryDeploymentManager, type Principal } from '@bondx/mlops';
import { type World, createWorld, failure } from '../helpers.js';
import { twoVersions } from '../report/canary-fixture.js';

const person = (id: string): Principal => ({ id, type: 'person', authentication: 'application' });

let world: World;
let manager: CanaryDeploymentManager;
let deploymentId: string;

beforeEach(async () => {
  const bindings = [
    ...['operator', 'developer', 'auditor'].map((role) => ({ principal: 'ada', role })),
    { principal: 'vera', role: 'validator' },
    { principal: 'kim', role: 'watch' },
  ];
  world = createWorld({
    canary: { maxCanaryPercentage: 0.5 },
    access: { roles: { watch: ['read', 'rollback'] }, bindings },
  });
  manager = new CanaryDeploymentManager(world.config, await twoVersions(world));
  const canary = { modelName: 'spread', candidateVersion: '1.1.0', initialTrafficPercentage: 0.5 };
  deploymentId = await manager.createCanaryDeployment(canary);
});

describe('who may not serve', () => {
  it('evaluates, where that is allowed, since nothing was seen that had to be stored', async () => {
    await using validator = manager.withPrincipal(person('vera'));
    await validator.refresh('spread');
    expect(await validator.evaluate(deploymentId)).toMatchObject({ verdict: 'hold' });
  });

  it('halts, and ends without having been denied anything', async () => {
    const watch = manager.withPrincipal(person('kim'));
    expect(await watch.halt('spread')).toMatchObject({ status: 'halted' });
    await watch.flush();
    await watch.close();
    const records = await new AuditLog(world.config, world.options).list({});
    expect(records.filter(({ decision }) => decision === 'deny')).toEqual([]);
  });

  it('is told once something was routed', async () => {
    const validator = manager.withPrincipal(person('vera'));
    await validator.refresh('spread');
    validator.routePrediction({ modelName: 'spread', routingKey: 'a' });
    expect(await failure(validator.flush())).toMatchObject({ code: 'FORBIDDEN' });
  });
});
