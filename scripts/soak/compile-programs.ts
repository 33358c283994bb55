import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'tsup';

/**
 * Compiles the programs of this folder to plain JavaScript: a soak starts thousands of them, and each then takes a
 * fraction of a second.
 *
 * @returns the path of a compiled program by its name
 */
export async function compilePrograms(...names: readonly string[]): Promise<(name: string) => string> {
  const outDir = resolve('node_modules/.cache/soak', names.join('-')); // where packages can be found from
  await mkdir(outDir, { recursive: true });
  await build({
    config: false,
    entry: names.map((name) => `scripts/soak/programs/${name}.ts`),
    outDir,
    format: 'esm',
    outExtension: () => ({ js: '.mjs' }),
    target: 'node20',
    external: ['better-sqlite3', 'yaml', 'zod'],
    silent: true,
  });
  return (name) => join(outDir, `${name}.mjs`);
}
