import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { run as bondx } from '../../src/cli/run.js';

const run = promisify(execFile);
const pages = ['README.md', 'CHANGELOG.md', ...readdirSync('docs').map((name) => join('docs', name))];
const blocks = (page: string, language: string): string[] =>
  [...readFileSync(page, 'utf8').matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    (match) => match[1]!,
  );

describe('the README', () => {
  const snippets = blocks('README.md', 'ts');

  it.each(snippets.map((code, i) => [i + 1, code] as const))(
    'has a snippet %i that runs and prints what it says',
    async (_i, code) => {
      const file = join(mkdtempSync(join(tmpdir(), 'snippet-')), 'snippet.mts');
      writeFileSync(file, code);
      const env = { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json') };
      const { stdout } = await run(process.execPath, ['--import', 'tsx', file], { env });
      for (const [, said] of code.matchAll(/console\.log\(.*\); \/\/ (.*)/g)) expect(stdout).toContain(said);
    },
    30_000,
  );

  it('is short enough to be read, and begins with an example of at most 15 lines', () => {
    expect(readFileSync('README.md', 'utf8').split('\n').length).toBeLessThanOrEqual(150);
    expect(snippets[0]!.trim().split('\n').length).toBeLessThanOrEqual(15);
  });
});

describe('every page', () => {
  it.each(pages)('%s links to files that are there', (page) => {
    const text = readFileSync(page, 'utf8');
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)/gm)].map((match) => match[1] ?? match[2]!);
    for (const target of targets.filter((link) => !/^https?:|^#/.test(link))) {
      expect(existsSync(join(dirname(page), target.replace(/#.*/, ''))), target).toBe(true);
    }
  });

  it.each(pages)('%s names only commands and options that exist', async (page) => {
    const commands = blocks(page, 'sh').flatMap((block) =>
      [...block.matchAll(/bondx-mlops ([a-z][^\n#]*)/g)].map((match) => match[1]!.trim()),
    );
    for (const command of commands) {
      const words = command.replace(/"[^"]*"/g, 'x').split(/\s+/);
      const help = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
      expect(await bondx([...words, '--help']), command).toBe(0);
      const printed = help.mock.calls.join('\n');
      help.mockRestore();
      for (const option of words.filter((word) => word.startsWith('--'))) expect(printed, command).toContain(option);
    }
  });
});
