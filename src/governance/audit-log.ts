import type { MLOpsConfig } from '../config/mlops-config.js';
import { type Context, type ContextOptions, createContext, deriveContext } from '../runtime/context.js';
import type { Principal } from '../runtime/principal.js';
import type { AuditRecord } from './audit-record.js';
import { type AuditFilter, type AuditVerification, listAuditRecords, verifyAuditTrail } from './audit-trail.js';
import { ControlPlane } from './control-plane.js';

/** Reads and checks the audit trail that every operation writes. */
export class AuditLog {
  readonly #context: Context;
  readonly #control: ControlPlane;

  constructor(config: MLOpsConfig, options: ContextOptions | Context = {}) {
    this.#context = 'stores' in options ? options : createContext(config, options);
    this.#control = new ControlPlane(this.#context);
  }

  /** The same log, used by somebody else. */
  withPrincipal(principal: Principal): AuditLog {
    return new AuditLog(this.#context.config, deriveContext(this.#context, { principal }));
  }

  /**
   * Checks the whole chain.
   *
   * @param options.expectedHead a `head` from an earlier verification that was kept outside the store: a log that no
   *   longer contains it was cut or replaced
   */
  async verify(options: { readonly expectedHead?: string } = {}): Promise<AuditVerification> {
    return this.#control.access('audit.read', 'store', (storage) => verifyAuditTrail(storage, options));
  }

  /** Records that match, oldest first. */
  async list(filter: AuditFilter = {}): Promise<readonly AuditRecord[]> {
    return this.#control.access('audit.read', 'store', (storage) => listAuditRecords(storage, filter));
  }

  /** Gives up the storage; it closes when the last instance made from the same config has. */
  async close(): Promise<void> {
    await this.#context.stores.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
