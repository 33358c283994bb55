/**
 * Writes artifacts/sbom.cdx.json, a CycloneDX bill of what is installed with the package and of what is built into it.
 *
 * `npm sbom --omit dev` of this folder would leave out what development needs as well (commander, picocolors and others), so
 * npm is shown the manifest without what is needed for development only.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundledPackages, productionPackages, readLock } from './production-packages.js';

export interface Bill {
  readonly bomFormat: string;
  readonly components: readonly { readonly group?: string; readonly name: string; readonly version: string }[];
}

export function makeBill(): Bill {
  const lock = readLock();
  const { devDependencies, ...manifest } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >;
  const bundled = Object.fromEntries(bundledPackages.map((name) => [name, devDependencies[name]!]));
  const shipped = { ...manifest, dependencies: { ...manifest.dependencies, ...bundled } };
  const paths = [
    ...productionPackages(lock).map(({ path }) => path),
    ...bundledPackages.map((name) => `node_modules/${name}`),
  ];
  const packages = Object.fromEntries(paths.map((path) => [path, { ...lock.packages[path], dev: false }]));
  const above = mkdtempSync(join(tmpdir(), 'sbom-'));
  const folder = join(above, 'mlops'); // npm takes the name from it
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), JSON.stringify(shipped));
    writeFileSync(
      join(folder, 'package-lock.json'),
      JSON.stringify({ ...lock, packages: { '': shipped, ...packages } }),
    );
    const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--omit', 'peer'];
    return JSON.parse(execFileSync('npm', args, { cwd: folder, encoding: 'utf8' })) as Bill;
  } finally {
    rmSync(above, { recursive: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  const bill = makeBill();
  mkdirSync('artifacts', { recursive: true });
  writeFileSync('artifacts/sbom.cdx.json', `${JSON.stringify(bill, null, 2)}\n`);
  console.log(`artifacts/sbom.cdx.json lists ${bill.components.length} packages`);
}
