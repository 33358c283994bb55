import { type ArtifactStore, type Storage, openFilesystemArtifacts, openFilesystemStorage } from '@bondx/mlops';
import { artifactEvery, contentOf, digestOf, recordOf, sharedStream, streamOf } from './operation.js';

/** What must be true of a store, and what of it was found to be wrong. */
export interface Findings {
  /** Acknowledged operations that are not there. */
  lost: number;
  /** Operations of which only a part is there. */
  partial: number;
  /** Artifacts that are missing, or whose bytes are not those that were put. */
  damaged: number;
  /** Operations that are there, by writer. */
  readonly lengths: number[];
  /** The first few findings in words. */
  readonly notes: string[];
}

/**
 * Compares a store with what its writers were told.
 *
 * @param acknowledged operations acknowledged to each writer
 * @param from the first operation of each writer to look at; those before were found sound already
 */
export async function verifyStore(
  directory: string,
  acknowledged: readonly number[],
  from: readonly number[] = acknowledged.map(() => 0),
): Promise<Findings> {
  const storage = await openFilesystemStorage(`${directory}/records`);
  const artifacts = await openFilesystemArtifacts(`${directory}/files`);
  const findings: Findings = { lost: 0, partial: 0, damaged: 0, lengths: [], notes: [] };
  const shared = await sharedByWriter(storage, from);
  for (const [writer, count] of acknowledged.entries()) {
    await verifyWriter({ storage, artifacts, findings }, writer, count, from[writer]!, shared[writer]!);
  }
  await storage.close();
  await artifacts.close();
  return findings;
}

interface Opened {
  readonly storage: Storage;
  readonly artifacts: ArtifactStore;
  readonly findings: Findings;
}

async function verifyWriter(
  { storage, artifacts, findings }: Opened,
  writer: number,
  acknowledged: number,
  from: number,
  shared: readonly number[],
): Promise<void> {
  const note = (kind: 'lost' | 'partial' | 'damaged', text: string, count = 1): void => {
    findings[kind] += count;
    if (findings.notes.length < 10) findings.notes.push(`writer ${writer}: ${text}`);
  };
  const { entries, length } = await storage.read(streamOf(writer), { from });
  findings.lengths.push(length);
  if (length < acknowledged) note('lost', `${acknowledged} acknowledged, ${length} there`, acknowledged - length);

  const numbers = Array.from({ length: length - from }, (_, i) => from + i);
  const isComplete = (found: readonly unknown[]): boolean => JSON.stringify(found) === JSON.stringify(numbers);
  if (!isComplete(entries.map(({ value }) => value))) note('partial', 'the own stream has other entries');
  if (!isComplete(shared)) note('partial', 'the shared stream has other entries');
  const counter = await storage.get('counters', String(writer));
  const next = (counter?.value as { next: number } | undefined)?.next ?? 0;
  if (next !== length) note('partial', `the counter says ${next}, the stream ${length}`);

  const where = {
    and: [
      { field: 'writer', op: 'eq', value: writer },
      { field: 'n', op: 'gte', value: from },
    ],
  } as const;
  const found: number[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await storage.query('operations', {
      where,
      orderBy: [{ field: 'n', direction: 'asc' }],
      limit: 1_000,
      ...(cursor !== undefined && { cursor }),
    });
    found.push(...page.records.map(({ value }) => (value as { n: number }).n));
    if ((cursor = page.cursor) === undefined) break;
  }
  if (!isComplete(found)) note('partial', 'other records are found than were written');

  for (const n of numbers) {
    const record = (await storage.get('operations', recordOf(writer, n)))?.value as { digest: string } | undefined;
    if (record === undefined) note('partial', `record ${n} is missing`);
    if (n % artifactEvery !== 0) continue;
    const content = contentOf(writer, n);
    if (record?.digest !== digestOf(content)) note('partial', `record ${n} names other content`);
    const problem = await problemOf(artifacts, content);
    if (problem !== undefined) note('damaged', `artifact ${n}: ${problem}`);
  }
}

async function problemOf(artifacts: ArtifactStore, content: Buffer): Promise<string | undefined> {
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of artifacts.get(digestOf(content) as `sha256:${string}`)) chunks.push(chunk);
    return Buffer.concat(chunks).equals(content) ? undefined : 'other bytes';
  } catch (error) {
    return String(error);
  }
}

/** Entries of the stream that all writers share, by writer, those before `from` left out. */
async function sharedByWriter(storage: Storage, from: readonly number[]): Promise<number[][]> {
  const found = from.map((): number[] => []);
  const { entries } = await storage.read(sharedStream);
  for (const { value } of entries) {
    const [writer, n] = value as readonly [number, number];
    if (n >= from[writer]!) found[writer]!.push(n);
  }
  return found;
}
