import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type StoredKey,
  newKey,
  newKeyDocument,
  parseKeyDocument,
  withRevoked,
  withRotated,
} from '../../src/keys/key-document.js';
import { algorithmOf, keyPurposes } from '../../src/keys/key.js';

const at = Date.UTC(2026, 0, 2);
const created = '2026-01-02T00:00:00.000Z';
const document = newKeyDocument(at);
const [signing, checkpoint, wrapping, pseudonym] = document.keys as [StoredKey, StoredKey, StoredKey, StoredKey];
const idOf = (spki: Buffer): string => createHash('sha256').update(spki).digest('hex').slice(0, 16);

const parse = (content: unknown): unknown => parseKeyDocument(JSON.stringify(content), 'keys.json');
const withKeys = (...keys: unknown[]): unknown => ({ format: 'bondx-mlops-keys', version: 1, keys });

describe('a key document', () => {
  it('has one new key of each purpose', () => {
    expect(document.keys.map(({ purpose, algorithm, status }) => [purpose, algorithm, status])).toEqual(
      keyPurposes.map((purpose) => [purpose, algorithmOf[purpose], 'active']),
    );
    for (const { secret, public: spki, id } of [signing, checkpoint]) {
      expect(id).toBe(idOf(Buffer.from(spki!, 'base64')));
      expect(secret).toBeDefined();
    }
    for (const key of [wrapping, pseudonym]) {
      expect(Buffer.from(key.secret!, 'base64')).toHaveLength(32);
      expect(key).not.toHaveProperty('public');
      expect(key.id).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  it.each(document.keys.map((key) => [key.purpose, key] as const))('rotates %s alone', (purpose, old) => {
    const { keys } = withRotated(document, purpose, at + 1);
    expect(keys).toHaveLength(5);
    expect(keys[4]).toMatchObject({ purpose, status: 'active', created: '2026-01-02T00:00:00.001Z' });
    for (const before of document.keys) {
      const after = keys.find(({ id }) => id === before.id)!;
      if (before !== old) expect(after).toEqual(before);
      else expect(after).toMatchObject({ status: 'retired', changed: '2026-01-02T00:00:00.001Z' });
    }
    // What signed is gone; what decrypts stays.
    const retired = keys.find(({ id }) => id === old.id)!;
    expect(retired.secret).toBe(old.public === undefined ? old.secret : undefined);
    expect(retired.public).toBe(old.public);
  });

  it('keeps what was retired before as it is when it rotates again', () => {
    const once = withRotated(document, 'pseudonym', at + 1);
    const twice = withRotated(once, 'pseudonym', at + 2);
    expect(twice.keys.map(({ status, changed }) => `${status} ${changed ?? ''}`).slice(3)).toEqual([
      'retired 2026-01-02T00:00:00.001Z',
      'retired 2026-01-02T00:00:00.002Z',
      'active ',
    ]);
  });

  it('revokes what is not active, once', () => {
    expect(() => withRevoked(document, 'none', 'x', at)).toThrow('there is no key none');
    expect(() => withRevoked(document, pseudonym.id, 'x', at)).toThrow('is the active key for pseudonym; rotate it');
    const rotated = withRotated(document, 'pseudonym', at + 1);
    const revoked = withRevoked(rotated, pseudonym.id, 'leaked', at + 2);
    expect(revoked.keys).toEqual(
      rotated.keys.map((key) =>
        key.id === pseudonym.id
          ? { ...key, status: 'revoked', reason: 'leaked', changed: '2026-01-02T00:00:00.002Z' }
          : key,
      ),
    );
    expect(withRevoked(revoked, pseudonym.id, 'again', at + 3)).toBe(revoked);
  });
});

describe('a key file', () => {
  it('is read as it was written, whatever became of its keys', () => {
    const retired = withRotated(withRotated(document, 'pseudonym', at + 1), 'artifact_signing', at + 1);
    const revoked = withRevoked(withRevoked(retired, pseudonym.id, 'leaked', at + 2), signing.id, '', at + 2);
    for (const whole of [document, retired, revoked]) expect(parse(withKeys(...whole.keys))).toEqual(whole);
    expect(parse(withKeys())).toEqual({ keys: [] });
  });

  it.each<[string, unknown]>([
    ['it does not say "format"', null],
    ['it does not say "format"', []],
    ['it does not say "format"', 'text'],
    ['it does not say "format"', { version: 1, keys: [] }],
    ['its version is not 1', { format: 'bondx-mlops-keys', version: 2, keys: [] }],
    ['it has no list of keys', { format: 'bondx-mlops-keys', version: 1, keys: {} }],
    ['key 2 is malformed', withKeys(signing, null)],
    ['two keys have one id', withKeys(wrapping, { ...pseudonym, id: wrapping.id })],
    ['two keys of one purpose are active', withKeys(wrapping, newKey('artifact_encryption', at))],
  ])('is none when %s', (why, content) => expect(() => parse(content)).toThrow(why));

  it('is at most a mebibyte of JSON', () => {
    const padded = (length: number): string => JSON.stringify(withKeys()).padEnd(length);
    expect(parseKeyDocument(padded(1024 * 1024), 'x').keys).toEqual([]);
    expect(() => parseKeyDocument(padded(1024 * 1024 + 1), 'x')).toThrow('larger than a mebibyte');
    expect(() => parseKeyDocument('{', 'x')).toThrow('it is not JSON');
  });

  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ type: 'spki', format: 'der' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'der' });
  const noKey = Buffer.from('no key');
  const { secret: _secret, ...withoutSecret } = signing;
  const { public: _public, ...withoutPublic } = signing;
  const as = (key: StoredKey, spki: Buffer) => ({ ...key, id: idOf(spki), public: spki.toString('base64') });

  it.each<[string, unknown]>([
    ['a field that nobody knows', { ...wrapping, extra: 1 }],
    ['an id that is a number', { ...wrapping, id: 1 }],
    ['an id that is a number of sixteen digits', { ...wrapping, id: 1_234_567_890_123_456 }],
    ['an id in capitals', { ...wrapping, id: 'ABCDEF0123456789' }],
    ['an id that is too long', { ...wrapping, id: `${wrapping.id}0` }],
    ['a longer beginning before the id', { ...wrapping, id: `x${wrapping.id}` }],
    ['an unknown purpose', { ...wrapping, purpose: 'decoration' }],
    ['an unknown purpose and no algorithm', { ...signing, purpose: 'decoration', algorithm: undefined }],
    ['the algorithm of another purpose', { ...wrapping, algorithm: 'HS256' }],
    ['an unknown status', { ...wrapping, status: 'idle' }],
    ['no time', { ...wrapping, created: undefined }],
    ['a time that is a number', { ...wrapping, created: at }],
    ['a time in a list', { ...wrapping, created: [created] }],
    ['a time of another form', { ...wrapping, created: '2026-01-02' }],
    ['a time with more behind it', { ...wrapping, created: `${created} ` }],
    ['a time with more before it', { ...wrapping, created: ` ${created}` }],
    ['a change at no time', { ...wrapping, changed: 'then' }],
    ['a reason that is no text', { ...wrapping, reason: 1 }],
    ['no secret', { ...wrapping, secret: undefined }],
    ['a secret of 31 bytes', { ...wrapping, secret: Buffer.alloc(31).toString('base64') }],
    ['a secret that is no text', { ...wrapping, secret: 17 }],
    ['an empty secret', { ...pseudonym, secret: '' }],
    ['a secret in another base64', { ...wrapping, secret: wrapping.secret!.replace('=', '') }],
    ['a public half where there is none', { ...pseudonym, public: signing.public }],
    ['no public half', withoutPublic],
    ['an active key that cannot sign', withoutSecret],
    ['a retired key that can', { ...signing, status: 'retired' }],
    ['an empty private half', { ...signing, secret: '' }],
    ['a private half that is no base64', { ...signing, secret: '!!' }],
    ['the public half of another key', { ...signing, public: checkpoint.public }],
    ['the id of another key', { ...signing, id: checkpoint.id }],
    ['a public half that is no key', as(signing, noKey)],
    ['a curve other than P-256', as(signing, p384)],
    ['an RSA key', as(signing, rsa)],
    ['an Ed25519 key to sign artifacts', { ...checkpoint, purpose: 'artifact_signing', algorithm: 'ES256' }],
    ['a P-256 key to sign checkpoints', { ...signing, purpose: 'audit_checkpoint', algorithm: 'Ed25519' }],
  ])('has no key with %s', (_what, key) => expect(() => parse(withKeys(key))).toThrow('key 1 is malformed'));
});
