import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Finding } from './reconcile.js';

const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Computes decisions again with the command that an auditor would use. */
export async function replayAll(decisionIds: readonly string[]): Promise<Finding[]> {
  const command = [here('../../src/cli/main.ts'), '--config', here('./policy.yaml'), '--json'];
  const args = [...process.execArgv, ...command, 'decision', 'replay', ...decisionIds];
  const { stdout } = await run(process.execPath, args, { maxBuffer: 1e8 });
  const replayed = (JSON.parse(stdout) as { isSame: boolean }[]).filter(({ isSame }) => isSame).length;
  const isSo = replayed === decisionIds.length;
  return [
    { what: `${replayed} of ${decisionIds.length} decisions come out the same to the bit, computed again`, isSo },
  ];
}
