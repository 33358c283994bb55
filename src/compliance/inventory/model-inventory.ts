import { MLOpsError } from '../../errors.js';
import { accessRulesOf } from '../../governance/access/access-rules.js';
import { ControlPlane } from '../../governance/control-plane.js';
import { actorId } from '../../registry/attribution.js';
import {
  type InventoryEntry,
  type Measure,
  type ModelValidation,
  type StoredInventoryEntry,
  findEntry,
  inventoryCollection,
  measures as knownMeasures,
  putEntry,
  validationOutcomes,
  viewEntry,
} from '../../registry/inventory/inventory-entry.js';
import type { ModelTier } from '../../registry/inventory/review-dates.js';
import type { ModelRegistry } from '../../registry/model-registry.js';
import { loadModelRecord, loadVersion } from '../../registry/stage-change.js';
import { checkVersion } from '../../registry/version-number.js';
import { type Context, contextOf } from '../../runtime/context.js';
import { checkList, checkName, checkOneOf, checkOptions, refuse } from '../../util/check.js';
import { type Digest, isDigest } from '../../util/digest.js';
import { AnnualReports } from './annual-reports.js';
import { Attestations } from './attestations.js';
import { developersOf } from './developers.js';
import { HaltDrills } from './halt-drills.js';
import { ModelFindings } from './model-findings.js';
import { Overlays } from './overlays.js';
import { Overrides } from './overrides.js';
import { checkDecider, checkText, listItems } from './stored-items.js';

/** What {@link ModelInventory.describe} says of a model. */
export interface DescribeEntryOptions {
  readonly modelName: string;
  /** 1: the most important. Its cadence of review is in the policy's `compliance` section. */
  readonly tier: ModelTier;
  /** Who answers for it. */
  readonly owner: string;
  readonly purpose: string;
  /** Which checks apply to it. */
  readonly measures: readonly Measure[];
  /** Who built it, besides those that registered and trained its versions: they may not validate it. Those that are there stay unless told. */
  readonly developers?: readonly string[];
}

/** What a validator found, for {@link ModelInventory.recordValidation}. */
export interface RecordValidationOptions {
  readonly modelName: string;
  readonly version: string;
  readonly outcome: ModelValidation['outcome'];
  /** SHA-256 of the report, as `sha256:…`. */
  readonly report?: string;
  readonly comment?: string;
}

/**
 * The models of a business as its supervisors want to see them: tier, owner, purpose, validations and when the next is due,
 * findings, overlays, overrides, yearly reports. A model that is here is promoted only when it was validated in time, by
 * somebody who did not develop it.
 *
 * @example
 * const inventory = new ModelInventory(registry);
 * await inventory.describe({ modelName: 'pd', tier: 1, owner: 'credit risk', purpose: 'PD of corporates', measures: ['pd'] });
 * await new ModelInventory(registry.withPrincipal(validator)).recordValidation({ modelName: 'pd', version: '1.0.0', outcome: 'approved' });
 */
export class ModelInventory {
  readonly #context: Context;
  readonly #control: ControlPlane;

  /** Acts as the registry's principal. */
  constructor(registry: ModelRegistry) {
    this.#context = contextOf(registry);
    this.#control = new ControlPlane(this.#context);
  }

  /** Weaknesses, with dates by which they are to be mended. */
  get findings(): ModelFindings {
    return new ModelFindings(this.#context);
  }

  /** Amounts put on top of what models say. */
  get overlays(): Overlays {
    return new Overlays(this.#context);
  }

  /** Decisions against what a model said. */
  get overrides(): Overrides {
    return new Overrides(this.#context);
  }

  /** Yearly reports that three functions sign. */
  get reports(): AnnualReports {
    return new AnnualReports(this.#context);
  }

  /** Halts of canaries, with the time they took. */
  get drills(): HaltDrills {
    return new HaltDrills(this.#context);
  }

  /** Statements on checks that cannot be computed. */
  get attestations(): Attestations {
    return new Attestations(this.#context);
  }

  /**
   * Puts a registered model into the inventory, or says anew what it is; validations stay.
   *
   * @throws MLOpsError `NOT_FOUND` for a model that the registry does not have; `FORBIDDEN` for a developer who leaves himself out
   */
  async describe(options: DescribeEntryOptions): Promise<InventoryEntry> {
    const known = ['modelName', 'tier', 'owner', 'purpose', 'measures', 'developers'];
    checkOptions(options, known, 'describe');
    const said = checkDescription(options);
    const { modelName, tier } = said;
    const resource = { type: 'model', id: modelName };
    return this.#control.change(
      'compliance.describe_model',
      { resource, scope: { model: resource.id } },
      async (storage) => {
        await loadModelRecord(storage, modelName);
        const found = await findEntry(storage, modelName);
        const now = this.#context.clock.now();
        const { validations = [], annualReport = null, developers: before = [] } = found?.value ?? {};
        const { developers = before } = said;
        this.#assertNotLeftOut(before, developers);
        const describedBy = actorId(this.#context);
        const described = { ...said, developers, describedAt: now, describedBy };
        const entry: StoredInventoryEntry = { ...described, validations, annualReport };
        return {
          changes: [putEntry(entry, found?.recordVersion ?? 'absent')],
          result: this.#view(entry),
          detail: { tier, owner: entry.owner, measures: entry.measures, developers },
        };
      },
    );
  }

  /**
   * Records that the caller validated a version.
   *
   * @throws MLOpsError `FORBIDDEN` for services and for whoever developed, registered or trained it; `NOT_FOUND`
   */
  async recordValidation(options: RecordValidationOptions): Promise<InventoryEntry> {
    checkOptions(options, ['modelName', 'version', 'outcome', 'report', 'comment'], 'recordValidation');
    const [modelName, version] = [checkName(options.modelName, 'modelName'), checkVersion(options.version)];
    const outcome = checkOneOf(options.outcome, validationOutcomes, 'outcome');
    const report = options.report === undefined ? undefined : checkDigest(options.report);
    const comment = options.comment === undefined ? undefined : checkText(options.comment, 'comment');
    const resource = { type: 'model_version', id: modelName, version };
    return this.#control.change(
      'compliance.record_validation',
      { resource, scope: { model: resource.id } },
      async (storage) => {
        const { value: validated } = await loadVersion(storage, modelName, version);
        const { value: entry, recordVersion } = await this.#load(modelName);
        const developers = await developersOf(storage, validated, entry);
        const by = checkDecider(this.#context, developers);
        const validation: ModelValidation = {
          version,
          digest: validated.digest,
          outcome,
          by,
          at: this.#context.clock.now(),
          ...(report !== undefined && { report }),
          ...(comment !== undefined && { comment }),
        };
        const changed = { ...entry, validations: [...entry.validations, validation] };
        return {
          changes: [putEntry(changed, recordVersion)],
          result: this.#view(changed),
          resource: { ...resource, digest: validated.digest },
          detail: { outcome, ...(report !== undefined && { report }) },
        };
      },
    );
  }

  /** @throws MLOpsError `NOT_FOUND` when the model is not in the inventory */
  async get(modelName: string): Promise<InventoryEntry> {
    return this.#control.access('compliance.read', { model: modelName }, async () =>
      this.#view((await this.#load(modelName)).value),
    );
  }

  /** Every model of the inventory, by name. */
  async list(): Promise<readonly InventoryEntry[]> {
    return this.#control.access('compliance.read', 'store', async (storage) =>
      (await listItems<StoredInventoryEntry>(storage, inventoryCollection)).map((entry) => this.#view(entry)),
    );
  }

  /** Who developed a model could validate it otherwise. */
  #assertNotLeftOut(before: readonly string[], after: readonly string[]): void {
    const { principal, config } = this.#context;
    const rules = accessRulesOf(config.policy);
    const isCaller = (id: string): boolean =>
      principal !== undefined && rules.identityOf(id) === rules.identityOf(principal.id);
    if (!before.some(isCaller) || after.some(isCaller)) return;
    throw new MLOpsError(
      'FORBIDDEN',
      `${principal!.id} developed the model; somebody else has to take that name out of developers`,
    );
  }

  async #load(modelName: string): Promise<NonNullable<Awaited<ReturnType<typeof findEntry>>>> {
    const found = await findEntry(await this.#context.stores.storage(), modelName);
    if (found !== undefined) return found;
    throw new MLOpsError('NOT_FOUND', `${modelName} is not in the inventory; describe it with inventory.describe(...)`);
  }

  #view(entry: StoredInventoryEntry): InventoryEntry {
    return viewEntry(entry, this.#context.config.policy.compliance, this.#context.clock.now());
  }
}

function checkDescription(
  options: DescribeEntryOptions,
): Pick<StoredInventoryEntry, 'modelName' | 'tier' | 'owner' | 'purpose' | 'measures'> &
  Partial<Pick<StoredInventoryEntry, 'developers'>> {
  const { tier, measures, developers } = options;
  if (![1, 2, 3].includes(tier)) refuse(`tier must be 1, 2 or 3, got ${String(tier)}`);
  if (!Array.isArray(measures) || measures.length === 0) {
    refuse(`measures must name what the model is for, of ${knownMeasures.join(', ')}`);
  }
  return {
    modelName: checkName(options.modelName, 'modelName'),
    tier,
    owner: checkName(options.owner, 'owner'),
    purpose: checkText(options.purpose, 'purpose'),
    measures: [...new Set(measures.map((measure) => checkOneOf(measure, knownMeasures, 'a measure')))],
    ...(developers !== undefined && {
      developers: checkList(developers, 'developers', 'names').map((name) => checkName(name, 'a developer')),
    }),
  };
}

const checkDigest = (text: string): Digest =>
  isDigest(text) ? text : refuse('report must be a digest such as sha256:… with 64 hexadecimal digits');
