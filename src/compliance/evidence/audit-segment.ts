import type { Checkpoint } from '../../governance/audit/checkpoint.js';
import { type LogStart, againIfMoved, asLogStart, findLogPlace, startTree } from '../../governance/audit/log-start.js';
import { makeCheckpoint, newestCheckpoint } from '../../governance/audit/make-checkpoint.js';
import { proofsTo } from '../../governance/audit/prove-record.js';
import { ProvingTree, type SealedTree } from '../../governance/audit/proving-tree.js';
import { asAuditRecord, leafOfLine } from '../../governance/audit-record.js';
import { readAuditTrail } from '../../governance/audit-trail.js';
import type { Context } from '../../runtime/context.js';
import type { Storage } from '../../storage/storage.js';
import type { Digest } from '../../util/digest.js';
import { type JsonObject, type JsonValue, canonicalJson, canonicalJsonOfStored } from '../../util/json.js';

/** A gapless part of the audit trail, and what proves it. */
export interface AuditSegment {
  /** One record a line, canonical JSON, in chunks. */
  readonly lines: readonly Uint8Array[];
  /** Position of the first. */
  readonly from: number;
  readonly records: number;
  /** Those that concern the version. */
  readonly concerned: number;
  /** Hash of the last. */
  readonly head: Digest;
  /** One line for each record that concerns the version: `{ proof, seq }`, up to the root of the checkpoint. */
  readonly proofs: Uint8Array;
  readonly checkpoint: Checkpoint;
}

/** The part of the trail that concerns something; undefined when no record of it is there. */
export interface FoundSegment {
  readonly segment: AuditSegment | undefined;
  /** Where the log begins, if its oldest records were removed. */
  readonly start: LogStart | undefined;
}

/**
 * From the first record that concerns something to the last one, with all between: what is left out would break the chain.
 * Each that is concerned has a proof of its own; the chain binds those between to the next of them. One pass over the log: the
 * newest checkpoint is taken if it covers all of them, or else one is made and the pass goes on to it.
 *
 * @param ids of what is concerned: models, runs, requests, deployments
 * @throws MLOpsError `CORRUPT` when the log is not the one that its checkpoint signs
 */
export async function auditSegment(
  context: Context,
  storage: Storage,
  ids: ReadonlySet<string>,
): Promise<FoundSegment> {
  return againIfMoved(() => readSegment(context, storage, ids));
}

async function readSegment(context: Context, storage: Storage, ids: ReadonlySet<string>): Promise<FoundSegment> {
  const place = await findLogPlace(storage);
  const start = place.start && asLogStart(place.start);
  const tree = new ProvingTree(start && startTree(start));
  const lines = new ConcernedLines();
  const known = await newestCheckpoint(context, storage);
  let sealed: SealedTree | undefined; // the tree of the checkpoint known, as long as that covers all that is concerned
  for await (const entry of readAuditTrail(storage, 0, place)) {
    if (tree.size === known?.size) sealed = tree.seal();
    if (read(entry, { tree, lines, ids })) sealed = undefined;
  }
  if (tree.size === known?.size) sealed = tree.seal();
  if (lines.concerned === 0) return { segment: undefined, start };
  let checkpoint = known;
  if (sealed === undefined) {
    checkpoint = (await makeCheckpoint(context, storage))!;
    for await (const entry of readAuditTrail(storage, tree.size, place)) {
      if (tree.size === checkpoint.size) break;
      read(entry, { tree, lines, ids });
    }
    sealed = tree.seal();
  }
  const proofs = proofsTo(checkpoint!, sealed);
  return { segment: { ...lines.toSegment(), proofs: proofLines(proofs), checkpoint: checkpoint! }, start };
}

/** @returns whether the record is concerned */
function read(
  { seq, value }: { readonly seq: number; readonly value: JsonValue },
  { tree, lines, ids }: { tree: ProvingTree; lines: ConcernedLines; ids: ReadonlySet<string> },
): boolean {
  const record = asAuditRecord(value, seq);
  const line = canonicalJsonOfStored(value);
  const leaf = leafOfLine(line);
  const isConcerned = ids.has(record.resource.id) || names(record.detail, ids);
  lines.add(record.seq, line, isConcerned ? leaf : undefined);
  tree.add(leaf, isConcerned);
  return isConcerned;
}

/** Characters of lines that are turned into bytes together. */
const chunkCharacters = 1024 * 1024;

/** Records as bytes, in chunks: a log can be longer than a string, and a buffer a line would take more than the lines. */
class ConcernedLines {
  concerned = 0;
  #from = -1;
  #last = -1;
  #head: Digest | undefined;
  readonly #kept: Buffer[] = [];
  /** What came after the last record that is concerned. */
  #held: Buffer[] = [];
  #lines: string[] = [];
  #characters = 0;
  /** Those of the lines that are to be kept. */
  #linesKept = 0;

  /** @param hash of a record that is concerned */
  add(seq: number, line: string, hash: Digest | undefined): void {
    if (this.#from < 0 && hash === undefined) return;
    if (this.#from < 0) this.#from = seq;
    this.#lines.push(line);
    this.#characters += line.length;
    if (hash !== undefined) {
      this.concerned++;
      [this.#last, this.#head] = [seq, hash];
      this.#kept.push(...this.#held);
      this.#held = [];
      this.#linesKept = this.#lines.length;
    }
    if (this.#characters >= chunkCharacters) this.#toBytes();
  }

  #toBytes(): void {
    this.#kept.push(bytesOf(this.#lines.slice(0, this.#linesKept)));
    this.#held.push(bytesOf(this.#lines.slice(this.#linesKept)));
    this.#lines = [];
    [this.#characters, this.#linesKept] = [0, 0];
  }

  toSegment(): Omit<AuditSegment, 'proofs' | 'checkpoint'> {
    this.#toBytes();
    const [from, last] = [this.#from, this.#last];
    return { lines: this.#kept, from, records: last - from + 1, concerned: this.concerned, head: this.#head! };
  }
}

const bytesOf = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8');

const proofLines = (proofs: ReadonlyMap<number, readonly Digest[]>): Uint8Array =>
  Buffer.concat([...proofs].map(([seq, proof]) => Buffer.from(`${canonicalJson({ proof, seq })}\n`, 'utf8')));

const names = (detail: JsonObject | undefined, ids: ReadonlySet<string>): boolean =>
  Object.values(detail ?? {}).some((value) => typeof value === 'string' && ids.has(value));
