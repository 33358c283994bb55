import type { MLOpsConfig } from '../../config/mlops-config.js';
import type { BaselineProfile } from '../../data/baseline-profile.js';
import { type Table, type TableInput, toTable } from '../../data/table.js';
import type { ColumnRule } from '../../privacy/column-rule.js';
import { protectTable } from '../../privacy/protect-table.js';
import { type Context, type ContextOptions, createContext } from '../../runtime/context.js';
import { dataBoundary } from '../../runtime/protection.js';
import { deepFreeze } from '../../util/freeze.js';
import { ControlPlane } from '../control-plane.js';
import {
  type SubjectStatus,
  checkSubjectRequest,
  planErasure,
  planHold,
  planRelease,
  subjectResource,
} from './subjects.js';
import { checkObject } from '../../util/check.js';

/** Whom the data are about. */
export interface SubjectOptions {
  /** Why, for the audit trail; it is stored as it is: name nobody in it. */
  readonly reason: string;
}

/** Replaces what identifies people and firms before data goes anywhere else, and erases subjects. */
export class DataProtection {
  readonly #context: Context;
  readonly #control: ControlPlane;

  constructor(config: MLOpsConfig, options: ContextOptions = {}) {
    this.#context = createContext(config, options);
    this.#control = new ControlPlane(this.#context);
  }

  /**
   * The data with every column that has a rule replaced or left out; the others as they are. Pseudonyms are made with the
   * `pseudonym` key of the store: the same value has the same pseudonym until the key is rotated.
   *
   * @param rules each for a column that is there; those of `privacy.sensitive_columns`, whichever are there, unless told
   *
   * @example
   * const safe = await protection.protect(rows, { isin: { action: 'pseudonymize' }, name: { action: 'drop' } });
   * @throws MLOpsError `INVALID_INPUT`, `KEY_UNAVAILABLE`
   */
  async protect(data: TableInput, rules?: Readonly<Record<string, ColumnRule>>): Promise<Table> {
    if (rules !== undefined) checkObject(rules, 'rules'); // of what is none, nothing would be replaced
    return this.#control.access('privacy.protect', 'store', async () =>
      rules === undefined
        ? dataBoundary(this.#context).table(toTable(data))
        : protectTable(toTable(data), rules, await (await this.#context.keys()).pseudonymKey()),
    );
  }

  /** A profile of `createProfile` with the columns of `privacy.sensitive_columns` replaced, or left out. */
  async protectProfile(profile: BaselineProfile): Promise<BaselineProfile> {
    return this.#control.access('privacy.protect', 'store', () => dataBoundary(this.#context).profile(profile));
  }

  /**
   * Destroys the data key of a subject: what was stored of them encrypted cannot be read any more by anybody, and what
   * still comes in of them is not stored. Final; done again it changes nothing.
   *
   * @param subject as it was passed to `predict`
   * @throws MLOpsError `NOT_FOUND`; `ILLEGAL_STATE` during a hold, or before `retention.predictions_minimum_days` are over
   */
  async eraseSubject(subject: string, options: SubjectOptions): Promise<SubjectStatus> {
    return this.#changeSubject('privacy.erase_subject', subject, options, planErasure);
  }

  /**
   * Keeps a subject from being erased, and its predictions from being deleted, until it is released: a legal hold.
   *
   * @throws MLOpsError `NOT_FOUND`; `ILLEGAL_STATE` for an erased subject
   */
  async holdSubject(subject: string, options: SubjectOptions): Promise<SubjectStatus> {
    return this.#changeSubject('privacy.hold_subject', subject, options, planHold);
  }

  /** Ends a hold. @throws MLOpsError `NOT_FOUND` */
  async releaseSubject(subject: string, options: SubjectOptions): Promise<SubjectStatus> {
    return this.#changeSubject('privacy.release_subject', subject, options, planRelease);
  }

  async #changeSubject(
    operation: 'privacy.erase_subject' | 'privacy.hold_subject' | 'privacy.release_subject',
    subject: string,
    options: SubjectOptions,
    plan: typeof planHold,
  ): Promise<SubjectStatus> {
    const reason = checkSubjectRequest(subject, options);
    const resource = await subjectResource(this.#context, subject);
    return this.#control.change(operation, { resource, scope: 'store' }, async (storage) =>
      deepFreeze({ ...(await plan(this.#context, storage, subject, reason)), reason }),
    );
  }

  async close(): Promise<void> {
    await this.#context.stores.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
