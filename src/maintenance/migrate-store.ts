import type { MLOpsConfig } from '../config/mlops-config.js';
import { ConflictError, MLOpsError } from '../errors.js';
import type { AuditRecord } from '../governance/audit-record.js';
import { readAuditEnd } from '../governance/audit-trail.js';
import { verifyAuditTrail } from '../governance/audit/verify-stored-log.js';
import { ControlPlane } from '../governance/control-plane.js';
import { type ContextOptions, checkConfig, createContext } from '../runtime/context.js';
import { storePlace } from '../runtime/store-place.js';
import { withPolicyStores } from '../runtime/stores.js';
import { assertNoUnfinishedMigration } from '../runtime/unfinished-migration.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Storage } from '../storage/storage.js';
import { toIso } from '../util/clock.js';
import { copyFiles, verifyFiles } from './copy-files.js';
import { copyRecords } from './copy-records.js';
import { missingKeys, sealingKeys } from './missing-keys.js';
import { type StoredMigration, putMigration, readMigration } from './migration-record.js';
import { type StoreContent, dumpPages, measureStore } from './store-content.js';
import { type WorkOptions, assertNotAborted, assertStoreIn, isAborted } from './store-directories.js';
import { checkObject } from '../util/check.js';

/** A store: the one that a policy selects, or one that you opened and will close. */
export interface MigrationSide {
  readonly config: MLOpsConfig;
  readonly storage?: Storage;
  readonly artifacts?: ArtifactStore;
}

/** `keys` are those of the target. */
export interface MigrateStoreOptions extends WorkOptions, Pick<ContextOptions, 'clock' | 'ids' | 'keys' | 'principal'> {
  readonly from: MigrationSide;
  readonly to: MigrationSide;
}

export interface MigrationResult extends StoreContent {
  /** `already`: an earlier call had done it. */
  readonly status: 'migrated' | 'already';
  /** Whether it went on where an earlier call had stopped. */
  readonly isResumed: boolean;
  readonly from: string;
  readonly to: string;
  readonly files: number;
  readonly bytes: number;
  /** Records of the source's audit trail, and the hash of the last of them; the target's has one more. */
  readonly auditRecords: number;
  readonly auditHead: string;
  /** Keys that files are encrypted with and that the policy of the target has not in place: until it has, those files cannot be read. */
  readonly missingKeys: readonly string[];
}

interface Opened {
  readonly storage: Storage;
  readonly artifacts: ArtifactStore;
}

/** Promises what src/on-demand.ts says. */
export async function migrateStore(options: MigrateStoreOptions): Promise<MigrationResult> {
  const { from, to } = checkObject(options, 'what migrateStore is given');
  for (const side of [from, to]) checkConfig(checkObject(side, 'each side of a migration').config);
  const places = { from: placeOf(from), to: placeOf(to) };
  if (places.from === places.to && from.storage === undefined && to.storage === undefined) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `both policies select ${places.to}; name two stores (BONDX_STORAGE__… variables go before both policies)`,
    );
  }
  const { kind } = from.config.policy.storage;
  if (from.storage === undefined && kind === 'filesystem') await assertStoreIn(storePlace(from.config).records);
  try {
    return await withStores(from, (source) => withStores(to, (target) => migrate(source, target, places, options)));
  } catch (error) {
    if (isAborted(error)) assertNotAborted(options.signal);
    if (!(error instanceof ConflictError)) throw error;
    throw new MLOpsError(
      'CONFLICT',
      `somebody else copies into ${places.to} at the same time; let one of you end, and migrate again to go on`,
      { cause: error },
    );
  }
}

async function migrate(
  source: Opened,
  target: Opened,
  places: { readonly from: string; readonly to: string },
  options: MigrateStoreOptions,
): Promise<MigrationResult> {
  const { from: _from, to, signal, onProgress, ...who } = options;
  const context = createContext(to.config, { ...who, ...target });
  const control = new ControlPlane(context);
  await control.authorize('storage.migrate', 'store');
  const stage = (begin: number, share: number): WorkOptions => ({
    ...(signal !== undefined && { signal }),
    onProgress: (fraction, label) => onProgress?.(begin + share * fraction, label),
  });

  await assertNoUnfinishedMigration(source.storage); // what it holds is a part, and verifies as such
  const log = await logOf(source.storage);
  const found = await readMigration(target.storage);
  if (found === undefined) await assertEmpty(target.storage, places.to);
  else assertSame(found, places, log);
  const audit = await verifyAuditTrail(source.storage);
  if (audit.status !== 'ok') {
    throw new MLOpsError('CORRUPT', `the audit trail of ${places.from} does not verify: ${audit.reason}`);
  }
  const content = await measureStore(source.storage, stage(0, 0));
  const result = { ...places, ...content, auditRecords: audit.records, auditHead: audit.head };
  const missing = await missingKeys(to.config, await sealingKeys(source.storage), who.keys);
  if (found !== undefined && (found.value.digest ?? content.digest) !== content.digest) throw changed(places.from);
  if (found?.value.status === 'done') {
    const { files, bytes } = await copyFiles(source.artifacts, target.artifacts, stage(0, 1));
    return { status: 'already', isResumed: false, ...result, files, bytes, missingKeys: missing };
  }

  const begun = found ?? (await begin(target.storage, places.from, log, content.digest, toIso(context.clock.now())));
  const { files, bytes } = await copyFiles(source.artifacts, target.artifacts, stage(0.1, 0.4));
  const copied = await copyRecords(source.storage, target.storage, begun, content, stage(0.5, 0.4));
  await verify(source, target, content, audit.head, places.from, stage(0.9, 0.1));
  await control.change('storage.migrate', { resource: { type: 'store', id: places.to }, scope: 'store' }, async () => ({
    changes: [putMigration({ ...copied.value, status: 'done', digest: content.digest }, copied.version)],
    result: undefined,
    detail: { ...result, files, bytes },
  }));
  return { status: 'migrated', isResumed: found !== undefined, ...result, files, bytes, missingKeys: missing };
}

async function begin(
  target: Storage,
  from: string,
  log: string,
  digest: string,
  startedAt: string,
): Promise<StoredMigration> {
  const value = { from, log, status: 'copying', startedAt, cursor: null, isCopied: false, digest } as const;
  const [version] = await target.commit([putMigration(value, 'absent')]);
  return { version: version!, value };
}

async function verify(
  source: Opened,
  target: Opened,
  content: StoreContent,
  expectedHead: string,
  from: string,
  options: WorkOptions,
): Promise<void> {
  await verifyFiles(source.artifacts, target.artifacts, options);
  const copy = await measureStore(target.storage, options);
  if (copy.digest !== content.digest) {
    if ((await measureStore(source.storage, options)).digest !== content.digest) throw changed(from);
    const counts = ({ records, streams, entries }: StoreContent): string =>
      `${records} records, ${streams} streams, ${entries} entries`;
    throw new MLOpsError(
      'CORRUPT',
      `the copy is not what was copied (${counts(copy)} instead of ${counts(content)}): somebody wrote to the target, or ` +
        'it was damaged; empty it and migrate again',
    );
  }
  const audit = await verifyAuditTrail(target.storage, expectedHead === '' ? {} : { expectedHead });
  if (audit.status !== 'ok') throw new MLOpsError('CORRUPT', `the copied audit trail does not verify: ${audit.reason}`);
}

const changed = (from: string): MLOpsError =>
  new MLOpsError(
    'ILLEGAL_STATE',
    `${from} was written to since the copy began; stop everybody who writes to it, empty the target and migrate again`,
  );

async function assertEmpty(target: Storage, place: string): Promise<void> {
  for await (const { items } of dumpPages(target, {})) {
    if (items.length === 0) continue;
    throw new MLOpsError(
      'ALREADY_EXISTS',
      `${place} holds something already; a store is copied into an empty one only`,
    );
  }
}

function assertSame({ value }: StoredMigration, places: { from: string; to: string }, log: string): void {
  if (value.log === log && (log !== '' || value.from === places.from)) return;
  throw new MLOpsError('ALREADY_EXISTS', `${places.to} holds a copy of ${value.from}, which is another store`);
}

/** Identity of a store's audit trail; empty when there is none. */
async function logOf(storage: Storage): Promise<string> {
  const { entries } = await readAuditEnd(storage, 1);
  return (entries[0]?.value as unknown as AuditRecord | undefined)?.log ?? '';
}

function placeOf({ config, storage }: MigrationSide): string {
  return storage === undefined ? storePlace(config).records : storage.capabilities.name;
}

async function withStores<T>({ config, ...given }: MigrationSide, work: (opened: Opened) => Promise<T>): Promise<T> {
  const { storage, artifacts } = given;
  if (storage !== undefined && artifacts !== undefined) return work({ storage, artifacts });
  if (storage !== undefined || artifacts !== undefined) createContext(config, given); // refuses one without the other
  return withPolicyStores(config, work);
}
