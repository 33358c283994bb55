import { userInfo } from 'node:os';

/** Who runs an operation. */
export interface Principal {
  /** Stable identifier, such as a login name. */
  readonly id: string;
  readonly type: 'person' | 'service';
  /**
   * How the identity was established: by the operating system, vouched for by the embedding application, or by a token
   * that `authenticate` verified.
   */
  readonly authentication: 'os_user' | 'application' | 'jwt' | 'api_token';
  /** Ties its audit records to a request of the embedding service. */
  readonly requestId?: string;
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
