/**
 * Compiles assembly/kernel.ts and what it exports into src/models/binned/kernel-bytes.ts. With --check it only says
 * whether that file is what the source compiles to. Usage: npm run build:kernel
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const target = 'src/models/binned/kernel-bytes.ts';
const options = ['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--enable', 'simd'];
const bytes = execFileSync('npx', ['asc', 'assembly/kernel.ts', ...options, '-o']);
const lines = bytes.toString('base64').match(/.{1,110}/g) ?? [];
const code = `/** assembly/kernel.ts, compiled by \`npm run build:kernel\`; not to be edited. */
export const kernelBytes =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`;
if (!process.argv.includes('--check')) writeFileSync(target, code);
else if (readFileSync(target, 'utf8') !== code) {
  console.error(`${target} is not what assembly/kernel.ts compiles to; run npm run build:kernel`);
  process.exit(1);
}
