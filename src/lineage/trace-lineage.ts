import { MLOpsError } from '../errors.js';
import { ControlPlane } from '../governance/control-plane.js';
import type { ModelRegistry } from '../registry/model-registry.js';
import { contextOf } from '../runtime/context.js';
import type { Storage, StoredRecord } from '../storage/storage.js';
import { checkName, checkObject, checkOneOf, checkOptions, refuse } from '../util/check.js';
import { deepFreeze } from '../util/freeze.js';
import {
  type Lineage,
  type LineageEdge,
  type LineageNode,
  type LineageRef,
  keyOf,
  lineageKinds,
} from './lineage-node.js';
import type { lineageSources } from './sources.js';

/** Where {@link traceLineage} begins, and how far it goes. */
export interface TraceLineageOptions {
  /** `backwards`: where it comes from; `forwards`: what came of it; `both` unless told. */
  readonly direction?: 'backwards' | 'forwards' | 'both';
  /** Most steps away from the beginning; all unless told. */
  readonly depth?: number;
  /** Most things to return; 1,000 unless told. */
  readonly limit?: number;
}

/** Promises what src/on-demand.ts says. */
export async function traceLineage(
  registry: ModelRegistry,
  from: LineageRef,
  options: TraceLineageOptions = {},
): Promise<Lineage> {
  checkOptions(options, ['direction', 'depth', 'limit'], 'traceLineage');
  const direction = checkOneOf(options.direction ?? 'both', ['backwards', 'forwards', 'both'] as const, 'direction');
  const { depth = Infinity, limit = 1_000 } = options;
  for (const [what, count] of Object.entries({ depth, limit })) {
    if (!(count >= 1 && (Number.isInteger(count) || count === Infinity)))
      refuse(`${what} must be a whole number from 1, got ${count}`);
  }
  checkObject(from, 'where lineage begins');
  const start = { kind: checkOneOf(from.kind, lineageKinds, 'kind'), id: checkName(from.id, 'id') };
  return new ControlPlane(contextOf(registry)).access('registry.read', 'store', async (storage) => {
    const { lineageSources } = await import('./sources.js'); // it knows every kind of record
    const walk = new Walk(storage, limit, lineageSources);
    const ways = direction === 'both' ? (['backwards', 'forwards'] as const) : [direction];
    for (const way of ways) await walk.from(start, way, depth);
    if (walk.isUnknown(start)) {
      throw new MLOpsError(
        'NOT_FOUND',
        `there is no ${start.kind} ${start.id}; versions are written <model>/<version>`,
      );
    }
    return deepFreeze(walk.result());
  });
}

/** Goes from thing to thing, breadth first, seeing each once a way. */
class Walk {
  readonly #nodes = new Map<string, LineageNode>();
  readonly #edges = new Map<string, LineageEdge>();
  #isTruncated = false;

  constructor(
    private readonly storage: Storage,
    private readonly limit: number,
    private readonly sources: typeof lineageSources,
  ) {}

  async from(start: LineageRef, way: 'backwards' | 'forwards', depth: number): Promise<void> {
    const seen = new Set([keyOf(start)]);
    await this.#see(start);
    let front = [start];
    for (let step = 0; front.length > 0; step++) {
      const found = new Map<string, LineageRef>();
      for (const ref of front) {
        for (const edge of way === 'backwards' ? await this.#causes(ref) : await this.#effects(ref)) {
          const next = way === 'backwards' ? edge.cause : edge.effect;
          if (step >= depth || !(await this.#see(next))) {
            this.#isTruncated = true;
            continue;
          }
          this.#edges.set(`${keyOf(edge.cause)} ${edge.relation} ${keyOf(edge.effect)}`, edge);
          if (!seen.has(keyOf(next))) found.set(keyOf(next), next);
        }
      }
      for (const key of found.keys()) seen.add(key);
      front = [...found.values()];
    }
  }

  /** Neither a record nor anything that names it. */
  isUnknown(ref: LineageRef): boolean {
    return this.#nodes.get(keyOf(ref))?.at === undefined && this.#edges.size === 0;
  }

  result(): Lineage {
    return { nodes: [...this.#nodes.values()], edges: [...this.#edges.values()], isTruncated: this.#isTruncated };
  }

  /** @returns false when there are too many already */
  async #see(ref: LineageRef): Promise<boolean> {
    const key = keyOf(ref);
    if (this.#nodes.has(key)) return true;
    if (this.#nodes.size >= this.limit) return false;
    const record = await this.#record(ref);
    const known = this.sources.find(({ kind }) => kind === ref.kind);
    const said =
      record === undefined
        ? {
            label: ref.kind === 'dataset' ? `data ${ref.id.slice(0, 19)}` : `${ref.kind} ${ref.id} (no record)`,
            detail: {},
          }
        : known!.describe(record.value);
    this.#nodes.set(key, { ...ref, ...said });
    return true;
  }

  async #record({ kind, id }: LineageRef): Promise<StoredRecord | undefined> {
    const known = this.sources.find((candidate) => candidate.kind === kind);
    return known && (await this.storage.get(known.collection, id));
  }

  async #causes(effect: LineageRef): Promise<readonly LineageEdge[]> {
    const record = await this.#record(effect);
    const known = this.sources.find(({ kind }) => kind === effect.kind);
    if (record === undefined) return [];
    return known!.causes(record.value).map(({ ref, relation }) => ({ cause: ref, effect, relation }));
  }

  async #effects(cause: LineageRef): Promise<readonly LineageEdge[]> {
    const edges: LineageEdge[] = [];
    for (const { kind, collection, causes, effectsOf } of this.sources) {
      const where = effectsOf(cause);
      if (where === undefined) continue;
      const { records, cursor } = await this.storage.query(collection, { where, limit: this.limit });
      this.#isTruncated ||= cursor !== undefined;
      for (const { id, value } of records) {
        for (const { ref, relation } of causes(value)) {
          if (keyOf(ref) === keyOf(cause)) edges.push({ cause, effect: { kind, id }, relation });
        }
      }
    }
    return edges;
  }
}
