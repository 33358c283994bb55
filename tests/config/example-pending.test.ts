import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MLOpsConfig } from '@bondx/mlops';

describe('policy.example.yaml', () => {
  it('marks exactly the keys that have no effect yet', () => {
    const lines = readFileSync('policy.example.yaml', 'utf8').split('\n');
    const marked = new Set<string>();
    let section = '';
    let isSectionMarked = false;
    let isMarked = false;
    let wasComment = false;
    for (const line of lines.slice(8)) {
      if (/^\s*#/.test(line)) {
        isMarked = (wasComment && isMarked) || line.includes('No effect yet');
        wasComment = true;
        continue;
      }
      const [, indent, key] = /^(\s*)([a-z_]+):/.exec(line) ?? [];
      if (indent !== undefined && indent.length > 2) continue; // the section above speaks for it
      if (indent === '') [section, isSectionMarked] = [key!, isMarked];
      if (key !== undefined && (isMarked || (indent !== '' && isSectionMarked)))
        marked.add(indent === '' ? key : `${section}.${key}`);
      if (line.trim() === '') isMarked = false;
      wasComment = false;
    }
    const pending = MLOpsConfig.fromYaml('policy.example.yaml', { environment: {} }).pending();
    for (const { key } of pending) {
      const named = [key, key.split('.')[0]!, key.split('.').slice(0, 2).join('.')];
      expect(
        named.some((name) => marked.has(name)),
        key,
      ).toBe(true);
    }
    for (const key of marked)
      expect(
        pending.some((entry) => entry.key === key || entry.key.startsWith(`${key}.`)),
        key,
      ).toBe(true);
  });
});
