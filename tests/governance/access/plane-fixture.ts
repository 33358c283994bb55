import { AuditLog, type Principal } from '@bondx/mlops';
import { ControlPlane } from '../../../src/governance/control-plane.js';
import { type Context, createContext } from '../../../src/runtime/context.js';
import { createWorld } from '../../helpers.js';

export const as = (id: string): Principal => ({ id, type: 'person', authentication: 'application' });
/** Who there is, unless a test says otherwise. */
export const bindings = [
  { principal: 'dev', role: 'developer' },
  { principal: 'aud', role: 'auditor' },
];

/** A control plane used by `dev`, and the audit trail that an auditor finds. */
export function open(
  policy: Parameters<typeof createWorld>[0] = { access: { bindings } },
  more: Partial<Context> = {},
) {
  const { config, options, clock, storage } = createWorld(policy);
  const context: Context = { ...createContext(config, { ...options, principal: as('dev') }), ...more };
  const list = () => new AuditLog(config, { ...options, principal: as('aud') }).list();
  return { config, options, clock, storage, context, control: new ControlPlane(context), list };
}

export const resource = { type: 'run', id: 'r1' } as const;
export const scope = { model: 'spread' } as const;
