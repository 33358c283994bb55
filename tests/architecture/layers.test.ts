import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

async function cruise(): Promise<string> {
  try {
    return (await run('npx', ['--no-install', 'depcruise', 'src', '--config', '.dependency-cruiser.cjs'])).stdout;
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

describe('the layers of src/', () => {
  it('are kept', async () => {
    expect(await cruise()).toContain('no dependency violations found');
  }, 60_000);

  it('are guarded: an import upwards, even of a type, is found', async () => {
    const folder = mkdtempSync(join('src', 'stats', 'forbidden-'));
    try {
      writeFileSync(join(folder, 'upwards.ts'), "export type { Policy } from '../../config/policy.js';\n");
      const report = await cruise();
      expect(report).toContain('layer-stats');
      expect(report).toContain('upwards.ts');
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 60_000);
});
