import { describe, expect, it } from 'vitest';
import { fromText, issuesOf } from './policy-fixture.js';

const channel = (text: string): string => `monitoring:\n  channels:\n    ops: { ${text} }\n`;

describe('channels of alerts', () => {
  it.each([
    ['kind: webhook', 'takes a url'],
    ['kind: webhook, url: "ftp://x"', 'expected a URL such as'],
    ['kind: webhook, url: "https://u:hush@x"', 'holds a user or password'],
    ['kind: webhook, url: "http://hooks/hush"', 'http:// is for hosts of the own network'],
    ['kind: webhook, url: "https://x", allowed_hosts: [10.0.0.0/8]', 'expected the name or address of a host, alone'],
    ['kind: webhook, url: "https://x", allowed_hosts: ["*.example.com"]', 'expected the name or address of a host'],
    ['kind: webhook, url: "https://x", allowed_hosts: ["http://hooks"]', 'expected the name or address of a host'],
    ['kind: webhook, url: "https://x", secret: hush', 'must refer to an environment variable'],
    ['kind: slack, url: "https://hooks.slack.com/hush"', 'takes the url as a reference'],
    ['kind: email, to: [a@x]', 'takes from and to'],
    ['kind: file', 'takes a path'],
    ['kind: file, path: ./a, url: "https://x"', 'url belongs to another kind'],
  ])('with { %s } are refused, without repeating a secret', (text, message) => {
    const [issue] = issuesOf(() => fromText(channel(text)));
    expect(issue!.message).toContain(message);
    expect(issue!.message).not.toContain('hush');
  });

  it('may be reached over http where their host is allowed, and by any notation of it', () => {
    for (const host of ['hooks.internal', 'hooks', '10.0.0.7', '::1', '[::1]', 'H\u00d6HLE.example', 'hooks:8080'])
      expect(() => fromText(channel(`url: "http://hooks/", allowed_hosts: ["${host}"]`)), host).not.toThrow();
  });

  it('resolve their secrets when they are used', () => {
    const config = fromText(channel('url: "${HOOK}", secret: "${SECRET}"'), { HOOK: 'https://x/', SECRET: 's' });
    expect(config.channelSecrets('ops')).toEqual({ url: 'https://x/', secret: 's' });
    expect(config.toYaml()).not.toContain('https://x/');
    const unset = fromText(channel('url: "${HOOK}"'), {});
    expect(() => unset.channelSecrets('ops')).toThrow('HOOK, which is not set');
  });
});
