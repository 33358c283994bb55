import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { installedSize } from '../../scripts/installed-size.js';

const isBuilt = existsSync('dist/cli.js') && existsSync('dist/index.d.ts');
if (!isBuilt) console.log('not built: the size of the package is not compared with the README (npm run build)');

describe.skipIf(!isBuilt)('the size that the README states', () => {
  it('is what is installed without optional packages, within three percent', () => {
    const stated = /unpacks ([\d.]+) MB in (\d+) packages/.exec(
      readFileSync('README.md', 'utf8').replaceAll('\n', ' '),
    );
    const { megabytes, packages, byPackage } = installedSize();
    const table = byPackage.slice(0, 5).map(([name, one]) => `${name} ${one.toFixed(1)}`);
    const message = `${megabytes.toFixed(1)} MB in ${packages} packages: ${table.join(', ')}`;
    expect(stated, message).not.toBeNull();
    expect(Math.abs(megabytes / Number(stated![1]) - 1), message).toBeLessThan(0.03);
    expect(packages, message).toBe(Number(stated![2]));
  });
});
