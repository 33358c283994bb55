import type { KeyInfo, KeyPurpose } from './key.js';

/**
 * Where keys live and are used. The key file is one implementation; a key-management service of yours is another: private
 * keys then never enter this process. Methods are given ids that {@link list} named.
 *
 * `sign` answers with the algorithm that the key's purpose asks for: ECDSA on P-256 over SHA-256 in DER for
 * `artifact_signing`, Ed25519 for `audit_checkpoint`.
 */
export interface KeyService {
  /** Every key, those that were retired or revoked included; at most one of a purpose is active. Called often: cache it. */
  list(): Promise<readonly KeyInfo[]>;

  sign(keyId: string, bytes: Uint8Array): Promise<Uint8Array>;

  /** The public key of a signing key: PEM, SubjectPublicKeyInfo. Kept once it was given: an id stays that of one key. */
  publicKey(keyId: string): Promise<string>;

  /** Encrypts a data key of 32 bytes; `context` is authenticated with it and must be given again to unwrap. */
  wrap(keyId: string, dataKey: Uint8Array, context: Uint8Array): Promise<Uint8Array>;

  /** Throws when the wrapped key or its context was altered. */
  unwrap(keyId: string, wrapped: Uint8Array, context: Uint8Array): Promise<Uint8Array>;

  /**
   * The bytes of a key for pseudonyms, which are computed here, thousands in a call. Of a revoked one too: by it, records of
   * a subject are found that is to be erased.
   */
  secret(keyId: string): Promise<Uint8Array>;

  /** Optional: retires the active key of a purpose and makes a new one. */
  rotate?(purpose: KeyPurpose, at: number): Promise<KeyInfo>;

  /** Optional: revokes a key. */
  revoke?(keyId: string, reason: string, at: number): Promise<KeyInfo>;
}
