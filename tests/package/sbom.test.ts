import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { bundledPackages, productionPackages, readLock } from '../../scripts/production-packages.js';
import { makeBill } from '../../scripts/sbom.js';

const lock = readLock();

/** All that the dependencies need, by what each package says it depends on, as Node would find it. */
function closure(): Set<string> {
  const found = new Set<string>();
  const visit = (from: string, names: readonly string[]): void => {
    for (const name of names) {
      const path = lookUp(from, name);
      const entry = path === undefined ? undefined : lock.packages[path];
      if (path === undefined || entry === undefined || found.has(path)) continue;
      found.add(path);
      visit(path, Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }));
    }
  };
  visit('', Object.keys(lock.packages['']!.dependencies!));
  return found;
}

function lookUp(from: string, name: string): string | undefined {
  const inside = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (inside in lock.packages) return inside;
  if (from === '') return undefined;
  const above = from.lastIndexOf('node_modules/');
  return lookUp(from.slice(0, above === 0 ? 0 : above - 1), name);
}

describe('the bill of materials', () => {
  it('lists what the dependencies need, what is built in, and nothing else', () => {
    const needed = productionPackages(lock);
    expect(new Set(needed.map(({ path }) => path))).toEqual(closure());
    const built = bundledPackages.map((name) => `${name}@${lock.packages[`node_modules/${name}`]!.version}`);
    const expected = new Set([...needed.map(({ name, version }) => `${name}@${version}`), ...built]);
    const listed = makeBill().components.map(
      ({ group, name, version }) => `${group === undefined ? '' : `${group}/`}${name}@${version}`,
    );
    expect(new Set(listed)).toEqual(expected);
    expect(listed).toHaveLength(expected.size);
  });

  it('names as built in all that is bundled by the build', async () => {
    const { default: configs } = await import('../../tsup.config.js');
    const bundled = (configs as { noExternal?: unknown }[])[0]!.noExternal;
    expect(bundled).toEqual(bundledPackages.map((name) => new RegExp(`^${name}(/|$)`)));
    const declared = lock.packages['']!.devDependencies!;
    for (const name of bundledPackages) expect(declared).toHaveProperty(name);
    expect(execFileSync('git', ['check-ignore', 'artifacts/sbom.cdx.json'], { encoding: 'utf8' })).toContain('sbom');
  });
});
