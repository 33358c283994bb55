import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AuditLog, type Principal } from '@bondx/mlops';
import { builtInRoles } from '../../../src/config/roles.js';
import { ControlPlane } from '../../../src/governance/control-plane.js';
import {
  type AuditedOperation,
  type OperationName,
  type UnauditedOperation,
  operations,
} from '../../../src/governance/operations.js';
import { createContext } from '../../../src/runtime/context.js';
import { createWorld, failure } from '../../helpers.js';

/** Every operation and role as a person wrote it down: what is expected of whoever is known, or not, within models or not. */
const table = readFileSync('tests/governance/access/matrix.txt', 'utf8').trim().split('\n').slice(1);
const expected = new Map(
  table.map((row) => {
    const [operation, role, ...cells] = row.split(' | ');
    return [`${operation} ${role}`, cells] as const;
  }),
);

const roles = Object.keys(builtInRoles);
const names = Object.keys(operations) as OperationName[];
const bindings = roles.map((role) => ({ principal: role, role, models: ['spread'] }));

/** What really happens: the operation goes through the choke point as any method of any class does. */
async function attempt(operation: OperationName, caller: string | undefined, model: string): Promise<string> {
  const { config, options } = createWorld({ access: { bindings } });
  const principal: Principal | undefined =
    caller === undefined ? undefined : { id: caller, type: 'person', authentication: 'jwt' };
  const control = new ControlPlane({ ...createContext(config, options), principal });
  const scope = { model };
  const did: string[] = [];
  const done = (): void => void did.push(operation);
  const call =
    operations[operation].audit === 'always'
      ? control.change(operation as AuditedOperation, { resource: { type: 'model', id: model }, scope }, async () => {
          done();
          return { changes: [], result: undefined };
        })
      : control.access(operation as UnauditedOperation, scope, async () => done());
  const code = await call.then(
    () => undefined,
    (error: unknown) => (error as { code: string }).code,
  );
  if (code === undefined && did.length === 1) return 'allow';
  expect(did).toEqual([]);
  expect(code).toBe(caller === undefined ? 'UNAUTHENTICATED' : 'FORBIDDEN');
  return 'deny';
}

describe('the matrix of operations and roles', () => {
  it('has a row for each pair, and no others', () => {
    expect(table).toHaveLength(expected.size);
    expect([...expected.keys()].sort()).toEqual(
      names.flatMap((operation) => roles.map((role) => `${operation} ${role}`)).sort(),
    );
  });

  it.each(names)('%s is allowed to whom the table says', async (operation) => {
    for (const role of roles) {
      const found = [
        await attempt(operation, role, 'spread'),
        await attempt(operation, role, 'liquidity'),
        await attempt(operation, undefined, 'spread'),
        await attempt(operation, undefined, 'liquidity'),
      ];
      expect(found, role).toEqual(expected.get(`${operation} ${role}`));
    }
  });

  it('gives nobody both sides of a promotion, and an administrator neither', () => {
    for (const [role, permissions] of Object.entries(builtInRoles)) {
      const sides = (['request', 'approve', 'promote'] as const).filter((side) => permissions.includes(side));
      expect(sides.length, role).toBeLessThanOrEqual(1);
    }
    expect(builtInRoles['admin']).not.toContain('promote');
    expect(builtInRoles['operator']).toContain('rollback');
  });

  it('holds for what reaches the whole store too: it takes a binding without models', async () => {
    const { config, options } = createWorld({
      access: { bindings: [...bindings, { principal: 'all', role: 'auditor' }] },
    });
    const log = new AuditLog(config, {
      ...options,
      principal: { id: 'auditor', type: 'person', authentication: 'jwt' },
    });
    expect(await failure(log.list())).toMatchObject({ code: 'FORBIDDEN' });
    await log.withPrincipal({ id: 'all', type: 'person', authentication: 'jwt' }).list();
  });
});
