import type { Publish } from '../../storage/change-feed.js';
import type { PostgresPool, PostgresPoolClient } from './postgres-client.js';

/** The server takes payloads of less than 8000 bytes. */
const mostBytes = 7_900;

/** How often to ask whether the connection is still there, and how long to wait for the answer, in milliseconds. */
const heartbeatMs = 5_000;

const longestPauseMs = 5_000;

/** The payload of a notification about changed collections; `any` when they are too many to name. */
export function encodeNotice(collections: ReadonlySet<string>): string {
  const text = JSON.stringify([...collections]);
  return Buffer.byteLength(text) <= mostBytes ? text : '"any"';
}

/** What {@link encodeNotice} was given; `any` for anything else. */
export function decodeNotice(payload: string | undefined): readonly string[] | 'any' {
  try {
    const content: unknown = JSON.parse(payload ?? '');
    return Array.isArray(content) ? content.map(String) : 'any';
  } catch {
    return 'any';
  }
}

/**
 * Listens to notifications on a connection of its own. When that is lost it gets another, and then publishes `any`: what
 * was said in between is not known.
 */
export class ChangeListener {
  #listening: PostgresPoolClient | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: PostgresPool,
    private readonly channel: string,
    private readonly publish: Publish,
    private readonly signal: AbortSignal,
  ) {}

  /** Rejects when the first connection fails; later ones are tried again. */
  async start(): Promise<void> {
    this.signal.addEventListener('abort', () => this.#stop(), { once: true });
    await this.#connect();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#drop(this.#listening);
  }

  async #connect(): Promise<void> {
    const client = await this.pool.connect();
    const onLost = (): void => this.#drop(client);
    client.on('error', onLost);
    client.on('end', onLost);
    client.on('notification', ({ channel, payload }) => {
      if (channel === this.channel && !this.signal.aborted) this.publish(decodeNotice(payload));
    });
    try {
      await client.query({ text: `listen "${this.channel}"` });
    } catch (error) {
      client.release(true);
      throw error;
    }
    client.unref?.();
    this.#listening = client;
    if (this.signal.aborted) this.#drop(client);
    else this.#watchOver(client);
  }

  /** Gives up a connection that listened, unless that was done before, and gets another. */
  #drop(client: PostgresPoolClient | undefined): void {
    if (client === undefined || client !== this.#listening) return;
    this.#listening = undefined;
    client.release(true);
    this.#reconnect(10);
  }

  #reconnect(pauseMs: number): void {
    this.#later(pauseMs, () => {
      this.#connect().then(
        () => this.publish('any'),
        () => this.#reconnect(Math.min(2 * pauseMs, longestPauseMs)),
      );
    });
  }

  /** A host that vanished says nothing: its silence is the only sign. */
  #watchOver(client: PostgresPoolClient): void {
    if (client !== this.#listening) return;
    this.#later(heartbeatMs, () => {
      this.#later(heartbeatMs, () => this.#drop(client));
      client.query({ text: 'select 1' }).then(
        () => this.#watchOver(client),
        () => this.#drop(client),
      );
    });
  }

  #later(ms: number, action: () => void): void {
    clearTimeout(this.#timer);
    if (!this.signal.aborted) this.#timer = setTimeout(action, ms).unref();
  }
}
