import { closeSync, openSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runMemorySoak } from '../../scripts/soak/memory-soak.js';
import { temporaryDirectory } from '../adapters/filesystem/temporary-directory.js';

it('a soak of everything finds leaks of memory and descriptors that were planted, and no forgotten timer', async () => {
  const kept: Float64Array[] = [];
  const open: number[] = [];
  const leak = (): void => {
    kept.push(new Float64Array(256 * 1024).fill(1));
    open.push(openSync('/dev/null', 'r'));
  };
  const result = await runMemorySoak({ directory: await temporaryDirectory(), seconds: 5, leak });
  for (const descriptor of open) closeSync(descriptor);
  expect(result).toMatchObject({ leftOpen: open.length, extraResources: 0 });
  expect(result.problems.join('; ')).toMatch(/the heap rose by .*; \d+ more descriptors; \d+ descriptors left open/);
}, 120_000);
