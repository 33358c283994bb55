import type { AuditLog } from '../governance/audit-log.js';
import type { AuditVerification } from '../governance/audit/verify-log.js';

/** Verifying a long log takes seconds, and many may look: what was found is shown for so many times as long. */
const shownTimes = 30;

/** What was found of the audit log, and when that was, milliseconds since 1970. */
export interface FoundOfLog {
  readonly verification: AuditVerification;
  readonly at: number;
}

/** Verifies the audit log for the pages of a server: no oftener than it can, and once for all who ask meanwhile. */
export class VerifiedLog {
  #found: { readonly asked: Promise<FoundOfLog>; readonly until: number } | undefined;

  /** @param isAnew whatever was found before */
  async verify(log: AuditLog, isAnew: boolean): Promise<FoundOfLog> {
    if (this.#found !== undefined && !isAnew && performance.now() < this.#found.until) return this.#found.asked;
    const asked = this.#verify(log);
    this.#found = { asked, until: Infinity };
    return asked;
  }

  async #verify(log: AuditLog): Promise<FoundOfLog> {
    const [began, at] = [performance.now(), Date.now()];
    try {
      const found = { verification: await log.verify(), at };
      const now = performance.now();
      this.#found = { asked: Promise.resolve(found), until: now + shownTimes * (now - began) };
      return found;
    } catch (error) {
      this.#found = undefined;
      throw error;
    }
  }
}
