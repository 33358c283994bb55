import { MLOpsError } from '../errors.js';
import { experimentScope } from '../governance/access/scope.js';
import type { ControlPlane } from '../governance/control-plane.js';
import type { Context } from '../runtime/context.js';
import type { Change, Storage, StoredRecord } from '../storage/storage.js';
import { checkName, checkOneOf, checkOptions, refuse } from '../util/check.js';
import { toIso } from '../util/clock.js';
import type { JsonValue } from '../util/json.js';
import { nearest } from '../util/nearest.js';
import { checkTags } from './batch.js';

export const experimentsCollection = 'experiments';

/** Most experiments that may be hidden at a time: searches leave them out by name. */
const mostHidden = 10_000;

export interface StoredExperiment {
  readonly experimentName: string;
  readonly description: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** UTC milliseconds. */
  readonly createdAt: number;
  readonly createdBy: string;
  readonly deletedAt: number | null;
}

/** What runs of one name belong to; there from its first run on. */
export interface Experiment {
  readonly experimentName: string;
  readonly description?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly createdBy: string;
  /** Present when it was deleted and can still be restored. */
  readonly deletedAt?: string;
}

/** What {@link ExperimentTracker.describeExperiment} says of an experiment. */
export interface DescribeExperimentOptions {
  readonly experimentName: string;
  /** Replaces what was there. */
  readonly description?: string;
  /** Set beside those that are there, replacing former values. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** Which experiments {@link ExperimentTracker.listExperiments} gives. */
export interface ListExperimentsOptions {
  /** `active` ones unless told; `deleted` ones, or `all`. */
  readonly view?: 'active' | 'deleted' | 'all';
  /** 100 unless told. */
  readonly limit?: number;
  readonly cursor?: string;
}

/** Some of the experiments; `cursor` is there when more may follow. */
export interface ExperimentPage {
  readonly experiments: readonly Experiment[];
  readonly cursor?: string;
}

/** Experiments: written with their first run, described and hidden later. */
export class Experiments {
  constructor(
    private readonly context: Context,
    private readonly control: ControlPlane,
  ) {}

  /** Newest first. */
  async list(options: ListExperimentsOptions): Promise<ExperimentPage> {
    checkOptions(options, ['view', 'limit', 'cursor'], 'listExperiments');
    const { view = 'active', ...page } = options;
    checkOneOf(view, ['active', 'deleted', 'all'], 'view');
    const isDeleted = { field: 'deletedAt', op: 'exists' } as const;
    const where = { active: { not: isDeleted }, deleted: isDeleted, all: { and: [] } }[view];
    return this.control.access('tracking.read', 'store', async (storage) => {
      const query = { where, orderBy: [{ field: 'createdAt', direction: 'desc' }], ...page } as const;
      const { records, cursor } = await storage.query(experimentsCollection, query);
      return { experiments: records.map(viewExperiment), ...(cursor !== undefined && { cursor }) };
    });
  }

  describe(options: DescribeExperimentOptions): Promise<void> {
    checkOptions(options, ['experimentName', 'description', 'tags'], 'describeExperiment');
    const { description } = options;
    const tags = checkTags(options.tags ?? {});
    if (description !== undefined && (typeof description !== 'string' || !description.isWellFormed())) {
      refuse('description must be a well-formed string');
    }
    return this.#change('tracking.describe_experiment', options.experimentName, (experiment) => ({
      ...experiment,
      tags: { ...experiment.tags, ...tags },
      ...(description !== undefined && { description }),
    }));
  }

  delete(experimentName: string): Promise<void> {
    return this.#change('tracking.delete_experiment', experimentName, (experiment) => ({
      ...experiment,
      deletedAt: experiment.deletedAt ?? this.context.clock.now(),
    }));
  }

  restore(experimentName: string): Promise<void> {
    return this.#change('tracking.restore_experiment', experimentName, (experiment) => ({
      ...experiment,
      deletedAt: null,
    }));
  }

  async #change(
    operation: 'tracking.describe_experiment' | 'tracking.delete_experiment' | 'tracking.restore_experiment',
    experimentName: string,
    change: (experiment: StoredExperiment) => StoredExperiment,
  ): Promise<void> {
    const id = checkName(experimentName, 'experimentName');
    const request = { resource: { type: 'experiment', id }, scope: experimentScope(id) };
    await this.control.change(operation, request, async (storage) => {
      const record = await storage.get(experimentsCollection, id);
      if (record === undefined) throw await notFound(storage, id);
      const { tags, description, ...changed } = change(record.value as unknown as StoredExperiment);
      const put = putExperiment({ ...changed, tags, description }, record.version);
      return { changes: [put], result: undefined, detail: { tags, description } };
    });
  }
}

/**
 * To be committed with a run's beginning: writes the experiment when this is its first run; otherwise sees to it that it
 * is not deleted meanwhile.
 *
 * @throws MLOpsError `ILLEGAL_STATE` when it was deleted
 */
export async function enterExperiment(
  storage: Storage,
  { experimentName, startedAt, startedBy }: FirstRun,
): Promise<Change> {
  const record = await storage.get(experimentsCollection, experimentName);
  if (record === undefined) return putExperiment(begun({ experimentName, startedAt, startedBy }), 'absent');
  if ((record.value as unknown as StoredExperiment).deletedAt !== null) {
    throw new MLOpsError(
      'ILLEGAL_STATE',
      `experiment ${experimentName} was deleted; restoreExperiment(...) brings it back, or choose another name`,
    );
  }
  return { kind: 'check', collection: experimentsCollection, id: experimentName, expect: record.version };
}

/**
 * To be committed with a run that is copied: the experiment comes along, unless the destination has one of the name.
 *
 * @param check refuses what is no record of an experiment
 */
export async function copyExperiment(
  from: Storage,
  to: Storage,
  run: FirstRun,
  check: (record: StoredRecord) => StoredExperiment,
): Promise<readonly Change[]> {
  if ((await to.get(experimentsCollection, run.experimentName)) !== undefined) return [];
  const record = await from.get(experimentsCollection, run.experimentName);
  const experiment = record === undefined ? begun(run) : check(record);
  return [putExperiment({ ...experiment, deletedAt: null }, 'absent')];
}

/** Names of the experiments whose runs are hidden. */
export async function hiddenExperiments(storage: Storage): Promise<readonly string[]> {
  const query = { where: { field: 'deletedAt', op: 'exists' }, limit: mostHidden } as const;
  return (await storage.query(experimentsCollection, query)).records.map(({ id }) => id);
}

type FirstRun = Readonly<Record<'experimentName' | 'startedBy', string>> & { readonly startedAt: number };

const begun = ({ experimentName, startedAt, startedBy }: FirstRun): StoredExperiment => ({
  experimentName,
  description: null,
  tags: {},
  createdAt: startedAt,
  createdBy: startedBy,
  deletedAt: null,
});

const putExperiment = (experiment: StoredExperiment, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: experimentsCollection,
  id: experiment.experimentName,
  value: experiment as unknown as JsonValue,
  index: {
    createdAt: experiment.createdAt,
    ...(experiment.deletedAt !== null && { deletedAt: experiment.deletedAt }),
  },
  expect,
});

function viewExperiment({ value }: StoredRecord): Experiment {
  const { description, createdAt, deletedAt, ...experiment } = value as unknown as StoredExperiment;
  return Object.freeze({
    ...experiment,
    ...(description !== null && { description }),
    createdAt: toIso(createdAt),
    ...(deletedAt !== null && { deletedAt: toIso(deletedAt) }),
  });
}

async function notFound(storage: Storage, experimentName: string): Promise<MLOpsError> {
  const { records } = await storage.query(experimentsCollection, { limit: 1_000 });
  const ids = records.map(({ id }) => id);
  const guess = nearest(experimentName, ids);
  const hint = guess === undefined ? 'listExperiments(...) shows those that there are' : `did you mean ${guess}?`;
  return new MLOpsError('NOT_FOUND', `there is no experiment ${experimentName}; ${hint}`);
}
