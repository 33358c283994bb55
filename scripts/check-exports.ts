/** Fails when package.json names a file that the build did not make, or the build made an entry nobody can import. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { importedOnly } from './production-packages.js';

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  exports: Record<string, unknown>;
  bin: Record<string, string>;
  main: string;
  types: string;
};

function files(node: unknown): string[] {
  if (typeof node === 'string') return [node];
  return typeof node === 'object' && node !== null ? Object.values(node).flatMap(files) : [];
}

const named = [...files(manifest.exports), ...files(manifest.bin), manifest.main, manifest.types];
const missing = named.filter((file) => !existsSync(file));
const entries = readdirSync('dist').filter((file) => /\.d\.ts$/.test(file) && !file.includes('-'));
const hidden = entries.filter((file) => !named.includes(`./dist/${file}`));
const required = readdirSync('dist').filter(
  (file) => file.endsWith('.cjs') && /require\("vega(-lite)?"\)/.test(readFileSync(`dist/${file}`, 'utf8')),
);
/** Where code runs in a context of `node:vm`, as tests of Jest do, there is no `import()`. */
const imported = readdirSync('dist')
  .filter((file) => file.endsWith('.cjs'))
  .flatMap((file) =>
    [...readFileSync(join('dist', file), 'utf8').matchAll(/\bimport\(['"]([^'"]+)['"]\)/g)].flatMap(([, name]) =>
      importedOnly.includes(name!) ? [] : [`dist/${file} imports ${name}, which CommonJS is to require`],
    ),
  );
for (const problem of imported) console.error(problem);
for (const file of required) console.error(`dist/${file} requires vega, which can only be imported`);
/** A file of the build and all that it imports as it loads. */
function loadedWith(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const code = readFileSync(file, 'utf8');
  for (const [, imported] of code.matchAll(/\b(?:from|import) ?"?'?(\.\/[\w-]+\.js)/g))
    loadedWith(join('dist', imported!), seen);
  return seen;
}

/** Reading the code is most of the time that importing it takes, so the size stands for the time, which no test can hold. */
const mostKilobytes = 900;
const core = [...loadedWith('dist/index.js')];
const kilobytes = Math.round(core.reduce((sum, file) => sum + statSync(file).size, 0) / 1024);
const isLight = core.length <= 2 && kilobytes <= mostKilobytes;
if (!isLight) {
  console.error(
    `importing the core loads ${core.length} files of ${kilobytes} KB, more than 2 files or ${mostKilobytes} KB: load what is not needed at once by import() where it is used`,
  );
}
/** Node shows the line that an error came from before its message, which nobody finds below a page of code. */
const mostCharacters = 8000;
const longest = Math.max(...core.flatMap((file) => readFileSync(file, 'utf8').split('\n')).map(({ length }) => length));
if (longest > mostCharacters)
  console.error(`a line of the core has ${longest} characters, more than ${mostCharacters}`);
for (const file of missing) console.error(`package.json names ${file}, which the build did not make`);
for (const file of hidden) console.error(`the build made dist/${file}, which no export names`);
if (missing.length + hidden.length + required.length + imported.length > 0 || !isLight || longest > mostCharacters)
  process.exit(1);
console.log(`${new Set(named).size} files named by package.json are there; importing the core loads ${kilobytes} KB`);
