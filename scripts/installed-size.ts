/**
 * How much room the package takes where it is installed without optional packages, in megabytes (10⁶ bytes), package by
 * package: the bytes of what npm would unpack, from the build and from node_modules. What a compiler leaves in
 * better-sqlite3 depends on the machine and is not counted. Usage: npm run build && npx tsx scripts/installed-size.ts
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { productionPackages, readLock } from './production-packages.js';

export interface InstalledSize {
  readonly megabytes: number;
  /** With the package itself. */
  readonly packages: number;
  /** The largest, first. */
  readonly byPackage: readonly (readonly [name: string, megabytes: number])[];
}

const isElsewhere = new Set(['node_modules', 'better-sqlite3/build']);

/** Bytes of the files in a folder, except what belongs to other packages or was compiled there. */
function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (isElsewhere.has(entry.name) || isElsewhere.has(path.split('/').slice(-2).join('/'))) return sum;
    return sum + (entry.isDirectory() ? bytesIn(path) : statSync(path).size);
  }, 0);
}

/** The build must be there. */
export function installedSize(): InstalledSize {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' });
  const [own] = JSON.parse(packed) as { name: string; unpackedSize: number }[];
  const sizes: [string, number][] = [
    [own!.name, own!.unpackedSize],
    ...productionPackages(readLock()).map(({ name, path }): [string, number] => [name, bytesIn(path)]),
  ];
  const byPackage = sizes.map(([name, bytes]) => [name, bytes / 1e6] as const).sort(([, a], [, b]) => b - a);
  return { megabytes: byPackage.reduce((sum, [, one]) => sum + one, 0), packages: sizes.length, byPackage };
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  const { megabytes, packages, byPackage } = installedSize();
  console.log(`${megabytes.toFixed(1)} MB in ${packages} packages`);
  for (const [name, one] of byPackage.slice(0, 8)) console.log(`${one.toFixed(2).padStart(8)} MB  ${name}`);
}
