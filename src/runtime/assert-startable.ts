import type { MLOpsConfig } from '../config/mlops-config.js';
import { builtInRoles } from '../config/roles.js';
import { PolicyError } from '../errors.js';

/**
 * A policy may be read anywhere; in production it is only worked with once it says who may do what.
 *
 * @throws PolicyError
 */
export function assertStartable({ policy, file }: MLOpsConfig): void {
  const { environment, security, access } = policy;
  if (environment !== 'production' || !security.requireAuthorization || access.bindings.length > 0) return;
  const message =
    'production needs to know who may do what: add bindings such as [{ principal: ada, role: operator }] (roles: ' +
    `${Object.keys(builtInRoles).join(', ')}), or use environment: staging, or set security.require_authorization to ` +
    'false, which lets everybody who is known do everything';
  throw new PolicyError([{ path: 'access.bindings', message }], file);
}
