import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { AuditLog, ExperimentTracker, createRandom, openFilesystemStorage } from '@bondx/mlops';
import { compilePrograms } from './compile-programs.js';
import { keptDays, moveStore } from './move-store.js';

export interface MoveSoakOptions {
  readonly directory: string;
  readonly cycles: number;
  /** Records of the log at first; 3,000 unless told. */
  readonly records?: number;
  readonly seed?: string;
  readonly onCycle?: (line: string) => void;
}

export interface MoveSoakResult {
  readonly kills: number;
  /** Kills after which the copy of a move that had begun was left behind. */
  readonly halfway: number;
  /** Moves that were done before the kill came. */
  readonly done: number;
  /** Operations acknowledged while the log was moved. */
  readonly acknowledged: number;
  /** Acknowledged operations whose record is not there, and records that went before their time. */
  readonly lost: number;
  /** Audit streams that are left in the end; one is right. */
  readonly streams: number;
  readonly notes: readonly string[];
}

/** Days that the first records are spread over: some are due at the first move, and some more with each day. */
const spreadDays = keptDays + 10;

/** Kills a process again and again while it removes the oldest records of an audit log that others write to. */
export async function runMoveSoak(options: MoveSoakOptions): Promise<MoveSoakResult> {
  const { directory, cycles, records = 3_000, seed = 'move soak', onCycle = () => undefined } = options;
  const program = (await compilePrograms('log-mover'))('log-mover');
  const random = createRandom(seed);
  const made = await fill(directory, records);
  const total = { kills: 0, halfway: 0, done: 0, acknowledged: 0, lost: 0, notes: [] as string[] };
  let longest = { begin: 0, copying: 0 };
  // The first and the last one may finish.
  for (let cycle = 0; cycle <= cycles + 1; cycle++) {
    const day = spreadDays + cycle;
    const isKilled = cycle > 0 && cycle <= cycles;
    const after = random.next() < 0.5 ? ('begin' as const) : ('copying' as const);
    const death = isKilled ? { after, ms: random.next() * longest[after] } : undefined;
    const life = await liveAndDie(program, directory, day, death);
    if (life.movedMs !== undefined) longest = life.movedMs;
    total.kills += isKilled && life.signal === 'SIGKILL' ? 1 : 0;
    total.done += isKilled && life.movedMs !== undefined ? 1 : 0;
    total.acknowledged += life.runs.length;
    for (const runId of life.runs) made.set(runId, day);
    if (!isKilled && life.movedMs === undefined)
      total.notes.push(`cycle ${cycle}: the move did not end: ${life.error}`);
    const found = await verify(directory, day, made);
    total.halfway += found.isHalfway ? 1 : 0;
    total.lost += found.lost;
    total.notes.push(...found.notes.map((note) => `cycle ${cycle}: ${note}`));
    onCycle(`cycle ${cycle}: ${found.said}`);
  }
  return { ...total, streams: await countStreams(directory) };
}

/** A log of so many records, by the day each was made on. */
async function fill(directory: string, records: number): Promise<Map<string, number>> {
  const made = new Map<string, number>();
  for (let day = 0; day < spreadDays; day++) {
    const { config, clock } = moveStore(directory, day);
    await using tracker = new ExperimentTracker(config, { clock });
    const runs = Array.from({ length: Math.ceil(records / spreadDays) }, () =>
      tracker.startRun({ experimentName: 'before', heartbeat: false }),
    );
    for (const runId of await Promise.all(runs)) made.set(runId, day);
  }
  return made;
}

interface Death {
  /** The kill comes so many milliseconds after the process said this. */
  readonly after: 'begin' | 'copying';
  readonly ms: number;
}

async function liveAndDie(program: string, directory: string, day: number, death: Death | undefined) {
  const child = spawn(process.execPath, [program, directory, String(day)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  let error = '';
  child.stderr.on('data', (text: Buffer) => (error += text.toString()));
  const runs: string[] = [];
  const at = { begin: 0, copying: 0 };
  let movedMs: typeof at | undefined;
  let dying: Promise<void> | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const now = performance.now();
    if (line.startsWith('run ')) runs.push(line.slice(4));
    if (line.startsWith('moved ') && at.copying > 0) movedMs = { begin: now - at.begin, copying: now - at.copying };
    if (line !== 'begin' && line !== 'copying') continue;
    at[line] = now;
    if (death?.after === line) dying ??= delay(death.ms).then(() => void child.kill('SIGKILL'));
  }
  const [, signal] = await exited;
  await dying;
  return { runs, movedMs, signal, error };
}

async function verify(directory: string, day: number, made: ReadonlyMap<string, number>) {
  const { config, records: place } = moveStore(directory, day);
  const storage = await openFilesystemStorage(place);
  const isHalfway = (await storage.get('audit.starts', 'unfinished')) !== undefined;
  await storage.close();
  await using log = new AuditLog(config);
  const notes: string[] = [];
  const { status, reason, records, removed } = await log.verify();
  if (status !== 'ok') notes.push(`the log is ${status}: ${reason}`);
  const there = await log.list({ limit: 1_000_000 });
  if (there.length !== records) notes.push(`${records} records verify, ${there.length} are listed`);
  const ids = new Set(there.filter(({ action }) => action === 'tracking.start_run').map(({ resource }) => resource.id));
  const lost = [...made].filter(([runId, madeOn]) => madeOn >= day - keptDays && !ids.has(runId)).length;
  if (lost > 0) notes.push(`${lost} records are not there`);
  const said = `${records} records after ${removed?.records ?? 0} that went${isHalfway ? ', a move was left behind' : ''}`;
  return { isHalfway, lost, notes, said };
}

async function countStreams(directory: string): Promise<number> {
  const storage = await openFilesystemStorage(moveStore(directory, 0).records);
  const streams = new Set<string>();
  for (let cursor: string | undefined; ;) {
    const page = await storage.dump!(cursor);
    for (const item of page.items) if (item.kind === 'entries') streams.add(item.stream);
    if ((cursor = page.cursor) === undefined) break;
  }
  await storage.close();
  return [...streams].filter((name) => name === 'audit' || name.startsWith('audit/')).length;
}
