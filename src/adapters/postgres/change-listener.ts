import type { Publish } from '../../storage/change-feed.js';
import { poll } from '../../storage/poll.js';
import { type PostgresPool, type PostgresPoolClient, guard } from './postgres-client.js';

/** The server takes payloads of less than 8000 bytes. */
const mostBytes = 7_900;

/** How often to ask whether the connection is still there, and how long to wait for the answer, in milliseconds. */
const heartbeatMs = 5_000;

const longestPauseMs = 5_000;

/** How often a listener that hears nothing has its watchers look, in milliseconds. */
const pollMs = 250;

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
 *
 * A pooler that lends a session for one transaction, as PgBouncer does in its transaction mode, lets anybody listen and
 * passes nothing on. So `any` is published every so often until something was heard; the listener sees to it that there
 * is something to hear.
 */
export class ChangeListener {
  #listening: PostgresPoolClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #deaf = new AbortController();

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
    this.#deaf.abort();
    this.#drop(this.#listening);
  }

  async #connect(): Promise<void> {
    const client = await this.pool.connect();
    const onLost = (): void => this.#drop(client);
    client.on('error', onLost);
    client.on('end', onLost);
    client.on('notification', ({ channel, payload }) => {
      if (channel !== this.channel || this.signal.aborted) return;
      this.publish(decodeNotice(payload));
      if (client === this.#listening && !this.#deaf.signal.aborted) this.#hear(client);
    });
    try {
      await client.query({ text: `listen "${this.channel}"` });
    } catch (error) {
      client.release(true);
      throw error;
    }
    client.unref?.();
    this.#listening = client;
    if (this.signal.aborted) {
      this.#drop(client);
      return;
    }
    this.#deaf = new AbortController();
    poll(() => this.publish('any'), pollMs, this.#deaf.signal);
    void this.#speak().catch(() => undefined); // a notice of somebody else will do
  }

  /** A notice without content on another connection, which every listener of the channel hears. */
  async #speak(): Promise<void> {
    const client = await this.pool.connect();
    guard(client);
    const said = client.query({ text: `select pg_notify('${this.channel}', '[]')` });
    await said.then(
      () => client.release(),
      () => client.release(true),
    );
  }

  /** Until now nothing was asked on this connection: what a pooler passes on with an answer would be no sign. */
  #hear(client: PostgresPoolClient): void {
    this.#deaf.abort();
    this.#watchOver(client);
  }

  /** Gives up a connection that listened, unless that was done before, and gets another. */
  #drop(client: PostgresPoolClient | undefined): void {
    if (client === undefined || client !== this.#listening) return;
    this.#listening = undefined;
    this.#deaf.abort();
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
