import { readFile, readdir } from 'node:fs/promises';

/** Bytes of a page: the same on every Linux that Node is built for, arm64 with large pages aside. */
const pageBytes = 4096;

/**
 * Memory that the processes of a session hold together, bytes; pages that they share count for each. Linux only.
 *
 * @param sessionId id of the process that leads the session
 */
export async function sessionMemory(sessionId: number): Promise<number> {
  // A process that can open no more files is told at its next look: nobody waits for this one.
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const sizes = await Promise.all(pids.map(async (pid) => residentBytes(await statOf(pid), sessionId)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** @param stat a line as of proc(5), `/proc/<pid>/stat`; empty for a process that has gone */
function residentBytes(stat: string, sessionId: number): number {
  // The name may hold anything; what follows its last parenthesis is state, parent, group, session, …
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[3]) === sessionId ? Number(fields[21]) * pageBytes : 0;
}

const statOf = (pid: string): Promise<string> => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
