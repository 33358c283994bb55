/** Fails when package.json names a file that the build did not make, or the build made an entry nobody can import. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';

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
for (const file of required) console.error(`dist/${file} requires vega, which can only be imported`);
for (const file of missing) console.error(`package.json names ${file}, which the build did not make`);
for (const file of hidden) console.error(`the build made dist/${file}, which no export names`);
if (missing.length + hidden.length + required.length > 0) process.exit(1);
console.log(`${new Set(named).size} files named by package.json are there`);
