import { join } from 'node:path';
import { ExperimentTracker, MLOpsConfig, MemoryArtifactStore, ModelRegistry } from '@bondx/mlops';
import { openFilesystemStorage } from '../src/adapters/filesystem/filesystem-storage.js';
import { type AuditEntry, type AuditRecord, auditActor } from '../src/governance/audit-record.js';
import { commitAudited } from '../src/governance/audit-writer.js';
import { auditStream } from '../src/governance/audit/log-start.js';
import { auditStartsCollection } from '../src/storage/checked-change.js';
import type { Change, Storage } from '../src/storage/storage.js';
import { systemClock } from '../src/util/clock.js';
import { uuidSource } from '../src/util/ids.js';
import type { JsonValue } from '../src/util/json.js';

type CommitOptions = Parameters<Storage['commit']>[1];

interface Commit {
  readonly operation: string;
  readonly changes: readonly Change[];
  readonly options: CommitOptions;
}

/** The record of an operation, or what the first of a log comes with. */
const isOfLog = (change: Change): boolean =>
  'stream' in change ? change.stream === auditStream : change.collection === auditStartsCollection;

/** What the classes commit while runs are made and versions registered and promoted, so many times. */
async function recordCommits(folder: string, rounds: number): Promise<readonly Commit[]> {
  const storage = await openFilesystemStorage(join(folder, 'recorded'), { durability: 'power' });
  const commits: Commit[] = [];
  let operation = '';
  const commit = storage.commit.bind(storage);
  storage.commit = async (changes, options) => {
    const result = await commit(changes, options);
    commits.push({ operation, changes, options });
    return result;
  };
  const config = MLOpsConfig.fromObject(
    {
      models: { spread: { featureColumns: ['x'], targetColumn: 'y' } },
      keys: { path: join(folder, 'operations.json') },
      tracking: { logGitSha: false, logUncommittedDiff: false },
    },
    { environment: {} },
  );
  const options = { storage, artifacts: new MemoryArtifactStore() };
  await using tracker = new ExperimentTracker(config, options);
  await using registry = new ModelRegistry(config, options);
  const modelFiles = [{ path: 'model.json', bytes: Buffer.from('{"kind":"constant","value":1}\n') }];
  const what = { modelName: 'spread', modelType: 'spread', featureColumns: ['x'], modelFiles };
  for (let i = 0; i < rounds; i++) {
    operation = 'startRun';
    const runId = await tracker.startRun({ experimentName: 'e', modelType: 'spread', heartbeat: false });
    operation = 'logMetrics';
    await tracker.logMetrics(runId, { mae: i, rmse: 2 * i });
    operation = 'endRun';
    await tracker.endRun(runId);
    operation = 'registerModel';
    const { version } = await registry.register({ ...what, runId, performanceMetrics: { mae: i, r2_score: 0.9 } });
    operation = 'promoteModel';
    await registry.promoteModel({ modelName: 'spread', version, targetStage: 'staging' });
  }
  await storage.close();
  return commits;
}

/** What the record of a commit says of the operation. */
function saidIn(changes: readonly Change[]): AuditRecord | undefined {
  const change = changes.find((change) => 'stream' in change && change.stream === auditStream) as
    { readonly values: readonly JsonValue[] } | undefined;
  return change?.values[0] as unknown as AuditRecord | undefined;
}

/** An entry that says the same of an operation of now, made as the library makes them. */
const entryOf = ({ action, resource, decision, policyDigest, detail }: AuditRecord): AuditEntry => ({
  id: uuidSource.next(),
  at: systemClock.now(),
  actor: auditActor(caller),
  action,
  resource,
  decision,
  policyDigest,
  ...(detail !== undefined && { detail }),
});

const caller = { id: 'omar', type: 'person', authentication: 'application', roles: [] } as const;

/** The commits of operations as they are, and without their audit records, by turns on two stores. Milliseconds each. */
export async function timeOperations(
  folder: string,
  rounds: number,
): Promise<Readonly<Record<string, { readonly audited: readonly number[]; readonly plain: readonly number[] }>>> {
  const commits = await recordCommits(folder, rounds);
  const withRecords = await openFilesystemStorage(join(folder, 'with'), { durability: 'power' });
  const without = await openFilesystemStorage(join(folder, 'without'), { durability: 'power' });
  const times: Record<string, { audited: number[]; plain: number[] }> = {};
  for (const [i, { operation, changes, options }] of commits.entries()) {
    const plain = changes.filter((change) => !isOfLog(change));
    const said = saidIn(changes);
    const audited = async (): Promise<number> => {
      const began = performance.now();
      if (said === undefined) await withRecords.commit(changes, options);
      else await commitAudited(withRecords, uuidSource, plain, entryOf(said));
      return performance.now() - began;
    };
    const unaudited = async (): Promise<number> => {
      const began = performance.now();
      if (plain.length > 0) await without.commit(plain, options);
      return performance.now() - began;
    };
    const isFirst = i % 2 === 0; // whoever comes second finds a warmer machine
    const first = await (isFirst ? audited() : unaudited());
    const second = await (isFirst ? unaudited() : audited());
    // The first half is left out: a service runs for longer than V8 takes to compile all of this.
    if (plain.length === changes.length || plain.length === 0 || i < commits.length / 2) continue;
    const of = (times[operation] ??= { audited: [], plain: [] });
    of.audited.push(isFirst ? first : second);
    of.plain.push(isFirst ? second : first);
  }
  await withRecords.close();
  await without.close();
  return times;
}
