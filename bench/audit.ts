/**
 * What the audit trail costs: verifying a log of a million records in a store on disk, beside a plain chained SHA-256 over
 * the same bytes; proving those about one model for an evidence pack, beside one pass over the log; and commits with their
 * records beside the same commits without.
 *
 *   npm run bench:audit [-- records]
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timeOperations } from './audit-operations.js';
import { openFilesystemStorage } from '../src/adapters/filesystem/filesystem-storage.js';
import { judgeByKeys } from '../src/governance/audit/checkpoint.js';
import { makeCheckpoint, newestCheckpoint } from '../src/governance/audit/make-checkpoint.js';
import { TreeFrontier } from '../src/governance/audit/merkle-tree.js';
import { proveRecord } from '../src/governance/audit/prove-record.js';
import { verifyLog } from '../src/governance/audit/verify-log.js';
import { auditSegment } from '../src/compliance/evidence/audit-segment.js';
import {
  type AuditEntry,
  type ChainTail,
  chainRecord,
  emptyTail,
  leafOfRecord,
} from '../src/governance/audit-record.js';
import { auditStream } from '../src/governance/audit/log-start.js';
import { readAuditTrail } from '../src/governance/audit-trail.js';
import { commitAudited } from '../src/governance/audit-writer.js';
import { MemoryArtifactStore } from '../src/adapters/memory/memory-artifact-store.js';
import { MLOpsConfig } from '../src/config/mlops-config.js';
import { type Context, createContext } from '../src/runtime/context.js';
import type { Change, Storage } from '../src/storage/storage.js';
import { canonicalJson, type JsonValue } from '../src/util/json.js';
import { uuidSource } from '../src/util/ids.js';

const count = Number(process.argv[2] ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'bondx-bench-audit-'));
const seconds = (since: number): number => (performance.now() - since) / 1000;

/** One record in so many is about this model. */
const proved = { model: 'spread', every: 1_000 } as const;

const entry = (i: number): AuditEntry => ({
  id: uuidSource.next(),
  at: 1_700_000_000_000 + i,
  actor: { id: 'omar', type: 'person', authentication: 'application' },
  action: 'registry.promote',
  resource: {
    type: 'model_version',
    id: i % proved.every === 0 ? proved.model : 'credit',
    version: `1.0.${i}`,
    digest: `sha256:${'0'.repeat(64)}`,
  },
  decision: 'allow',
  policyDigest: `sha256:${'1'.repeat(64)}`,
  detail: { from: 'Staging', to: 'Production', gates: [] },
});

async function fill(storage: Storage): Promise<void> {
  let tail: ChainTail = emptyTail('bench');
  for (let i = 0; i < count; i += 5_000) {
    const values: JsonValue[] = [];
    for (let j = i; j < Math.min(count, i + 5_000); j++) {
      const next = chainRecord(entry(j), tail);
      tail = next.tail;
      values.push(next.record as unknown as JsonValue);
    }
    await storage.commit([{ kind: 'append', stream: auditStream, values }], { durability: 'process' });
  }
}

async function verifying(): Promise<void> {
  const storage = await openFilesystemStorage(join(folder, 'log'), { durability: 'process' });
  const artifacts = new MemoryArtifactStore();
  await fill(storage);
  const config = MLOpsConfig.fromObject({ keys: { path: join(folder, 'keys.json') } }, { environment: {} });
  const context = createContext(config, { storage, artifacts });
  await makeCheckpoint(context, storage);

  const checkpoint = (await storage.read('audit.checkpoints')).entries[0]!.value as never;
  const verifyBegan = performance.now();
  const judge = judgeByKeys(await context.keys());
  const verdict = await verifyLog({ records: readAuditTrail(storage), checkpoints: [checkpoint], judge });
  const verified = seconds(verifyBegan);

  // The same bytes, in memory, ten thousand at a time so that they need not all be: only the hashing is timed.
  let [hashed, last, bytes] = [0, '', 0];
  let batch: string[] = [];
  const chain = (): void => {
    const began = performance.now();
    for (const line of batch) last = createHash('sha256').update(last).update(line).digest('hex');
    hashed += seconds(began);
    batch = [];
  };
  for await (const { value } of readAuditTrail(storage)) {
    const line = canonicalJson(value);
    bytes += line.length;
    if (batch.push(line) === 10_000) chain();
  }
  chain();
  await proving(context, storage);
  await storage.close();
  console.log(
    `verify ${verdict.records} records (${(bytes / 1e6).toFixed(0)} MB of canonical JSON): ${verdict.status}`,
  );
  console.log(`  ${verified.toFixed(2)} s, ${Math.round(verdict.records / verified)} records/s`);
  console.log(
    `  plain chained SHA-256 over the same bytes: ${hashed.toFixed(2)} s; ratio ${(verified / hashed).toFixed(2)}`,
  );
}

/** The part of an evidence pack that is about a model which is spoken of from the log's beginning to its end. */
async function proving(context: Context, storage: Storage): Promise<void> {
  const passBegan = performance.now();
  const frontier = new TreeFrontier();
  for await (const { value } of readAuditTrail(storage)) frontier.add(leafOfRecord(value));
  const pass = seconds(passBegan);
  const oneBegan = performance.now();
  await proveRecord(readAuditTrail(storage), 0, await newestCheckpoint(context, storage));
  const one = seconds(oneBegan);
  const began = performance.now();
  const { segment } = await auditSegment(context, storage, new Set([proved.model]));
  const all = seconds(began);
  const [records, size] = [
    segment!.records,
    (segment!.lines.reduce((sum, { length }) => sum + length, 0) / 1e6).toFixed(0),
  ];
  console.log(
    `prove ${segment!.concerned} records of ${count}, and pack the ${records} from the first to the last, ${size} MB:`,
  );
  console.log(
    `  ${all.toFixed(2)} s; one of them alone ${one.toFixed(2)} s; a pass that hashes and proves nothing ${pass.toFixed(2)} s`,
  );
  console.log(
    `  proofs of ${(segment!.proofs.length / 1e3).toFixed(0)} kB; ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB resident`,
  );
}

/** Commits of one kind and the other take turns, so that what else the machine does falls on both. */
async function committing(): Promise<void> {
  const storage = await openFilesystemStorage(join(folder, 'commits'), { durability: 'power' });
  const change = (i: number): Change[] => [
    {
      kind: 'put',
      collection: 'runs',
      id: `r${i}`,
      value: { i, text: 'x'.repeat(500) },
      index: { i },
      expect: 'absent',
    },
  ];
  const times: Record<'plain' | 'audited', number[]> = { plain: [], audited: [] };
  for (let i = 0; i < 4_000; i++) {
    const kind = i % 2 === 0 ? 'plain' : 'audited';
    const began = performance.now();
    if (kind === 'plain') await storage.commit(change(i), { durability: 'power' });
    else await commitAudited(storage, uuidSource, change(i), entry(i));
    if (i >= 400) times[kind].push(performance.now() - began);
  }
  await storage.close();
  say('a commit of one small record, the smallest there is', median(times.plain), median(times.audited));
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

function say(what: string, plain: number, audited: number): void {
  const added = ((audited / plain - 1) * 100).toFixed(1);
  console.log(
    `${what}: ${(1000 * plain).toFixed(0)} µs without its audit record, ${(1000 * audited).toFixed(0)} with: +${added} %`,
  );
}

/** What the record adds to commits as the library makes them. */
async function operating(): Promise<void> {
  const times = await timeOperations(folder, 6_000);
  const sums = { plain: 0, audited: 0 };
  for (const [operation, { plain, audited }] of Object.entries(times)) {
    sums.plain += median(plain);
    sums.audited += median(audited);
    say(`the commit of ${operation}, median`, median(plain), median(audited));
  }
  say('all of these, one of each', sums.plain, sums.audited);
  const isMet = sums.audited < 1.1 * sums.plain;
  console.log(`${isMet ? 'met' : 'NOT met'}: less than 10 %`);
  if (!isMet) process.exitCode = 1;
}

try {
  await operating();
  await committing();
  await verifying();
} finally {
  rmSync(folder, { recursive: true });
}
