import { modelOrStore } from '../../governance/access/scope.js';
import { MLOpsError } from '../../errors.js';
import { ControlPlane } from '../../governance/control-plane.js';
import { actorId } from '../../registry/attribution.js';
import {
  type FindingEvent,
  type ModelFinding,
  type Severity,
  type StoredFinding,
  findingsCollection,
  putFinding,
  severities,
  viewFinding,
} from '../../registry/inventory/finding.js';
import { loadModelRecord } from '../../registry/stage-change.js';
import { checkVersion } from '../../registry/version-number.js';
import type { Context } from '../../runtime/context.js';
import { checkName, checkOneOf, checkOptions } from '../../util/check.js';
import { toIso } from '../../util/clock.js';
import { developersOfModel } from './developers.js';
import { checkDate, checkDecider, checkText, listItems, loadItem, modelOfRecord } from './stored-items.js';

/** What {@link ModelFindings.raise} records of a weakness. */
export interface RaiseFindingOptions {
  readonly modelName: string;
  readonly version?: string;
  /** A `high` one past its date stops promotions. */
  readonly severity: Severity;
  readonly title: string;
  /** By when it is to be mended: ISO 8601 or a Date. */
  readonly dueAt: string | Date;
}

/** Weaknesses of models, each with a date. Who developed the model, registered or trained a version of
 * it cannot declare one mended or accepted. */
export class ModelFindings {
  readonly #control: ControlPlane;

  constructor(private readonly context: Context) {
    this.#control = new ControlPlane(context);
  }

  /** @throws MLOpsError `NOT_FOUND` for an unknown model */
  async raise(options: RaiseFindingOptions): Promise<ModelFinding> {
    checkOptions(options, ['modelName', 'version', 'severity', 'title', 'dueAt'], 'raise');
    const modelName = checkName(options.modelName, 'modelName');
    const finding: StoredFinding = {
      findingId: this.context.ids.next(),
      modelName,
      ...(options.version !== undefined && { version: checkVersion(options.version) }),
      severity: checkOneOf(options.severity, severities, 'severity'),
      title: checkText(options.title, 'title'),
      dueAt: checkDate(options.dueAt, 'dueAt'),
      status: 'open',
      events: [this.#event('raised')],
    };
    const resource = { type: 'model', id: modelName };
    return this.#control.change(
      'compliance.raise_finding',
      { resource, scope: { model: resource.id } },
      async (storage) => {
        await loadModelRecord(storage, modelName);
        const { findingId, severity, dueAt } = finding;
        return {
          changes: [putFinding(finding, 'absent')],
          result: viewFinding(finding, this.context.clock.now()),
          detail: { findingId, severity, dueAt: toIso(dueAt) },
        };
      },
    );
  }

  /** Gives a finding another date. */
  async extend(options: {
    readonly findingId: string;
    readonly dueAt: string | Date;
    readonly reason: string;
  }): Promise<ModelFinding> {
    checkOptions(options, ['findingId', 'dueAt', 'reason'], 'extend');
    const dueAt = checkDate(options.dueAt, 'dueAt');
    return this.#change(options.findingId, 'extended', checkText(options.reason, 'reason'), { dueAt });
  }

  /** Says that a finding is mended, or with `status: 'risk_accepted'` that it stays. */
  async close(options: {
    readonly findingId: string;
    readonly comment: string;
    readonly status?: 'resolved' | 'risk_accepted';
  }): Promise<ModelFinding> {
    checkOptions(options, ['findingId', 'comment', 'status'], 'close');
    const status = checkOneOf(options.status ?? 'resolved', ['resolved', 'risk_accepted'] as const, 'status');
    return this.#change(options.findingId, status, checkText(options.comment, 'comment'), { status });
  }

  /** Findings, oldest first. */
  async list(
    options: { readonly modelName?: string; readonly isOpen?: boolean } = {},
  ): Promise<readonly ModelFinding[]> {
    checkOptions(options, ['modelName', 'isOpen'], 'list');
    const now = this.context.clock.now();
    return this.#control.access('compliance.read', modelOrStore(options.modelName), async (storage) =>
      (await listItems<StoredFinding>(storage, findingsCollection, options.modelName))
        .filter(({ status }) => options.isOpen === undefined || (status === 'open') === options.isOpen)
        .map((finding) => viewFinding(finding, now)),
    );
  }

  async #change(
    findingId: string,
    action: Exclude<FindingEvent['action'], 'raised'>,
    comment: string,
    changed: Partial<StoredFinding>,
  ): Promise<ModelFinding> {
    const resource = { type: 'finding', id: checkName(findingId, 'findingId') };
    return this.#control.change(
      'compliance.change_finding',
      { resource, scope: modelOfRecord(findingsCollection, resource.id) },
      async (storage) => {
        const { value, recordVersion } = await loadItem<StoredFinding>(
          storage,
          findingsCollection,
          findingId,
          'finding',
        );
        if (value.status !== 'open') throw new MLOpsError('ILLEGAL_STATE', `finding ${findingId} is ${value.status}`);
        checkDecider(this.context, await developersOfModel(storage, value.modelName));
        const after = { ...value, ...changed, events: [...value.events, this.#event(action, comment)] };
        return {
          changes: [putFinding(after, recordVersion)],
          result: viewFinding(after, this.context.clock.now()),
          detail: { modelName: value.modelName, action, dueAt: toIso(after.dueAt) },
        };
      },
    );
  }

  #event(action: FindingEvent['action'], comment?: string): FindingEvent {
    const at = toIso(this.context.clock.now());
    return { action, by: actorId(this.context), at, ...(comment !== undefined && { comment }) };
  }
}
