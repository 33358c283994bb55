import { type StoredDeployment, deploymentsCollection } from '../canary/deployment.js';
import { readReports } from '../canary/process-report.js';
import type { HistoryEvent, StoredVersion } from '../registry/model-record.js';
import { ModelStage } from '../registry/stage.js';
import { findVersion } from '../registry/stage-change.js';
import type { Storage } from '../storage/storage.js';
import { listItems } from './inventory/stored-items.js';

/** How much of what a model said in production can be traced to data set, code and artifact. */
export interface TraceableShare {
  /** Absent when no version was in production. */
  readonly share?: number;
  /** What is counted: routed predictions, or versions where none were routed by canaries. */
  readonly basis: 'predictions' | 'versions';
  readonly total: number;
  /** Of the versions that lack something. */
  readonly untraceable: readonly { readonly version: string; readonly lacks: readonly string[] }[];
}

/** What a version lacks for its predictions to be traced. */
export function lacksOf(version: StoredVersion | undefined): readonly string[] {
  if (version === undefined) return ['the version, which was deleted'];
  const git = version.environment?.['git'] as { readonly commit?: unknown } | undefined;
  const commit = version.origin?.codeCommit ?? git?.commit;
  return [
    ...(version.trainingData === null ? ['the digest of its training data'] : []),
    ...(typeof commit === 'string' ? [] : ['the commit of its code']),
  ];
}

/** Counts predictions that canaries routed, of either arm; without any, the versions that were in production. */
export async function traceableShare(
  storage: Storage,
  modelName: string,
  history: readonly HistoryEvent[],
): Promise<TraceableShare> {
  const produced = history.filter(({ to }) => to === ModelStage.PRODUCTION).map(({ version }) => version);
  const counts = new Map<string, number>([...new Set(produced)].map((version) => [version, 0]));
  const add = (version: string, count: number): void => void counts.set(version, (counts.get(version) ?? 0) + count);
  for (const deployment of await listItems<StoredDeployment>(storage, deploymentsCollection, modelName)) {
    for (const { routed } of await readReports(storage, deployment.deploymentId)) {
      if (routed.canary > 0) add(deployment.candidateVersion, routed.canary);
      add(deployment.productionVersion, routed.production + routed.shadow);
    }
  }
  const routed = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const basis = routed > 0 ? 'predictions' : 'versions';
  const total = routed > 0 ? routed : counts.size;
  let traced = 0;
  const untraceable: { version: string; lacks: readonly string[] }[] = [];
  for (const [version, count] of counts) {
    const lacks = lacksOf((await findVersion(storage, modelName, version))?.value);
    if (lacks.length === 0) traced += routed > 0 ? count : 1;
    else untraceable.push({ version, lacks });
  }
  return { ...(total > 0 && { share: traced / total }), basis, total, untraceable };
}
