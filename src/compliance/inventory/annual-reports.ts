import { modelOrStore } from '../../governance/access/scope.js';
import { MLOpsError } from '../../errors.js';
import { ControlPlane } from '../../governance/control-plane.js';
import { findEntry, putEntry } from '../../registry/inventory/inventory-entry.js';
import { loadModelRecord } from '../../registry/stage-change.js';
import type { Context } from '../../runtime/context.js';
import type { Change } from '../../storage/storage.js';
import { checkName, checkOneOf, checkOptions, refuse } from '../../util/check.js';
import { toIso } from '../../util/clock.js';
import { type Digest, digestJson } from '../../util/digest.js';
import { deepFreeze } from '../../util/freeze.js';
import { type JsonObject, type JsonValue, assertJson } from '../../util/json.js';
import { checkDecider, listItems, loadItem, modelOfRecord } from './stored-items.js';

export const annualReportsCollection = 'annual_reports';

/** Who signs a report, in this order: who drew it up, who audited it, who approved it. */
export const reportFunctions = ['risk_management', 'internal_audit', 'senior_management'] as const;
/** The three functions that sign a yearly report. */
export type ReportFunction = (typeof reportFunctions)[number];

/** The yearly validation of RTS 6, Art. 9. Plain JSON. */
export interface AnnualReport {
  readonly reportId: string;
  readonly modelName: string;
  readonly year: number;
  readonly content: JsonObject;
  /** SHA-256 of the content's canonical JSON: what is signed. */
  readonly digest: Digest;
  readonly signatures: readonly { readonly function: ReportFunction; readonly by: string; readonly at: string }[];
  /** `signed` once all three functions have. */
  readonly status: 'open' | 'signed';
}

/** Reports that three different people sign, one for each function; a model of `trading` is not promoted without. */
export class AnnualReports {
  readonly #control: ControlPlane;

  constructor(private readonly context: Context) {
    this.#control = new ControlPlane(context);
  }

  /** Draws a report up, as risk management. It cannot be changed; draw up another instead. */
  async draft(options: {
    readonly modelName: string;
    readonly year: number;
    readonly content: JsonObject;
  }): Promise<AnnualReport> {
    checkOptions(options, ['modelName', 'year', 'content'], 'draft');
    const { year, content } = options;
    const modelName = checkName(options.modelName, 'modelName');
    if (!Number.isSafeInteger(year) || year < 2000 || year > 2200) refuse(`year must be such as 2026, got ${year}`);
    assertJson(content, 'content');
    const resource = { type: 'model', id: modelName };
    return this.#control.change(
      'compliance.draft_report',
      { resource, scope: { model: resource.id } },
      async (storage) => {
        await loadModelRecord(storage, modelName);
        const digest = digestJson(content);
        const report: AnnualReport = {
          reportId: this.context.ids.next(),
          modelName,
          year,
          content,
          digest,
          signatures: [this.#signature('risk_management', [])],
          status: 'open',
        };
        const { reportId } = report;
        return {
          changes: [putReport(report, 'absent')],
          result: deepFreeze(report),
          resource: { ...resource, digest },
          detail: { reportId, year },
        };
      },
    );
  }

  /**
   * Signs a report. Three different people, in the order of the functions.
   *
   * @param options.digest of what the caller has read; another content is refused
   * @throws MLOpsError `FORBIDDEN` for services and whoever has signed it; `CONFLICT` when the digest is another;
   *   `ILLEGAL_STATE` out of turn
   */
  async sign(options: {
    readonly reportId: string;
    readonly function: Exclude<ReportFunction, 'risk_management'>;
    readonly digest: string;
  }): Promise<AnnualReport> {
    checkOptions(options, ['reportId', 'function', 'digest'], 'sign');
    const as = checkOneOf(options.function, reportFunctions.slice(1), 'function');
    const resource = { type: 'annual_report', id: checkName(options.reportId, 'reportId') };
    return this.#control.change(
      'compliance.sign_report',
      { resource, scope: modelOfRecord(annualReportsCollection, resource.id) },
      async (storage) => {
        const { value, recordVersion } = await loadItem<AnnualReport>(
          storage,
          annualReportsCollection,
          resource.id,
          'report',
        );
        if (value.digest !== options.digest) {
          throw new MLOpsError('CONFLICT', `report ${resource.id} has the digest ${value.digest}; read it again`);
        }
        const due = reportFunctions[value.signatures.length];
        if (due !== as) throw new MLOpsError('ILLEGAL_STATE', `${due ?? 'nobody'} signs next, not ${as}`);
        const signatures = [...value.signatures, this.#signature(as, value.signatures)];
        const isSigned = signatures.length === reportFunctions.length;
        const after: AnnualReport = { ...value, signatures, status: isSigned ? 'signed' : 'open' };
        const { modelName, year, digest, reportId } = value;
        const entry = isSigned ? await findEntry(storage, modelName) : undefined;
        const annualReport = { reportId, signedAt: this.context.clock.now() };
        return {
          changes: [
            putReport(after, recordVersion),
            ...(entry === undefined ? [] : [putEntry({ ...entry.value, annualReport }, entry.recordVersion)]),
          ],
          result: deepFreeze(after),
          resource: { ...resource, digest },
          detail: { modelName, year, function: as },
        };
      },
    );
  }

  /** Reports, oldest first. */
  async list(options: { readonly modelName?: string } = {}): Promise<readonly AnnualReport[]> {
    checkOptions(options, ['modelName'], 'list');
    return this.#control.access('compliance.read', modelOrStore(options.modelName), async (storage) =>
      deepFreeze(await listItems<AnnualReport>(storage, annualReportsCollection, options.modelName)),
    );
  }

  #signature(as: ReportFunction, before: AnnualReport['signatures']): AnnualReport['signatures'][number] {
    const signed = before.map(({ by }) => ({ id: by, did: 'has signed it' }));
    return {
      function: as,
      by: checkDecider(this.context, signed),
      at: toIso(this.context.clock.now()),
    };
  }
}

const putReport = (report: AnnualReport, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: annualReportsCollection,
  id: report.reportId,
  value: report as unknown as JsonValue,
  index: { modelName: report.modelName, year: report.year },
  expect,
});
