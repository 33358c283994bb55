import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { policyKeys } from '../../src/config/key-tree.js';
import { rules } from '../../src/config/rules.js';
import { showPath } from '../../src/config/key-tree.js';
import { fromText, issuesOf } from './policy-fixture.js';

const guide = readFileSync('docs/policy.md', 'utf8');
const block = (language: string): string => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(guide)![1]!;

describe('the guide', () => {
  it('shows the errors that its faulty policy really gives', () => {
    const issues = issuesOf(() => fromText(block('yaml')));
    const printed = issues.map(
      ({ line, column, path, message }) => `policy.yaml:${line}:${column}: ${path}: ${message}\n`,
    );
    expect(printed.join('')).toBe(block('text'));
  });

  it('has a row for each section, and names each rule', () => {
    for (const [key, node] of policyKeys().keys) {
      if (node.kind === 'section') expect(guide).toMatch(new RegExp(`^\\| \`${key}\` `, 'm'));
    }
    for (const { paths } of rules) expect(guide).toContain(`\`${showPath(paths[0]!)}`);
  });

  it('shows variables that exist', () => {
    const rows = [...guide.matchAll(/^\| `(BONDX_\w+)` +\| `[\w.]+` +\| `([^`]+)`/gm)].map((row): [string, string] => [
      row[1]!,
      row[2]!,
    ]);
    expect(rows.length).toBeGreaterThan(4);
    expect(() => fromText('seed: 1', Object.fromEntries(rows))).not.toThrow();
  });
});
