/** The supported lines of Node, each from the npm package `node`. */
import { execFileSync } from 'node:child_process';

const lines = ['20', '22', '24'];

export interface SupportedNode {
  /** As it says itself: `v22.11.0`. */
  readonly version: string;
  /** Runs it and returns what it prints. Throws what it says when it fails. */
  readonly run: (args: readonly string[], cwd?: string) => string;
}

/** Those that can be had here; the others are named on the console. */
export function supportedNodes(): readonly SupportedNode[] {
  return lines.flatMap((line): SupportedNode[] => {
    const run: SupportedNode['run'] = (args, cwd) =>
      execFileSync('npx', ['--yes', '--package', `node@${line}`, '--', 'node', ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 300_000,
        ...(cwd !== undefined && { cwd }),
      }).trim();
    let version: string;
    try {
      version = run(['--version']);
    } catch (error) {
      const [reason] = String(error).split('\n');
      console.log(`node ${line}: skipped, the npm package node@${line} cannot be installed (${reason})`);
      return [];
    }
    if (!version.startsWith(`v${line}.`)) throw new Error(`asked for node ${line}, got ${version}`);
    return [{ version, run }];
  });
}
