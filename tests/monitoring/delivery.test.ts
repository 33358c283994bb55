import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AlertDelivery, Alerts, type AuditRecord, MLOpsConfig } from '@bondx/mlops';
import { createWorld } from '../helpers.js';
import { type Receiver, startReceiver } from './receiver.js';

const secret = 'the secret that both sides know';
const alert = { key: 'k', severity: 'critical', title: 'the title', message: 'the message' } as const;
const minutes = 60_000;

let receiver: Receiver;
beforeEach(async () => (receiver = await startReceiver()));
afterEach(async () => receiver.close());

/** Alerts with a webhook to the receiver, and whatever else. */
function setUp(channels: object = {}, options: object = {}) {
  const world = createWorld();
  const config = MLOpsConfig.fromObject(
    {
      monitoring: {
        channels: {
          hook: { kind: 'webhook', url: '${HOOK}', secret: '${SECRET}', allowedHosts: ['127.0.0.1'] },
          ...channels,
        },
      },
    } as never,
    { environment: { HOOK: receiver.url, SECRET: secret } },
  );
  return { ...world, config, alerts: new Alerts(config, { ...world.options, timeoutMs: 10_000, ...options }) };
}

describe('a webhook', () => {
  it('gets an alert once, signed and with an idempotency key', async () => {
    const { alerts, clock } = setUp();
    const event = await alerts.raise(alert);
    expect(await alerts.deliverPending()).toEqual({ delivered: 1, failed: 0, undelivered: 0 });
    expect(await alerts.deliverPending()).toEqual({ delivered: 0, failed: 0, undelivered: 0 });
    expect(receiver.received).toHaveLength(1);
    const { headers, body, payload } = receiver.received[0]!;
    expect(payload).toMatchObject({ notice: 'raised', alert: { ...event!.alert } });
    expect(headers['idempotency-key']).toBe(payload.deliveryId);
    const t = Math.floor(clock.now() / 1000);
    const signature = createHmac('sha256', secret).update(`${t}.${body}`).digest('hex');
    expect(headers['x-bondx-signature']).toBe(`t=${t},v1=${signature}`);
  });

  it('that fails, stalls and recovers gets every alert once, under one idempotency key', async () => {
    const { alerts, clock } = setUp({}, { timeoutMs: 1_000 });
    receiver.mood = 'fail';
    await alerts.raise(alert);
    expect(await alerts.deliverPending()).toMatchObject({ failed: 1 });
    expect(await alerts.deliverPending()).toMatchObject({ delivered: 0, failed: 0 }); // it waits
    receiver.mood = 'stall';
    clock.advance(5_000);
    await alerts.raise({ ...alert, key: 'another' });
    expect(await alerts.deliverPending()).toMatchObject({ failed: 1 });
    const { deliveries } = await alerts.listDeliveries({ status: 'pending' });
    expect(deliveries.map(({ attempts, lastError }) => [attempts, lastError])).toEqual([
      [0, undefined], // the channel fails: its attempts are not used up
      [2, 'no answer within 1000 ms'],
    ]);
    receiver.mood = 'accept';
    clock.advance(30_000);
    expect(await alerts.deliverPending()).toEqual({ delivered: 2, failed: 0, undelivered: 0 });
    const keys = receiver.accepted.map(({ payload }) => payload.deliveryId);
    expect(new Set(keys).size).toBe(2);
    expect(new Set(receiver.received.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
  });

  it('that failed is not told that an alert is over before it was told of it, while others go on', async () => {
    const { alerts, clock } = setUp();
    receiver.mood = 'fail';
    await alerts.raise(alert);
    await alerts.deliverPending(); // to be repeated after five seconds
    receiver.mood = 'accept';
    clock.advance(1_000);
    await alerts.recover({ key: alert.key, message: 'repaired' });
    await alerts.raise({ ...alert, key: 'another' });
    expect(await alerts.deliverPending()).toEqual({ delivered: 1, failed: 0, undelivered: 0 });
    clock.advance(4_000);
    expect(await alerts.deliverPending()).toEqual({ delivered: 2, failed: 0, undelivered: 0 });
    expect(
      receiver.accepted.map(
        ({
          payload: {
            notice,
            alert: { key },
          },
        }) => `${notice} ${key}`,
      ),
    ).toEqual(['raised custom/another', 'raised custom/k', 'recovered custom/k']);
  });

  it('that never recovers leaves its alert reported undelivered, with the reason and an audit record', async () => {
    const { alerts, clock, storage } = setUp();
    receiver.mood = 'fail';
    const { alert: raised } = (await alerts.raise(alert))!;
    let undelivered = 0;
    for (let attempt = 0; attempt < 20; attempt++) {
      undelivered += (await alerts.deliverPending()).undelivered;
      clock.advance(60 * minutes);
    }
    expect(undelivered).toBe(1);
    expect(receiver.received).toHaveLength(8);
    const { deliveries } = await alerts.listDeliveries({ alertId: raised.alertId });
    expect(deliveries).toMatchObject([{ status: 'undelivered', attempts: 8, lastError: 'answered 503' }]);
    const { entries } = await storage.read('audit');
    expect(entries.at(-1)!.value).toMatchObject({ action: 'monitoring.end_delivery', reason: 'answered 503' });
  });

  it('that stalls holds up neither another channel nor the caller who raises', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'alerts-'));
    try {
      const path = join(folder, 'logs', 'alerts.jsonl');
      // Writing and flushing the file has to end within this on a busy machine, too.
      const { alerts } = setUp({ file: { kind: 'file', path } }, { timeoutMs: 2_000 });
      receiver.mood = 'stall';
      await alerts.raise(alert); // without a request
      expect(receiver.received).toHaveLength(0);
      expect(await alerts.deliverPending()).toEqual({ delivered: 1, failed: 1, undelivered: 0 });
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ channel: 'file', alert: { title: 'the title' } });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('that is a device is written to, which cannot be flushed', async () => {
    const { alerts } = setUp({ file: { kind: 'file', path: '/dev/null' } });
    await alerts.raise(alert);
    expect(await alerts.deliverPending()).toEqual({ delivered: 2, failed: 0, undelivered: 0 });
  });

  it('is not followed to where it redirects', async () => {
    const { alerts } = setUp();
    receiver.mood = 'redirect';
    await alerts.raise(alert);
    expect(await alerts.deliverPending()).toMatchObject({ failed: 1 });
    const { deliveries } = await alerts.listDeliveries();
    expect(deliveries[0]!.lastError).toBe('answered 302: redirects are not followed');
    expect(receiver.received).toHaveLength(1);
  });

  it('is asked by one process of many', async () => {
    const { alerts, config, options } = setUp();
    const others = Array.from({ length: 4 }, () => new Alerts(config, { ...options, timeoutMs: 10_000 }));
    for (let i = 0; i < 5; i++) await alerts.raise({ ...alert, key: `k${i}` });
    const summaries = await Promise.all([alerts, ...others].map((one) => one.deliverPending()));
    expect(summaries.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(5);
    expect(receiver.received).toHaveLength(5);
  });
});

describe('other channels', () => {
  it('get alerts in the order in which they were raised', async () => {
    const sent: string[] = [];
    const mail = { sendMail: async ({ subject }: { subject: string }) => sent.push(subject) };
    let id = 1_000;
    const ids = { next: () => `id-${id--}` }; // whatever ids say
    const { alerts, clock } = setUp({ mail: { kind: 'email', from: 'ml@x', to: ['ops@x'] } }, { mail, ids });
    for (const title of ['z', 'm', 'a']) {
      await alerts.raise({ ...alert, key: title, title });
      clock.advance(1_000);
    }
    await alerts.deliverPending();
    expect(sent).toEqual(['[critical] z', '[critical] m', '[critical] a']);
  });

  it('that are slower than their claim are taken up by another process, which ends the delivery', async () => {
    const finish: (() => void)[] = [];
    const mail = { sendMail: () => new Promise<void>((resolve) => finish.push(resolve)) };
    const { alerts, clock, config, options, storage } = setUp(
      { mail: { kind: 'email', from: 'ml@x', to: ['ops@x'] } },
      { mail },
    );
    const other = new Alerts(config, { ...options, mail });
    await alerts.raise(alert);
    const slow = alerts.deliverPending();
    await vi.waitFor(() => expect(finish).toHaveLength(1));
    clock.advance(30_001);
    const second = other.deliverPending();
    await vi.waitFor(() => expect(finish).toHaveLength(2));
    for (const end of finish.reverse()) end();
    await Promise.all([second, slow]);
    const { deliveries } = await alerts.listDeliveries();
    expect(deliveries.map(({ channel, attempts, status }) => `${channel} ${attempts} ${status}`).sort()).toEqual([
      'hook 1 delivered',
      'mail 2 delivered',
    ]);
    const { entries } = await storage.read('audit');
    const ends = entries
      .map(({ value }) => value as unknown as AuditRecord)
      .filter(({ action }) => action === 'monitoring.end_delivery');
    expect(ends.map(({ detail, reason }) => [detail!['channel'], reason]).sort()).toEqual([
      ['hook', undefined],
      ['mail', undefined],
      ['mail', 'taken up elsewhere'],
    ]);
  });

  it('e-mail goes out through the transport of the user, under one message id', async () => {
    const sent: { subject: string; messageId: string; to: readonly string[] }[] = [];
    let isDown = true;
    const mail = {
      sendMail: async (message: (typeof sent)[number]) => {
        sent.push(message);
        if (isDown) throw new Error('connection refused');
      },
    };
    const { alerts, clock } = setUp({ mail: { kind: 'email', from: 'ml@x', to: ['ops@x'] } }, { mail });
    await alerts.raise({ ...alert, title: 'a title' });
    expect(await alerts.deliverPending()).toMatchObject({ delivered: 1, failed: 1 });
    isDown = false;
    clock.advance(5_000);
    expect(await alerts.deliverPending()).toMatchObject({ delivered: 1 });
    expect(sent).toHaveLength(2);
    expect(sent[0]!.messageId).toBe(sent[1]!.messageId);
    expect(sent[1]).toMatchObject({ subject: '[critical] a title', to: ['ops@x'] });
  });

  it('e-mail waits for a process that has a transport, and is reported undelivered after a day', async () => {
    const { alerts, clock } = setUp({ mail: { kind: 'email', from: 'ml@x', to: ['ops@x'] } });
    await alerts.raise(alert);
    expect(await alerts.deliverPending()).toMatchObject({ delivered: 1, failed: 0 });
    clock.advance(24 * 60 * minutes + 1);
    expect(await alerts.deliverPending()).toMatchObject({ undelivered: 1 });
  });

  it('Slack gets one text in which nothing can be mentioned or linked', async () => {
    const { alerts } = setUp({ slack: { kind: 'slack', url: '${HOOK}', allowedHosts: ['127.0.0.1'] } });
    await alerts.raise({ ...alert, message: 'see <!channel> & <http://evil|here>' });
    await alerts.deliverPending();
    const slack = receiver.received.map(({ body }) => JSON.parse(body) as { text?: string }).find(({ text }) => text);
    expect(slack).toEqual({
      text: '[critical] the title\nsee &lt;!channel&gt; &amp; &lt;http://evil|here&gt;',
    });
  });

  it('a transport that never answers holds up no other channel, and counts as a failed attempt', async () => {
    const mail = { sendMail: () => new Promise<never>(() => undefined) };
    const { alerts } = setUp({ mail: { kind: 'email', from: 'ml@x', to: ['ops@x'] } }, { mail, timeoutMs: 1_000 });
    await alerts.raise(alert);
    expect(await alerts.deliverPending()).toEqual({ delivered: 1, failed: 1, undelivered: 0 });
    const { deliveries } = await alerts.listDeliveries({ status: 'pending' });
    expect(deliveries).toMatchObject([{ channel: 'mail', attempts: 1, lastError: 'no answer within 1000 ms' }]);
  });

  it('a transport may fail with whatever it likes: it counts as a failed attempt, and is told in short', async () => {
    const mail = { sendMail: () => Promise.reject(new Error(`550 \ud83d${' no such mailbox'.repeat(1_000)}`)) };
    const { alerts } = setUp({ mail: { kind: 'email', from: 'ml@x', to: ['ops@x'] } }, { mail });
    await alerts.raise(alert);
    expect(await alerts.deliverPending()).toEqual({ delivered: 1, failed: 1, undelivered: 0 });
    const { deliveries } = await alerts.listDeliveries({ status: 'pending' });
    expect(deliveries[0]!.lastError).toMatch(/^550 \ufffd no such mailbox/);
    expect(deliveries[0]!.lastError).toHaveLength(1_000);
  });

  it('what waits in one channel, however much, keeps nothing from another', async () => {
    const { alerts, clock, options } = setUp({ mail: { kind: 'email', from: 'ml@x', to: ['ops@x'] } });
    for (let i = 0; i < 101; i++) await alerts.raise({ ...alert, key: `k${i}` }); // e-mails that nobody here can send
    for (let round = 0; round < 3; round++) await alerts.deliverPending();
    expect(receiver.received).toHaveLength(101);
    await alerts.raise({ ...alert, key: 'the latest' });
    expect(await alerts.deliverPending()).toMatchObject({ delivered: 1 });

    clock.advance(24 * 60 * minutes + 1);
    const later = new Alerts(MLOpsConfig.fromObject({}), options); // by a policy without that channel
    expect(await later.deliverPending()).toMatchObject({ undelivered: 100 });
  });

  it('of a policy that not every process has yet is left to those that have it, for a day', async () => {
    const { alerts, clock, options } = setUp();
    const before = new Alerts(MLOpsConfig.fromObject({}), options);
    await alerts.raise(alert);
    expect(await before.deliverPending()).toEqual({ delivered: 0, failed: 0, undelivered: 0 });
    expect(await alerts.deliverPending()).toMatchObject({ delivered: 1 });
    await alerts.raise({ ...alert, key: 'other' });
    clock.advance(24 * 60 * minutes + 1);
    expect(await before.deliverPending()).toMatchObject({ undelivered: 1 });
    const [{ lastError }] = (await alerts.listDeliveries({ status: 'undelivered' })).deliveries as [AlertDelivery];
    expect(lastError).toBe('a day has passed, and the policy of this process has no channel hook');
  });

  it('gets only what is severe enough', async () => {
    const { alerts } = setUp({ hook: { url: '${HOOK}', allowedHosts: ['127.0.0.1'], minimumSeverity: 'critical' } });
    await alerts.raise({ ...alert, severity: 'warning' });
    expect(await alerts.deliverPending()).toMatchObject({ delivered: 0 });
    await alerts.raise(alert); // worse
    expect(await alerts.deliverPending()).toMatchObject({ delivered: 1 });
    expect(receiver.received[0]!.payload.notice).toBe('escalated');
  });

  it('that was told the worst of an alert is told that it is over, though it had become less severe', async () => {
    const { alerts } = setUp({ hook: { url: '${HOOK}', allowedHosts: ['127.0.0.1'], minimumSeverity: 'critical' } });
    await alerts.raise(alert);
    await alerts.raise({ ...alert, severity: 'warning' });
    await alerts.recover({ key: alert.key, message: 'repaired' });
    await alerts.raise({ ...alert, severity: 'warning' }); // another one, which was never critical
    await alerts.recover({ key: alert.key, message: 'repaired' });
    await alerts.deliverPending();
    expect(receiver.received.map(({ payload }) => payload.notice)).toEqual(['raised', 'recovered']);
  });
});
