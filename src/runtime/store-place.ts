import type { MLOpsConfig } from '../config/mlops-config.js';

/** How messages and records call the store of a policy: without users, passwords and parameters. */
export interface StorePlace {
  readonly records: string;
  readonly files: string;
}

/** Where the policy says that records and files are. @throws MLOpsError when a variable that it refers to is not set */
export function storePlace(config: MLOpsConfig): StorePlace {
  const { storage, dataStoragePath, tracking } = config.policy;
  const urls = config.storageUrls();
  const records = {
    memory: () => 'memory',
    filesystem: () => config.resolvePath(storage.path ?? dataStoragePath),
    postgres: () => `${bare(urls.records, 'postgres')}#${storage.schema ?? 'bondx_mlops'}`,
  }[storage.kind]();
  const folder = (): string => config.resolvePath(storage.artifactsPath ?? tracking.artifactStoragePath);
  const files = urls.files !== undefined ? bare(urls.files, 's3') : storage.kind === 'memory' ? 'memory' : folder();
  return { records, files };
}

function bare(url: string | undefined, kind: string): string {
  if (url === undefined || !URL.canParse(url)) return `${kind}://`;
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
