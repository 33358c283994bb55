import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const rows = readFileSync(`${root}docs/capabilities.md`, 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, capability, , proof] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const named = /^`(tests\/[^`]+)` › (.+)$/.exec(proof ?? '');
    return named === null ? [] : [{ capability: capability!, file: named[1]!, test: named[2]! }];
  });

it('names every row once, each with a test', () => {
  expect(rows.length).toBeGreaterThan(50);
  expect(new Set(rows.map(({ capability }) => capability)).size).toBe(rows.length);
});

it.each(rows)('$capability: the test is there', ({ file, test }) => {
  expect(existsSync(`${root}${file}`), file).toBe(true);
  const source = readFileSync(`${root}${file}`, 'utf8');
  const quoted = [`'${test}'`, `"${test}"`, `\`${test}\``];
  expect(
    quoted.some((name) => source.includes(name)),
    test,
  ).toBe(true);
});
