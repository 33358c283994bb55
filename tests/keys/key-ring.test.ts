import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/keys/key-ring.js';
import { ephemeralKeys, variableKeys } from '../../src/keys/key-sources.js';
import { newKeyDocument, parseKeyDocument, printKeyDocument } from '../../src/keys/key-document.js';
import { type SigningPurpose, keyPurposes } from '../../src/keys/key.js';
import { LocalKeyService } from '../../src/keys/local-key-service.js';

const at = Date.UTC(2026, 0, 2);
const newRing = (): KeyRing => new KeyRing(new LocalKeyService(ephemeralKeys(at)));
const bytes = (text: string): Uint8Array => Buffer.from(text);

describe.each<SigningPurpose>(['artifact_signing', 'audit_checkpoint'])('signing for %s', (purpose) => {
  it('verifies what was signed, and nothing else', async () => {
    const signer = newRing().signer(purpose);
    const { keyId, signature } = await signer.sign(bytes('root'));
    expect(await signer.verify(keyId, bytes('root'), signature)).toBe('valid');
    expect(await signer.verify(keyId, bytes('roots'), signature)).toBe('invalid');
    expect(await signer.verify(keyId, bytes('root'), bytes('no signature'))).toBe('invalid');
    expect(await signer.verify('0123456789abcdef', bytes('root'), signature)).toBe('unknown_key');
  });

  it('believes a retired key, and no longer a revoked one', async () => {
    const ring = newRing();
    const signer = ring.signer(purpose);
    const { keyId, signature } = await signer.sign(bytes('root'));
    const next = await ring.service.rotate!(purpose, at + 1);
    expect((await signer.sign(bytes('root'))).keyId).toBe(next.id);
    expect(await signer.verify(keyId, bytes('root'), signature)).toBe('valid');
    await expect(ring.service.sign(keyId, bytes('root'))).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    await ring.service.revoke!(keyId, 'laptop stolen', at + 2);
    expect(await signer.verify(keyId, bytes('root'), signature)).toBe('revoked');
  });

  it('asks the service for a public key until it answers, then no more', async () => {
    const service = new LocalKeyService(ephemeralKeys(at));
    const answer = service.publicKey.bind(service);
    let asked = 0;
    service.publicKey = async (keyId) => (++asked === 1 ? Promise.reject(new Error('service away')) : answer(keyId));
    const signer = new KeyRing(service).signer(purpose);
    const { keyId, signature } = await signer.sign(bytes('root'));
    await expect(signer.verify(keyId, bytes('root'), signature)).rejects.toThrow('service away');
    expect(await signer.verify(keyId, bytes('root'), signature)).toBe('valid');
    expect(await signer.verify(keyId, bytes('roots'), signature)).toBe('invalid');
    expect(asked).toBe(2);
  });

  it('does not take a key of another purpose', async () => {
    const ring = newRing();
    const other = purpose === 'artifact_signing' ? 'audit_checkpoint' : 'artifact_signing';
    const { keyId, signature } = await ring.signer(other).sign(bytes('root'));
    expect(await ring.signer(purpose).verify(keyId, bytes('root'), signature)).toBe('unknown_key');
  });
});

describe('wrapping data keys', () => {
  const dataKey = Buffer.alloc(32, 7);

  it('gives back the key in its context only', async () => {
    const ring = newRing();
    const wrapped = await ring.wrap('artifact_encryption', dataKey, bytes('file 1'));
    expect(await ring.unwrap('artifact_encryption', wrapped, bytes('file 1'))).toEqual(dataKey);
    await expect(ring.unwrap('artifact_encryption', wrapped, bytes('file 2'))).rejects.toMatchObject({
      code: 'CORRUPT',
    });
    const signing = (await ring.list()).find(({ purpose }) => purpose === 'artifact_signing')!;
    const foreign = { ...wrapped, keyId: signing.id };
    await expect(ring.unwrap('artifact_encryption', foreign, bytes('file 1'))).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
    });
  });

  it('notices every altered bit and every cut, tags of four bytes included', async () => {
    const ring = newRing();
    const { keyId, wrapped } = await ring.wrap('artifact_encryption', dataKey, bytes('x'));
    for (let i = 0; i < wrapped.byteLength; i++) {
      const altered = Uint8Array.from(wrapped);
      altered[i]! ^= 1;
      for (const bad of [altered, wrapped.subarray(0, i)]) {
        await expect(ring.unwrap('artifact_encryption', { keyId, wrapped: bad }, bytes('x'))).rejects.toMatchObject({
          code: 'CORRUPT',
        });
      }
    }
  });

  it('unwraps with a retired key, not with a revoked one', async () => {
    const ring = newRing();
    const wrapped = await ring.wrap('artifact_encryption', dataKey, bytes('x'));
    await expect(ring.service.revoke!(wrapped.keyId, 'test', at)).rejects.toMatchObject({ code: 'ILLEGAL_STATE' });
    await ring.service.rotate!('artifact_encryption', at);
    expect(await ring.unwrap('artifact_encryption', wrapped, bytes('x'))).toEqual(dataKey);
    await ring.service.revoke!(wrapped.keyId, 'test', at);
    await expect(ring.unwrap('artifact_encryption', wrapped, bytes('x'))).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
      message: expect.stringContaining('revoked') as string,
    });
  });
});

describe('a key ring', () => {
  it('has a key of each purpose and shows no secret', async () => {
    const document = newKeyDocument(at);
    const ring = new KeyRing(new LocalKeyService(variableKeys('K', printKeyDocument(document))));
    const shown = JSON.stringify(await ring.list());
    expect((await ring.list()).map(({ purpose }) => purpose)).toEqual(keyPurposes);
    for (const { secret } of document.keys) expect(shown).not.toContain(secret!.slice(0, 10));
  });

  it('comes from an environment variable, which it does not change', async () => {
    const document = newKeyDocument(at);
    const ring = new KeyRing(new LocalKeyService(variableKeys('K', printKeyDocument(document))));
    expect((await ring.pseudonymKey()).keyId).toBe(document.keys.find(({ purpose }) => purpose === 'pseudonym')!.id);
    await expect(ring.service.rotate!('pseudonym', at)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    for (const value of [' ', undefined]) {
      expect(() => variableKeys('K', value)).toThrow(expect.objectContaining({ code: 'KEY_UNAVAILABLE' }));
    }
    expect(() => variableKeys('K', ' ')).toThrow(/K, which is not set/);
  });

  it('writes what it reads', () => {
    const document = newKeyDocument(at);
    expect(parseKeyDocument(printKeyDocument(document), 'x')).toEqual(document);
  });
});
