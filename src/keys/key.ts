/** What a key is for. A key of one purpose is never used for another. */
export const keyPurposes = ['artifact_signing', 'audit_checkpoint', 'artifact_encryption', 'pseudonym'] as const;

/** What a key is used for; each purpose has keys of its own. */
export type KeyPurpose = (typeof keyPurposes)[number];

/** Purposes whose keys sign and verify. */
export type SigningPurpose = 'artifact_signing' | 'audit_checkpoint';

/** Purposes whose keys wrap the data keys that content is encrypted with. */
export type WrappingPurpose = 'artifact_encryption';

/**
 * `active`: the one that is used for new work. `retired`: verifies and decrypts what it made before, and makes nothing
 * new. `revoked`: nothing that it made is believed or decrypted any more.
 */
export type KeyStatus = 'active' | 'retired' | 'revoked';

/** `ES256`: ECDSA on P-256 with SHA-256, DER signatures. `A256GCMKW`: AES-256-GCM over a data key. `HS256`: HMAC-SHA-256. */
export type KeyAlgorithm = 'ES256' | 'Ed25519' | 'A256GCMKW' | 'HS256';

export const algorithmOf: Readonly<Record<KeyPurpose, KeyAlgorithm>> = {
  artifact_signing: 'ES256',
  audit_checkpoint: 'Ed25519',
  artifact_encryption: 'A256GCMKW',
  pseudonym: 'HS256',
};

/** What may be told about a key: never the key itself. */
export interface KeyInfo {
  readonly id: string;
  readonly purpose: KeyPurpose;
  readonly algorithm: KeyAlgorithm;
  readonly status: KeyStatus;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** When it was retired or revoked. */
  readonly changed?: string;
  /** Why it was revoked. */
  readonly reason?: string;
}
