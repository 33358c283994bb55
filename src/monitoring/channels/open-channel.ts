import { createHmac } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { MLOpsConfig } from '../../config/mlops-config.js';
import type { Clock } from '../../util/clock.js';
import { flush } from '../../util/flush.js';
import { makeFolder } from '../../util/make-folder.js';
import { type MailTransport, type SendAlert, headlineOf, payloadOf, textOf } from './channel.js';
import type { ResolveHost } from './safe-post.js';

export interface ChannelInputs {
  readonly config: MLOpsConfig;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly mail: MailTransport | undefined;
  readonly resolve: ResolveHost | undefined;
}

/** How a channel of the policy is served; undefined for e-mail in a process without a transport. */
export function openChannel(inputs: ChannelInputs, name: string): SendAlert | undefined {
  const { config, clock, timeoutMs, mail, resolve } = inputs;
  const { kind, path, from, to, allowedHosts } = config.policy.monitoring.channels[name]!;
  const post = async (url: string, body: string, headers: Readonly<Record<string, string>>): Promise<void> => {
    const { safePost } = await import('./safe-post.js'); // loads http and all that it takes
    await safePost({ url, body, headers, timeoutMs, allowedHosts, ...(resolve !== undefined && { resolve }) });
  };
  switch (kind) {
    case 'webhook':
      return async (delivery) => {
        const { url, secret } = config.channelSecrets(name);
        const body = JSON.stringify(payloadOf(delivery));
        await post(url!, body, {
          'idempotency-key': delivery.deliveryId,
          ...(secret !== undefined && { 'x-bondx-signature': signatureOf(body, secret, clock.now()) }),
        });
      };
    case 'slack':
      return async (delivery) => {
        const body = JSON.stringify({ text: `${escapeSlack(headlineOf(delivery))}\n${escapeSlack(textOf(delivery))}` });
        await post(config.channelSecrets(name).url!, body, { 'idempotency-key': delivery.deliveryId });
      };
    case 'email':
      if (mail === undefined) return undefined;
      return async (delivery) => {
        const messageId = `<${delivery.deliveryId}@bondx-mlops>`;
        const text = `${textOf(delivery)}\n\n${JSON.stringify(delivery.alert, null, 2)}\n`;
        const message = { from: from!, to, subject: headlineOf(delivery), text, messageId };
        await withDeadline(mail.sendMail(message), timeoutMs);
      };
    case 'file':
      return (delivery) =>
        withDeadline(appendLine(config.resolvePath(path!), JSON.stringify(payloadOf(delivery))), timeoutMs);
  }
}

/**
 * Proves who sent a body and when: `t=<seconds since 1970>,v1=<hex>`, HMAC-SHA-256 over `<t>.<body>`. A receiver computes it
 * again, compares in constant time, and refuses old times.
 */
export function signatureOf(body: string, secret: string, now: number): string {
  const seconds = Math.floor(now / 1000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

/** Text cannot mention people or forge links. */
const escapeSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** What never answers must not hold up what waits for all channels. */
async function withDeadline(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function appendLine(path: string, line: string): Promise<void> {
  await makeFolder(dirname(path));
  const file = await open(path, 'a', 0o600);
  try {
    await file.appendFile(`${line}\n`);
    if ((await file.stat()).isFile()) await flush(file); // pipes and devices cannot be flushed
  } finally {
    await file.close();
  }
}
