import { isReference, withoutReferences } from './references.js';
import type { Rule } from './rule.js';
import type { PolicyFile } from './schema.js';

type Channel = PolicyFile['monitoring']['channels'][string];

/** What each kind of channel takes. No message repeats a URL or a secret. */
export const channelRule: Rule = {
  paths: [['monitoring', 'channels']],
  problem: ({ monitoring }) => {
    for (const [name, channel] of Object.entries(monitoring.channels)) {
      const problem = problemOf(channel);
      if (problem !== undefined) return `channel ${name}: ${problem}`;
    }
    return undefined;
  },
};

const takes = {
  webhook: ['url', 'secret', 'allowed_hosts'],
  slack: ['url', 'allowed_hosts'],
  email: ['from', 'to'],
  file: ['path'],
} as const;

function problemOf(channel: Channel): string | undefined {
  const { kind, url, secret, path, from, to } = channel;
  for (const key of ['url', 'secret', 'path', 'from', 'to', 'allowed_hosts'] as const) {
    const value = channel[key];
    const isGiven = Array.isArray(value) ? value.length > 0 : value !== null;
    const known: readonly string[] = takes[kind];
    if (isGiven && !known.includes(key))
      return `${key} belongs to another kind than ${kind}; remove it, or change kind`;
  }
  if (secret !== null && !isReference(secret))
    return 'secret must refer to an environment variable, such as ${ALERT_SECRET}';
  switch (kind) {
    case 'webhook':
      return url === null ? 'kind: webhook takes a url, https://…' : urlProblem(url, channel.allowed_hosts);
    case 'slack':
      return url !== null && isReference(url)
        ? undefined
        : 'kind: slack takes the url as a reference, such as ${SLACK_WEBHOOK_URL}: whoever knows it can post';
    case 'email':
      return from === null || to.length === 0 ? 'kind: email takes from and to' : undefined;
    case 'file':
      return path === null ? 'kind: file takes a path' : undefined;
  }
}

function urlProblem(text: string, allowedHosts: readonly string[]): string | undefined {
  if (isReference(text)) return undefined; // it is looked at when it is used
  const shape = withoutReferences(text);
  const url = URL.canParse(shape) ? new URL(shape) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return 'expected a URL such as https://alerts.example.com/hook';
  if (url.protocol === 'http:' && allowedHosts.length === 0)
    return 'http:// is for hosts of the own network, in allowed_hosts; list the host, or use https://';
  return url.username === '' && url.password === ''
    ? undefined
    : 'the url holds a user or password; refer to an environment variable for the whole url instead';
}
