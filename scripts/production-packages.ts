/** What is installed with the package where no optional package is, by package-lock.json; and what is built into it. */
import { readFileSync } from 'node:fs';

/** Parts of these are bundled: nobody installs them, and they are in what is shipped all the same. */
export const bundledPackages = ['zod', 'yaml', 'semver'] as const;

/** Packages of modules that cannot be required on every supported Node. */
export const importedOnly: readonly string[] = ['hyparquet', 'jose', 'vega', 'vega-lite'];

interface LockedPackage {
  readonly version: string;
  readonly dev?: boolean;
  readonly peer?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface InstalledPackage {
  /** Its folder, from the root: `node_modules/a`, or `node_modules/a/node_modules/b`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
}

export const readLock = (): Lock => JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;

/** What `npm install` puts beside the package. Its optional peers are not among them. */
export function productionPackages({ packages }: Lock): readonly InstalledPackage[] {
  return Object.entries(packages)
    .filter(([path, { dev, peer }]) => path !== '' && dev !== true && peer !== true)
    .map(([path, { version }]) => ({ path, name: path.slice(path.lastIndexOf('node_modules/') + 13), version }));
}
