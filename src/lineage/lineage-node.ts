import type { JsonObject } from '../util/json.js';

/** What a life of models consists of. */
export const lineageKinds = ['dataset', 'run', 'version', 'deployment', 'decision', 'report', 'retraining'] as const;
/** What a node of lineage is. */
export type LineageKind = (typeof lineageKinds)[number];

/** Names one thing: a digest for data sets, `<model>/<version>` for versions, else the id of the record. */
export interface LineageRef {
  readonly kind: LineageKind;
  readonly id: string;
}

/** One thing and what is worth knowing of it. */
export interface LineageNode extends LineageRef {
  /** For a person: `spread 1.1.0`, `run of spreads`. */
  readonly label: string;
  /** When it began to be, ISO 8601; data sets do not say. */
  readonly at?: string;
  readonly detail: JsonObject;
}

/** How a cause had a part in an effect. */
export interface LineageEdge {
  readonly cause: LineageRef;
  readonly effect: LineageRef;
  /** Read from the cause: `trained`, `parent of`, `produced`, `compared with`, `asked for`, … */
  readonly relation: string;
}

/** What a thing came from and what came of it, as {@link traceLineage} finds it. */
export interface Lineage {
  /** The thing asked for first, then what was found, nearest first. */
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
  /** Whether there was more than was asked for. */
  readonly isTruncated: boolean;
}

export const keyOf = ({ kind, id }: LineageRef): string => `${kind}:${id}`;
