import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';

interface Rules {
  readonly forbidden: readonly { readonly name: string }[];
}

/** Every folder that has a layer, lowest first. */
const folders = (createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as Rules).forbidden.flatMap(
  ({ name }) => /^layer-(.+)$/.exec(name)?.[1] ?? [],
);

describe('the architecture page', () => {
  it('shows every folder of src once, in the order of the layers', () => {
    const drawn = /```\n([^`]+)```/.exec(readFileSync('docs/architecture.md', 'utf8'))![1]!;
    const lines = drawn.trim().split('\n').toReversed();
    const shown = lines.flatMap((line) => line.split(/ {2,}/)[0]!.split(' · '));
    const known = new Set(folders.map((folder) => folder.replace(/^integrations\/.*/, 'integrations')));
    expect([...shown].sort()).toEqual([...known].sort());
    const heights = new Map(
      lines.flatMap((line, height) =>
        line
          .split(/ {2,}/)[0]!
          .split(' · ')
          .map((name) => [name, height]),
      ),
    );
    const order = [...known].map((folder) => heights.get(folder)!);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });
});
