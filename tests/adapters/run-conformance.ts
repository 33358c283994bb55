import { describe, it } from 'vitest';
import type { ConformanceCase } from '../../src/testing/index.js';

export function runConformance(title: string, cases: readonly ConformanceCase[]): void {
  describe(title, () => {
    for (const { name, run, skip } of cases) {
      if (skip === undefined) it(name, run);
      else it.skip(`${name} (${skip})`, run);
    }
  });
}
