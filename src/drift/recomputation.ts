import { type JsonValue, canonicalJson } from '../util/json.js';
import type { DriftReport } from './drift-report.js';

/** Where a recomputed report says something else than the stored one. */
export interface ReportDifference {
  /** Such as `columns.0.distance.value`; `inputs.currentDigest` when the data are others, `inputs.policyDigest` the policy. */
  readonly path: string;
  /** Left out where only the other has it. */
  readonly stored?: JsonValue;
  readonly recomputed?: JsonValue;
}

/** A stored drift report beside the same check made again. */
export interface Recomputation {
  readonly reportId: string;
  /** Whether every number came out with the same bits. */
  readonly isIdentical: boolean;
  /** About what went in first. */
  readonly differences: readonly ReportDifference[];
}

/** Compares a stored report with its recomputation, which has no identity or time of its own. Pure. */
export function compareReports(
  stored: DriftReport,
  recomputed: Omit<DriftReport, 'reportId' | 'createdAt' | 'modelVersion'>,
): Recomputation {
  const { reportId, createdAt: _, modelVersion: __, ...before } = stored;
  const found = differencesOf(plain(before), plain(recomputed), '');
  const isInput = ({ path }: ReportDifference): boolean => path.startsWith('inputs.');
  const differences = [...found.filter(isInput), ...found.filter((difference) => !isInput(difference))];
  return { reportId, isIdentical: differences.length === 0, differences };
}

/** As it is stored. */
const plain = (value: object): JsonValue => JSON.parse(JSON.stringify(value)) as JsonValue;

function differencesOf(
  stored: JsonValue | undefined,
  recomputed: JsonValue | undefined,
  path: string,
): ReportDifference[] {
  if (isContainer(stored) && isContainer(recomputed)) {
    const keys = [...new Set([...Object.keys(stored), ...Object.keys(recomputed)])];
    return keys.flatMap((key) =>
      differencesOf(entryOf(stored, key), entryOf(recomputed, key), path === '' ? key : `${path}.${key}`),
    );
  }
  if (stored !== undefined && recomputed !== undefined && canonicalJson(stored) === canonicalJson(recomputed))
    return [];
  return [{ path, ...(stored !== undefined && { stored }), ...(recomputed !== undefined && { recomputed }) }];
}

type Container = Readonly<Record<string, JsonValue>>;

const isContainer = (value: JsonValue | undefined): value is Container & JsonValue =>
  typeof value === 'object' && value !== null;

const entryOf = (container: Container, key: string): JsonValue | undefined =>
  Object.hasOwn(container, key) ? container[key] : undefined;
