import { userInfo } from 'node:os';
import { checkObject, checkOneOf, checkText, refuse } from '../util/check.js';

const authentications = ['os_user', 'application', 'jwt', 'api_token'] as const;

/** Who runs an operation. */
export interface Principal {
  /** Stable identifier, such as a login name. */
  readonly id: string;
  readonly type: 'person' | 'service';
  /**
   * How the identity was established: by the operating system, vouched for by the embedding application, or by a token
   * that `authenticate` verified.
   */
  readonly authentication: (typeof authentications)[number];
  /** Ties its audit records to a request of the embedding service; at most 500 characters. */
  readonly requestId?: string;
}

/**
 * Refuses what says nobody: whoever would be taken in its place is somebody else.
 *
 * @returns a copy: a service that fills one object for each of its requests must not change who did what goes on
 * @throws MLOpsError `INVALID_INPUT`
 */
export function checkPrincipal(value: unknown): Principal {
  const { id, requestId, ...said } = checkObject(value as Principal, 'principal');
  if (checkText(id, 'id of the principal').trim() === '') refuse('id of the principal must not be empty');
  const type = checkOneOf(said.type, ['person', 'service'] as const, 'type of the principal');
  const authentication = checkOneOf(said.authentication, authentications, 'authentication of the principal');
  if (requestId === undefined) return Object.freeze({ id, type, authentication });
  if (checkText(requestId, 'requestId of the principal').length > 500) {
    refuse(`requestId of the principal must have at most 500 characters, got ${requestId.length}`);
  }
  return Object.freeze({ id, type, authentication, requestId });
}

/** The operating-system user of this process. */
export function osPrincipal(): Principal {
  return { id: osUserName(), type: 'person', authentication: 'os_user' };
}

function osUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`; // containers may run as a uid without an account
  }
}
