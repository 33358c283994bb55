import { type ChildProcessWithoutNullStreams, execFile, execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const scriptPath = (name: string): string => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
const nodeArguments = (name: string, args: readonly string[]): string[] => [
  '--import',
  'tsx',
  scriptPath(name),
  ...args,
];

/** Runs a script of this folder in a process of its own and returns the JSON it prints. */
export const runChild = async (name: string, ...args: readonly string[]): Promise<unknown> =>
  parseOutput(await promisify(execFile)(process.execPath, nodeArguments(name, args)));

/** Like {@link runChild}, as a user who may read a directory and write nothing there, nor look into `locked`. */
export async function runAsReader(directory: string, name: string, locked?: string): Promise<unknown> {
  const isRoot = process.getuid?.() === 0;
  execFileSync('chmod', ['-R', isRoot ? 'go=rX' : 'a=rX', directory]);
  if (locked !== undefined) execFileSync('chmod', ['000', locked]);
  const reader = isRoot ? { uid: 65_534, gid: 65_534 } : {};
  return parseOutput(await promisify(execFile)(process.execPath, nodeArguments(name, [directory]), reader));
}

/** Starts a script of this folder in a process of its own. */
export const startChild = (name: string, ...args: readonly string[]): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, nodeArguments(name, args));

/** Like {@link runChild}, in a mount namespace of its own in which `mount`, a shell script with `$0` the directory, ran. */
export async function runMounted(
  mount: string,
  directory: string,
  name: string,
  ...args: readonly string[]
): Promise<unknown> {
  const command = [process.execPath, ...nodeArguments(name, [directory, ...args])];
  return parseOutput(
    await promisify(execFile)('unshare', ['-rm', 'sh', '-c', `${mount} && exec "$@"`, directory, ...command]),
  );
}

export const readOnlyMount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"';
export const smallDisk = 'mount -t tmpfs -o size=1m tmpfs "$0"';

/** Why {@link runMounted} does not work on this machine, if so. */
export function whyNoMounts(): string | undefined {
  try {
    execFileSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs tmpfs /tmp'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'this machine does not let tests mount file systems of their own (unshare -rm)';
  }
}

const parseOutput = ({ stdout }: { stdout: string }): unknown => JSON.parse(stdout) as unknown;
