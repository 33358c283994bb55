import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/keys/key-ring.js';
import { ephemeralKeys } from '../../src/keys/key-sources.js';
import { newKeyDocument } from '../../src/keys/key-document.js';
import type { KeyPurpose } from '../../src/keys/key.js';
import { LocalKeyService } from '../../src/keys/local-key-service.js';
import { failure } from '../helpers.js';

const at = Date.UTC(2026, 0, 2);
const bytes = Buffer.from('root');

async function open() {
  const service = new LocalKeyService(ephemeralKeys(at));
  const keys = await service.list();
  const idOf = (purpose: KeyPurpose): string => keys.find((key) => key.purpose === purpose)!.id;
  return { service, ring: new KeyRing(service), idOf };
}

describe('keys in this process', () => {
  it.each([
    ['artifact_signing', 'sha256'],
    ['audit_checkpoint', undefined],
  ] as const)('sign for %s as anybody can check with the public key, again and again', async (purpose, hash) => {
    const { service, idOf } = await open();
    const publicKey = createPublicKey(await service.publicKey(idOf(purpose)));
    for (let i = 0; i < 2; i++) {
      expect(verify(hash, bytes, publicKey, await service.sign(idOf(purpose), bytes))).toBe(true);
    }
    await service.rotate(purpose, at + 1);
    expect(createPublicKey(await service.publicKey(idOf(purpose))).equals(publicKey)).toBe(true);
  });

  it('are used for what they are for, and say what they are not for', async () => {
    const { service, idOf } = await open();
    const wrapping = idOf('artifact_encryption');
    const signing = idOf('artifact_signing');
    await service.rotate('artifact_signing', at + 1);
    const attempts: [Promise<unknown>, string][] = [
      [service.sign('0'.repeat(16), bytes), 'is not among the keys of this process'],
      [service.sign(signing, bytes), 'no longer signs'],
      [service.publicKey(wrapping), 'is no signing key'],
      [service.publicKey(idOf('pseudonym')), 'is no signing key'],
      [service.secret(signing), 'is a signing key'],
      [service.secret(idOf('audit_checkpoint')), 'is a signing key'],
      [service.wrap(idOf('audit_checkpoint'), bytes, bytes), 'is a signing key'],
      [service.secret('none'), 'is not among the keys of this process'],
    ];
    for (const [attempt, why] of attempts) {
      const error = await failure(attempt);
      expect(error.message).toContain(why);
      expect(error).toMatchObject({ code: 'KEY_UNAVAILABLE' });
    }
  });

  it('wrap data keys as IV, ciphertext and tag, and unwrap nothing shorter', async () => {
    const { service, idOf } = await open();
    const id = idOf('artifact_encryption');
    const wrapped = await service.wrap(id, Buffer.alloc(32), bytes);
    expect(wrapped).toHaveLength(12 + 32 + 16);
    expect(await service.unwrap(id, await service.wrap(id, Buffer.of(7), bytes), bytes)).toEqual(Buffer.of(7));
    const nothing = await service.wrap(id, new Uint8Array(), bytes);
    expect(await failure(service.unwrap(id, nothing, bytes))).toMatchObject({ code: 'CORRUPT' });
  });

  it('are listed by the same list until they change', async () => {
    const { service } = await open();
    const before = await service.list();
    expect(await service.list()).toBe(before);
    expect(Object.isFrozen(before)).toBe(true);
    const made = await service.rotate('pseudonym', at + 1);
    const after = await service.list();
    expect(after).toHaveLength(before.length + 1);
    expect(after.at(-1)).toEqual(made);
    expect(made).toEqual({
      ...{ id: made.id, purpose: 'pseudonym', algorithm: 'HS256', status: 'active' },
      created: '2026-01-02T00:00:00.001Z',
    });
  });

  it('tell what was revoked, when and why', async () => {
    const { service, idOf } = await open();
    await service.rotate('pseudonym', at + 1);
    expect(await service.revoke(idOf('pseudonym'), 'leaked', at + 2)).toMatchObject({
      ...{ id: idOf('pseudonym'), status: 'revoked', reason: 'leaked', changed: '2026-01-02T00:00:00.002Z' },
    });
  });
});

describe('a ring', () => {
  it('says how to make the active key that is missing', async () => {
    const keys = newKeyDocument(at).keys.filter(({ purpose }) => purpose !== 'pseudonym');
    const document = { keys };
    const ring = new KeyRing(
      new LocalKeyService({ read: async () => document, update: async (change) => change(document) }),
    );
    expect(await failure(ring.active('pseudonym'))).toMatchObject({
      code: 'KEY_UNAVAILABLE',
      message: expect.stringContaining('bondx-mlops keys rotate --purpose pseudonym') as string,
    });
  });

  it('gives the public key of its purpose only', async () => {
    const { service, ring, idOf } = await open();
    const id = idOf('audit_checkpoint');
    expect(await ring.signer('audit_checkpoint').publicKey(id)).toBe(await service.publicKey(id));
    expect(await failure(ring.signer('artifact_signing').publicKey(id))).toMatchObject({
      code: 'KEY_UNAVAILABLE',
      message: expect.stringContaining(`there is no key ${id} for artifact_signing`) as string,
    });
  });

  it('makes pseudonyms by the active key, or one that is named, unless it was revoked', async () => {
    const { service, ring, idOf } = await open();
    const id = idOf('pseudonym');
    expect(await ring.pseudonymKey()).toEqual({ keyId: id, secret: await service.secret(id) });
    const next = await service.rotate('pseudonym', at + 1);
    expect((await ring.pseudonymKey()).keyId).toBe(next.id);
    expect((await ring.pseudonymKey(id)).keyId).toBe(id);
    await service.revoke(id, 'leaked', at + 2);
    expect(await failure(ring.pseudonymKey(id))).toMatchObject({ code: 'KEY_UNAVAILABLE' });
    expect(await failure(ring.pseudonymKey(idOf('artifact_encryption')))).toMatchObject({ code: 'KEY_UNAVAILABLE' });
  });
});
