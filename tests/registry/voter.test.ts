import { describe, expect, it } from 'vitest';
import { type Principal } from '@bondx/mlops';
import { checkVoter } from '../../src/registry/approvals/voter.js';
import { createWorld, failure } from '../helpers.js';

const as = (id: string, type: Principal['type'] = 'person'): Principal => ({ id, type, authentication: 'jwt' });

describe('whoever votes on a request', () => {
  const bindings = [{ principal: 'ada', role: 'developer', aliases: ['ada@bank'] }];
  const request = { requestId: 'q', requestedBy: 'ada', votes: [{ by: 'Bob', verdict: 'approve', at: '' }] } as never;
  const version = { registeredBy: 'cleo', runId: 'run' } as never;

  async function vote(principal: Principal | undefined, of = version): Promise<string> {
    const { config, storage } = createWorld({ access: { bindings } });
    const value = { startedBy: 'dan' };
    await storage.commit([{ kind: 'put', collection: 'runs', id: 'run', value, expect: 'absent' }]);
    const outcome = checkVoter(storage, { config, principal }, request, of);
    return outcome.then(
      () => 'may',
      (error: unknown) => (error as Error).message.split(';')[0]!,
    );
  }

  it.each([
    ['eve', 'may'],
    ['ada', 'ada made the request'],
    ['ADA', 'ADA made the request'],
    ['ada@bank', 'ada@bank made the request'],
    ['cleo', 'cleo registered the version'],
    ['dan', 'dan trained the version'],
    ['bob', 'bob has voted already'],
  ])('as %s: %s', async (id, said) => expect(await vote(as(id))).toBe(said));

  it('is a person who is known', async () => {
    expect(await vote(undefined)).toBe('an unknown caller is not a person');
    expect(await vote(as('eve', 'service'))).toBe('eve is not a person');
  });

  it('is nobody who trained a run that is gone, or of which none is known', async () => {
    expect(await vote(as('dan'), { registeredBy: 'cleo', runId: null } as never)).toBe('may');
    expect(await vote(as('dan'), { registeredBy: 'cleo', runId: 'gone' } as never)).toBe('may');
  });

  it('is refused with a code that says so', async () => {
    const { config, storage } = createWorld();
    expect(await failure(checkVoter(storage, { config, principal: as('ada') }, request, version))).toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});
