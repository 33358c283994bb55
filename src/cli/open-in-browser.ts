import { spawn } from 'node:child_process';

const openers: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open', win32: 'explorer.exe' };

/** Opens a file or an address with what the system opens it with. Where there is nothing, it says so and goes on. */
export function openInBrowser(target: string, onProblem: (message: string) => void): void {
  const program = openers[process.platform] ?? 'xdg-open';
  const child = spawn(program, [target], { stdio: 'ignore', detached: true });
  child.on('error', () => onProblem(`there is no ${program} here: open ${target} yourself`));
  child.unref();
}
