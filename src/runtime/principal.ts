import { userInfo } from 'node:os';

/** Who runs an operation. */
export interface Principal {
  /** Stable identifier, such as a login name. */
  readonly id: string;
  readonly type: 'person' | 'service';
  /** How the identity was established: by the operating system, or vouched for by the embedding application. */
  readonly authentication: 'os_user' | 'application';
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
