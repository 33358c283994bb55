/** The same seed gives the same models on every supported line of Node, each from the npm package `node`. */
import { execFileSync } from 'node:child_process';

const versions = ['20', '22', '24'];
const run = (version: string, ...args: string[]): string =>
  execFileSync('npx', ['--yes', '--package', `node@${version}`, '--', 'node', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 300_000,
  }).trim();

const found = new Map<string, string[]>();
for (const version of versions) {
  let exact: string;
  try {
    exact = run(version, '--version');
  } catch (error) {
    console.log(
      `node ${version}: skipped, the npm package node@${version} cannot be installed (${String(error).split('\n')[0]})`,
    );
    continue;
  }
  if (!exact.startsWith(`v${version}.`)) throw new Error(`asked for node ${version}, got ${exact}`);
  const digests = run(version, '--import', 'tsx', 'scripts/train-digest.ts');
  found.set(digests, [...(found.get(digests) ?? []), exact]);
  console.log(`${exact}: ${digests}`);
}
if (found.size > 1) {
  console.error('the same seed gave different models');
  process.exit(1);
}
