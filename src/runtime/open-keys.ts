import { join } from 'node:path';
import type { MLOpsConfig } from '../config/mlops-config.js';
import { MLOpsError } from '../errors.js';
import { newKeyDocument } from '../keys/key-document.js';
import { fileKeys } from '../keys/key-file.js';
import { KeyRing } from '../keys/key-ring.js';
import type { KeyService } from '../keys/key-service.js';
import { ephemeralKeys, variableKeys } from '../keys/key-sources.js';
import { LocalKeyService } from '../keys/local-key-service.js';
import { sealedCollection } from '../sealing/sealed-artifact.js';
import type { Storage } from '../storage/storage.js';
import type { Clock } from '../util/clock.js';

interface KeyInputs {
  readonly config: MLOpsConfig;
  readonly clock: Clock;
  readonly storage: () => Promise<Storage>;
  readonly service: KeyService | undefined;
}

/** Opens the keys on first use, and again after a failure. */
export function openKeys(inputs: KeyInputs): () => Promise<KeyRing> {
  let opening: Promise<KeyRing> | undefined;
  return () => {
    opening ??= open(inputs).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
}

/** What is stored in memory only needs no keys that outlive it; one ring a storage. */
const ephemeral = new WeakMap<Storage, KeyRing>();

async function open({ config, clock, storage: openStorage, service }: KeyInputs): Promise<KeyRing> {
  if (service !== undefined) return new KeyRing(service);
  const variable = config.keyVariable();
  if (variable !== undefined) return new KeyRing(new LocalKeyService(variableKeys(variable.name, variable.value)));
  if (config.policy.keys.path !== null) {
    return fileRing(config.resolvePath(config.policy.keys.path), { config, clock, storage: openStorage });
  }
  const storage = await openStorage();
  if (storage.capabilities.persistent)
    return fileRing(keyFilePath(config, storage), { config, clock, storage: openStorage });
  let ring = ephemeral.get(storage);
  if (ring === undefined) {
    ephemeral.set(storage, (ring = new KeyRing(new LocalKeyService(ephemeralKeys(clock.now())))));
  }
  return ring;
}

/** The keys where the policy says that they are, in a file that must be there. */
export function policyKeys(config: MLOpsConfig): KeyService {
  const { keys, storage, dataStoragePath } = config.policy;
  const variable = config.keyVariable();
  const path = config.resolvePath(keys.path ?? join(storage.path ?? dataStoragePath, 'keys.json'));
  return new LocalKeyService(
    variable === undefined ? fileKeys(path, { isStrict: false }) : variableKeys(variable.name, variable.value),
  );
}

/** Where the key file of a store is, there or not. */
export function keyFilePath(config: MLOpsConfig, storage: Storage): string {
  const { keys, storage: place, dataStoragePath } = config.policy;
  if (keys.path !== null) return config.resolvePath(keys.path);
  return join(storage.capabilities.directory ?? config.resolvePath(place.path ?? dataStoragePath), 'keys.json');
}

function fileRing(path: string, { config, clock, storage }: Omit<KeyInputs, 'service'>): KeyRing {
  const isProduction = config.policy.environment === 'production';
  const source = fileKeys(path, {
    isStrict: isProduction,
    ...(!isProduction && {
      create: async () => {
        await assertNewStore(path, await storage());
        return newKeyDocument(clock.now());
      },
    }),
    onCreated: () =>
      warn(
        `made the key file ${path} (mode 0600). It signs and encrypts what this store keeps, and backups do not hold it: ` +
          'keep a copy elsewhere. Whoever loses it loses the stored models.',
      ),
    onReadable: warn,
  });
  return new KeyRing(new LocalKeyService(source));
}

/** New keys would open nothing of a store that others encrypted, and what they encrypt is lost once those are put back. */
async function assertNewStore(path: string, storage: Storage): Promise<void> {
  const { records } = await storage.query(sealedCollection, { limit: 1 });
  if (records.length === 0) return;
  throw new MLOpsError(
    'KEY_UNAVAILABLE',
    `there is no key file at ${path}, and the store holds what was encrypted with its keys: restore it from its copy; if there is none, ` +
      'what is encrypted is lost, and bondx-mlops keys create makes new keys for what comes',
  );
}

const warn = (text: string): void => process.emitWarning(text, 'MLOpsWarning');
