/** The same seed gives the same models on every supported line of Node. */
import { supportedNodes } from './supported-nodes.js';

const found = new Map<string, string[]>();
for (const { version, run } of supportedNodes()) {
  const digests = run(['--import', 'tsx', 'scripts/train-digest.ts']);
  found.set(digests, [...(found.get(digests) ?? []), version]);
  console.log(`${version}: ${digests}`);
}
if (found.size > 1) {
  console.error('the same seed gave different models');
  process.exit(1);
}
