import type { MLOpsConfig } from '../config/mlops-config.js';
import { type Context, type ContextOptions, createContext, deriveContext } from '../runtime/context.js';
import type { Principal } from '../runtime/principal.js';
import { appendAnchor, readAnchors } from './audit/anchor-file.js';
import { type Checkpoint, judgeByKeys } from './audit/checkpoint.js';
import { makeCheckpoint } from './audit/make-checkpoint.js';
import type { AuditProof } from './audit/prove-record.js';
import type { AuditVerification } from './audit/verify-log.js';
import { againIfMoved, findLogPlace, judgeStartByKeys, startTree } from './audit/log-start.js';
import type { AuditRecord } from './audit-record.js';
import { type AuditFilter, listAuditRecords, readAuditTrail } from './audit-trail.js';
import { ControlPlane } from './control-plane.js';
import { operations } from './operations.js';
import { checkOptions, checkText, describe, refuse } from '../util/check.js';
import { nearest } from '../util/nearest.js';

/** Loaded when it is asked for: most processes only write. */
const evidence = () => import('./audit/evidence.js');

/** What a log is held against. */
export interface VerifyLogOptions {
  /** A `head` from an earlier verification that was kept outside the store: a log that no longer contains it was cut or replaced. */
  readonly expectedHead?: string;
  /** A file of checkpoints; that of `security.audit_anchor_path` unless told. */
  readonly anchors?: string;
  readonly signal?: AbortSignal;
  /** Called with the share done, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

/** Reads, checks, signs and exports the audit trail that every operation writes. */
export class AuditLog {
  readonly #context: Context;
  readonly #control: ControlPlane;

  constructor(config: MLOpsConfig, options: ContextOptions | Context = {}) {
    this.#context = createContext(config, options);
    this.#control = new ControlPlane(this.#context);
  }

  /** The same log, used by somebody else. */
  withPrincipal(principal: Principal): AuditLog {
    return new AuditLog(this.#context.config, deriveContext(this.#context, { principal }));
  }

  /**
   * Checks the whole chain, then holds it against its signed checkpoints and the anchors outside of the store.
   *
   * @throws MLOpsError `NOT_FOUND` for a file of anchors that was named and is not there; `ABORTED`
   */
  async verify(options: VerifyLogOptions = {}): Promise<AuditVerification> {
    checkVerifyOptions(options, 'verify');
    return this.#control.access('audit.read', 'store', async (storage) => {
      const anchors = await this.#anchors(options.anchors);
      const { verifyStoredLog } = await evidence();
      return verifyStoredLog(this.#context, storage, { ...options, anchors });
    });
  }

  /** Records that match, oldest first unless told otherwise. @throws MLOpsError `INVALID_INPUT` for a filter that is none */
  async list(filter: AuditFilter = {}): Promise<readonly AuditRecord[]> {
    return this.#control.access('audit.read', 'store', async (storage) => {
      const found = await listAuditRecords(storage, filter);
      if (found.length === 0 && filter.action !== undefined) checkAction(filter.action);
      return found;
    });
  }

  /**
   * Signs what the log holds now; happens by itself every `security.checkpoint_interval` records.
   *
   * @returns undefined for an empty log
   */
  async checkpoint(): Promise<Checkpoint | undefined> {
    return this.#control.access('audit.checkpoint', 'store', (storage) => makeCheckpoint(this.#context, storage));
  }

  /** Makes a checkpoint and appends it to a file, which belongs somewhere else than the store. */
  async anchor(path: string): Promise<Checkpoint | undefined> {
    const known = await readAnchors(path); // a file that cannot be read is refused before a checkpoint is made
    const checkpoint = await this.checkpoint();
    if (checkpoint === undefined || known.checkpoints.at(-1)?.signature === checkpoint.signature) return checkpoint;
    await appendAnchor(path, checkpoint);
    return checkpoint;
  }

  /**
   * Shows that one record is in the log, to somebody who sees no other.
   *
   * @throws MLOpsError `NOT_FOUND` for a record that no checkpoint covers yet
   */
  async prove(seq: number): Promise<AuditProof> {
    return this.#control.access('audit.read', 'store', async (storage) => {
      const { proveRecord, readCheckpoints } = await evidence();
      const checkpoint = (await readCheckpoints(storage)).at(-1);
      return againIfMoved(async () => {
        const place = await findLogPlace(storage);
        return proveRecord(readAuditTrail(storage, 0, place), seq, checkpoint, place.start && startTree(place.start));
      });
    });
  }

  /** Whether a proof holds, by the keys of this store. */
  async verifyProof(proof: AuditProof): Promise<boolean> {
    return this.#control.access('audit.read', 'store', async () => {
      const { verifyProof } = await evidence();
      return verifyProof(proof, judgeByKeys(await this.#context.keys()));
    });
  }

  /** Writes all records and checkpoints to a file of JSON Lines. @throws MLOpsError `ALREADY_EXISTS`; `ABORTED` */
  async export(
    path: string,
    options: Pick<VerifyLogOptions, 'signal' | 'onProgress'> = {},
  ): Promise<{ readonly records: number; readonly checkpoints: number }> {
    checkOptions(options, ['signal', 'onProgress'], 'export');
    return this.#control.access('audit.read', 'store', async (storage) => {
      const { readCheckpoints, writeExport } = await evidence();
      return againIfMoved(async () => {
        const checkpoints = await readCheckpoints(storage);
        const place = await findLogPlace(storage);
        const { records } = await writeExport(path, {
          records: readAuditTrail(storage, 0, place, options),
          checkpoints,
          start: place.start,
        });
        return { records, checkpoints: checkpoints.length };
      });
    });
  }

  /** Verifies a file that {@link export} wrote, by the keys of this store; its records are not looked at. */
  async verifyExport(path: string, options: VerifyLogOptions = {}): Promise<AuditVerification> {
    checkVerifyOptions(options, 'verifyExport');
    return this.#control.access('audit.read', 'store', async () => {
      const keys = await this.#context.keys();
      const anchors = await this.#anchors(options.anchors);
      const { verifyExport } = await evidence();
      const judges = { judge: judgeByKeys(keys), judgeStart: judgeStartByKeys(keys) };
      return verifyExport(path, { ...options, ...judges, anchors });
    });
  }

  /** Gives up the storage; it closes when the last instance made from the same config has. */
  async close(): Promise<void> {
    await this.#context.stores.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #anchors(path: string | undefined): Promise<readonly Checkpoint[]> {
    const { config } = this.#context;
    const { auditAnchorPath } = config.policy.security;
    const from = path ?? (auditAnchorPath === null ? undefined : config.resolvePath(auditAnchorPath));
    return from === undefined ? [] : (await readAnchors(from, path !== undefined)).checkpoints;
  }
}

/** Of a misspelled one there are no records, which would look as if nothing had been done. */
function checkAction(action: string): void {
  const known = [...Object.keys(operations), 'policy.weakened', 'policy.changed'];
  if (known.includes(action)) return;
  const guess = nearest(action, known);
  refuse(
    `there is no action ${describe(action)}${guess === undefined ? `; known are ${known.join(', ')}` : `; did you mean ${guess}?`}`,
  );
}

/** A misspelled option would verify less than was asked for. */
function checkVerifyOptions(options: { readonly expectedHead?: string }, what: string): void {
  checkOptions(options, ['expectedHead', 'anchors', 'signal', 'onProgress'], what);
  if (options.expectedHead !== undefined) checkText(options.expectedHead, 'expectedHead');
}
