import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Where Debian and the makers of PostgreSQL put the programs of each version. */
const debianRoot = '/usr/lib/postgresql';

function findPrograms(): string | undefined {
  if (!existsSync(debianRoot)) return undefined;
  const versions = readdirSync(debianRoot).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(debianRoot, version, 'bin')).find((path) => existsSync(join(path, 'initdb')));
}

const programs = findPrograms();

/** Why {@link PostgresServer} cannot be started on this machine, if so. */
export const whyNoPostgres = (): string | undefined =>
  programs === undefined ? `no PostgreSQL server under ${debianRoot} (apt-get install postgresql)` : undefined;

/** A server of its own, in a temporary folder, which refuses connections from other machines. */
export class PostgresServer {
  #process: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly fsync: 'on' | 'off',
  ) {}

  /** @param fsync whether commits are flushed to the medium, as they are in production */
  static async start(fsync: 'on' | 'off' = 'off'): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'bondx-mlops-postgres-'));
    const user = account();
    if (user !== undefined) chownSync(folder, user.uid, user.gid);
    execFileSync(
      join(programs!, 'initdb'),
      ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8'],
      { ...user, stdio: 'ignore', cwd: folder },
    );
    const server = new PostgresServer(folder, await freePort(), fsync);
    await server.run();
    return server;
  }

  get url(): string {
    return `postgres://postgres:unused@127.0.0.1:${this.port}/postgres`;
  }

  /** Starts the server, after {@link stop} or {@link kill} as well. */
  async run(): Promise<void> {
    const settings = { port: this.port, listen_addresses: '127.0.0.1', unix_socket_directories: this.folder };
    const options = Object.entries({ ...settings, max_connections: 200, fsync: this.fsync, log_min_messages: 'fatal' });
    const child = spawn(
      join(programs!, 'postgres'),
      ['-D', join(this.folder, 'data'), ...options.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { ...account(), stdio: ['ignore', 'ignore', 'pipe'], cwd: this.folder },
    );
    this.#process = child;
    createInterface({ input: child.stderr }).on('line', () => undefined); // keeps the pipe from filling up
    while (!this.#isReady()) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** Ends every connection and stops. */
  stop(): Promise<void> {
    return this.#end('SIGINT');
  }

  /** Lets a role in with its password only, once `pg_reload_conf()` was called. */
  demandPassword(role: string): void {
    const path = join(this.folder, 'data', 'pg_hba.conf');
    writeFileSync(path, `host all ${role} all scram-sha-256\n${readFileSync(path, 'utf8')}`);
  }

  /** Starts anew as a server that follows another one: it takes no writes until `pg_promote()` makes it the primary one. */
  async becomeStandby(): Promise<void> {
    await this.stop();
    writeFileSync(join(this.folder, 'data', 'standby.signal'), '');
    await this.run();
  }

  /** Ends as a crash of the machine would end it, with nothing written that had not been flushed. */
  async kill(): Promise<void> {
    const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(this.#process!.pid)], { encoding: 'utf8' });
    await this.#end('SIGKILL');
    for (const pid of children.split(/\s+/).filter(Boolean)) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // it noticed and left by itself
      }
    }
    while (existsSync(join(this.folder, 'data', 'postmaster.pid')) && this.#isReady()) await new Promise(setImmediate);
  }

  async close(): Promise<void> {
    await this.#end('SIGQUIT'); // without a checkpoint, which nobody will read
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  #isReady(): boolean {
    try {
      execFileSync(join(programs!, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(this.port)]);
      return true;
    } catch {
      return false;
    }
  }
}

/** A server refuses to run as root; the account that Debian made for it does not. */
function account(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('a server on a port has a port');
  return address.port;
}
