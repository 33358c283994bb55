import { generateKeyPairSync, randomBytes, sign, createCipheriv, createDecipheriv } from 'node:crypto';
import { expect, it } from 'vitest';
import { type KeyInfo, type KeyService, ModelRegistry } from '@bondx/mlops';
import { KeyRing } from '../../src/keys/key-ring.js';
import { createWorld } from '../helpers.js';

/** Stands for a key-management service: what is in here is elsewhere in earnest, and each method a call of its client. */
function remoteKeys(): KeyService {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const master = randomBytes(32);
  const created = '2026-01-01T00:00:00.000Z';
  const keys: readonly KeyInfo[] = [
    { id: 'kms/sign/1', purpose: 'artifact_signing', algorithm: 'ES256', status: 'active', created },
    { id: 'kms/wrap/1', purpose: 'artifact_encryption', algorithm: 'A256GCMKW', status: 'active', created },
  ];
  return {
    list: async () => keys,
    sign: async (_id, bytes) => sign('sha256', bytes, pair.privateKey),
    publicKey: async () => pair.publicKey.export({ type: 'spki', format: 'pem' }) as string,
    wrap: async (_id, dataKey, context) => {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', master, iv, { authTagLength: 16 }).setAAD(context);
      return Buffer.concat([iv, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
    },
    unwrap: async (_id, wrapped, context) => {
      const decipher = createDecipheriv('aes-256-gcm', master, wrapped.subarray(0, 12), { authTagLength: 16 });
      decipher.setAAD(context).setAuthTag(wrapped.subarray(-16));
      return Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()]);
    },
    secret: async () => randomBytes(32),
  };
}

it('a key-management service signs, verifies and wraps', async () => {
  const ring = new KeyRing(remoteKeys());
  const signer = ring.signer('artifact_signing');
  const { keyId, signature } = await signer.sign(Buffer.from('x'));
  expect(keyId).toBe('kms/sign/1');
  expect(await signer.verify(keyId, Buffer.from('x'), signature)).toBe('valid');
  const wrapped = await ring.wrap('artifact_encryption', Buffer.alloc(32, 1), Buffer.from('file'));
  expect(await ring.unwrap('artifact_encryption', wrapped, Buffer.from('file'))).toEqual(Buffer.alloc(32, 1));
  const { config, options } = createWorld();
  const registry = new ModelRegistry(config, { ...options, keys: remoteKeys() });
  await expect(registry.loadModel('spread', { version: '1.0.0' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
