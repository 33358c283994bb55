/**
 * After tsup: one file of all that importing the core loads, since every further file takes time to open, and the CommonJS of
 * the same modules. What is loaded when it is first needed stays in files of its own.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type GetManualChunk, type Plugin, rollup } from 'rollup';
import { bundledPackages, importedOnly } from './production-packages.js';

const folder = resolve('node_modules/.cache/library');
const entries = readdirSync(folder).filter((file) => /^[a-z0-9]+\.js$/.test(file));
const core = new Set<string>();

const inCore: GetManualChunk = (id, { getModuleInfo }) => {
  const add = (module: string): void => {
    if (core.has(module) || !module.startsWith(folder)) return;
    core.add(module);
    getModuleInfo(module)!.importedIds.forEach(add);
  };
  add(join(folder, 'index.js'));
  return core.has(id) ? 'core' : undefined;
};

/**
 * CommonJS requires what can be required, also what it loads when it is first needed: where code runs in a context of
 * `node:vm`, as tests of Jest do, `import()` is not there.
 */
const requireOnDemand: Plugin = {
  name: 'require-on-demand',
  renderDynamicImport({ format, targetModuleId: name }) {
    if (format !== 'cjs' || name === null || name.startsWith(folder) || importedOnly.includes(name)) return null;
    return {
      left: 'Promise.resolve().then(function(){let module=require(',
      right: ');return Object.create(module,{default:{value:module}})})',
    };
  },
};

const bundle = await rollup({
  plugins: [requireOnDemand],
  input: entries.map((file) => join(folder, file)),
  external: (id) => !id.startsWith('.') && !id.startsWith(folder),
  onwarn: ({ message }) => {
    throw new Error(message);
  },
});
for (const [format, extension] of [
  ['esm', 'js'],
  ['cjs', 'cjs'],
] as const) {
  const { output } = await bundle.write({
    dir: 'dist',
    format,
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `lib-[hash].${extension}`,
    manualChunks: inCore,
    minifyInternalExports: false,
  });
  const sizes = output.map((file) => (file.type === 'chunk' ? file.code.length : 0)).sort((a, b) => b - a);
  console.log(`${format}: ${sizes.length} files, the core ${(sizes[0]! / 1024).toFixed(0)} KB`);
}

const licences = bundledPackages.map(
  (name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, 'utf8').trim()}\n`,
);
writeFileSync(
  'dist/LICENSES.txt',
  ['The files of this folder contain parts of these packages.\n', ...licences].join('\n\n'),
);
