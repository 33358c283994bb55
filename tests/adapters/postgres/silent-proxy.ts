import { once } from 'node:events';
import { type Server, type Socket, createServer, connect } from 'node:net';

/** Stands between clients and a server, and can stop passing on what either of them says. */
export class SilentProxy {
  readonly #silenced = new Set<Socket>();
  readonly #open = new Set<Socket>();
  readonly #heard: string[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @param target URL of the server */
  static async start(target: string): Promise<SilentProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(target);
    url.port = String((server.address() as { port: number }).port);
    const proxy = new SilentProxy(server, url.href);
    server.on('connection', (client) => proxy.#join(client, connect(Number(port), hostname)));
    return proxy;
  }

  /** From now on connections that are open say nothing more; those that are made later do. */
  silence(): void {
    for (const socket of this.#open) this.#silenced.add(socket);
  }

  /** How often clients have said something with these words. */
  heard(words: string): number {
    return this.#heard.filter((text) => text.includes(words)).length;
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #join(client: Socket, server: Socket): void {
    client.on('data', (bytes) => this.#heard.push(bytes.toString('latin1')));
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#open.add(from);
      from.on('error', () => undefined);
      from.on('data', (bytes) => this.#silenced.has(from) || to.write(bytes));
      from.on('close', () => {
        this.#open.delete(from);
        to.destroy();
      });
    }
  }
}
