import { ConflictError } from '../../errors.js';
import type { ControlPlane } from '../../governance/control-plane.js';
import type { Context } from '../../runtime/context.js';
import type { Storage, Where } from '../../storage/storage.js';
import type { SendAlert } from '../channels/channel.js';
import { type StoredDelivery, deliveriesCollection, putDelivery } from './delivery.js';
import { isError } from '../../util/is-error.js';

/** Waits after the first, second, … failed attempt, milliseconds; after the last one the delivery is given up. */
const waitsMs = [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 3_600_000] as const;
/** A delivery older than this is given up, whatever became of its attempts. */
const longestMs = 86_400_000;
const pageSize = 100;

/** What one round of {@link Alerts.deliverPending} did. */
export interface DeliverySummary {
  readonly delivered: number;
  /** Attempts that failed and will be made again. */
  readonly failed: number;
  /** Given up for good: `listDeliveries({ status: 'undelivered' })` says why. */
  readonly undelivered: number;
}

interface Claimed {
  readonly delivery: StoredDelivery;
  readonly version: number;
}

type Outcome = 'delivered' | 'failed' | 'undelivered';

/**
 * Sends what is stored and due. Before an attempt the delivery is claimed for longer than the attempt can take, so that of
 * several processes one makes it; when that one dies, another tries again with the same idempotency key.
 */
export class Outbox {
  constructor(
    private readonly context: Context,
    private readonly control: ControlPlane,
    private readonly channelOf: (name: string) => SendAlert | undefined,
    /** Longest time an attempt takes, milliseconds. */
    private readonly timeoutMs: number,
  ) {}

  /** Nothing waits longer: what seems to was stored by a clock that was ahead. */
  get #farthestMs(): number {
    return Math.max(...waitsMs) + 3 * this.timeoutMs;
  }

  /** The channels side by side: one that stalls holds up no other. Each in order, until an attempt fails. */
  async deliver(): Promise<DeliverySummary> {
    const due = await this.control.access('monitoring.deliver', 'store', (storage) => this.#due(storage));
    const byChannel = new Map<string, string[]>();
    for (const { deliveryId, channel } of due) {
      byChannel.set(channel, [...(byChannel.get(channel) ?? []), deliveryId]);
    }
    const counts: Record<Outcome, number> = { delivered: 0, failed: 0, undelivered: 0 };
    await Promise.all(
      [...byChannel.values()].map(async (deliveryIds) => {
        for (const deliveryId of deliveryIds) {
          const outcome = await this.#attempt(deliveryId);
          if (outcome !== undefined) counts[outcome]++;
          if (outcome === 'failed') return; // the others would fail as well: their attempts are not used up
        }
      }),
    );
    return counts;
  }

  /** The oldest of each channel, and of those that the policy does not have any more: what waits for one takes no place of another. */
  async #due(storage: Storage): Promise<readonly StoredDelivery[]> {
    const names = Object.keys(this.context.config.policy.monitoring.channels);
    const groups: Where[] = names.map((value) => ({ field: 'channel', op: 'eq', value }));
    groups.push({ not: { field: 'channel', op: 'in', values: names } });
    const now = this.context.clock.now();
    const due: StoredDelivery[] = [];
    for (const group of groups) {
      const { records } = await storage.query(deliveriesCollection, {
        where: {
          and: [
            group,
            { field: 'status', op: 'eq', value: 'pending' },
            {
              or: [
                { field: 'nextAttemptAt', op: 'lte', value: now },
                { field: 'nextAttemptAt', op: 'gt', value: now + this.#farthestMs },
              ],
            },
          ],
        },
        orderBy: [{ field: 'createdAt', direction: 'asc' }],
        limit: pageSize,
      });
      due.push(...records.map(({ value }) => value as unknown as StoredDelivery));
    }
    return due;
  }

  async #attempt(deliveryId: string): Promise<Outcome | undefined> {
    const found = await this.#load(deliveryId);
    if (found === undefined) return undefined;
    const { channel, createdAt } = found.delivery;
    const isKnown = this.context.config.policy.monitoring.channels[channel] !== undefined;
    if (this.context.clock.now() - createdAt > longestMs) {
      const unknown = isKnown ? '' : `, and the policy of this process has no channel ${channel}`;
      return this.#giveUp(found, `a day has passed${unknown}`);
    }
    // A channel may be that of a newer policy, which others have read already.
    const send = isKnown ? this.channelOf(channel) : undefined;
    if (send === undefined) return undefined; // for a process that can
    const claimed = await this.#claim(found);
    if (claimed === undefined) return undefined;
    try {
      await send(claimed.delivery);
    } catch (error) {
      const problem = isError(error) ? error.message : String(error);
      return this.#failed(claimed, problem.slice(0, 1_000).toWellFormed()); // a transport of the user's may throw anything
    }
    await this.#end(claimed, 'delivered', claimed.delivery.lastError);
    return 'delivered';
  }

  async #load(deliveryId: string): Promise<Claimed | undefined> {
    return this.control.access('monitoring.deliver', 'store', async (storage) => {
      const record = await storage.get(deliveriesCollection, deliveryId);
      const delivery = record?.value as unknown as StoredDelivery | undefined;
      const waitMs = delivery === undefined ? 0 : delivery.nextAttemptAt - this.context.clock.now();
      const isDue = delivery?.status === 'pending' && (waitMs <= 0 || waitMs > this.#farthestMs);
      return isDue && (await isNext(storage, delivery)) ? { delivery, version: record!.version } : undefined;
    });
  }

  /** @returns undefined when another process was faster */
  async #claim({ delivery, version }: Claimed): Promise<Claimed | undefined> {
    const lostAt = this.context.clock.now() + 3 * this.timeoutMs;
    const claimed = { ...delivery, attempts: delivery.attempts + 1, nextAttemptAt: lostAt };
    return this.#put(claimed, version);
  }

  async #put(delivery: StoredDelivery, expect: number): Promise<Claimed | undefined> {
    return this.control.access('monitoring.deliver', 'store', async (storage) => {
      try {
        const [version] = await storage.commit([putDelivery(delivery, expect)]);
        return { delivery, version: version! };
      } catch (error) {
        if (error instanceof ConflictError) return undefined;
        throw error;
      }
    });
  }

  async #failed(claimed: Claimed, problem: string): Promise<Outcome> {
    const wait = waitsMs[claimed.delivery.attempts - 1];
    if (wait === undefined) return this.#giveUp(claimed, problem);
    const nextAttemptAt = this.context.clock.now() + wait;
    await this.#put({ ...claimed.delivery, nextAttemptAt, lastError: problem }, claimed.version);
    return 'failed';
  }

  async #giveUp(claimed: Claimed, problem: string): Promise<Outcome> {
    await this.#end(claimed, 'undelivered', problem);
    return 'undelivered';
  }

  async #end(
    { delivery, version }: Claimed,
    status: 'delivered' | 'undelivered',
    lastError: string | null,
  ): Promise<void> {
    const { deliveryId, channel, attempts, alert } = delivery;
    const resource = { type: 'alert_delivery', id: deliveryId };
    const ended = { ...delivery, status, lastError, endedAt: this.context.clock.now() };
    await this.control.change('monitoring.end_delivery', { resource, scope: 'store' }, async (storage) => {
      const record = await storage.get(deliveriesCollection, deliveryId);
      const detail = { channel, alertId: alert.alertId, attempts, status };
      // Another process took it up, since this one was slower than its claim: that one will end it.
      if (record?.version !== version) return { changes: [], result: undefined, reason: 'taken up elsewhere', detail };
      const reason = status === 'undelivered' ? { reason: lastError ?? 'given up' } : {};
      return { changes: [putDelivery(ended, version)], result: undefined, ...reason, detail };
    });
  }
}

/** Whether nothing that was to be said before of the same alert waits yet: whoever hears of its end first takes it for open later. */
async function isNext(storage: Storage, { deliveryId, channel, alert }: StoredDelivery): Promise<boolean> {
  const { records } = await storage.query(deliveriesCollection, {
    where: {
      and: [
        { field: 'alertId', op: 'eq', value: alert.alertId },
        { field: 'channel', op: 'eq', value: channel },
        { field: 'status', op: 'eq', value: 'pending' },
      ],
    },
    orderBy: [
      { field: 'createdAt', direction: 'asc' },
      { field: 'id', direction: 'asc' }, // of those of one moment the first: ids grow
    ],
    limit: 1,
  });
  return records[0]?.id === deliveryId;
}
