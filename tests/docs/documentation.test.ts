import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { run as bondx } from '../../src/cli/run.js';

const run = promisify(execFile);
const tsx = import.meta.resolve('tsx');
const guides = readdirSync('docs', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md') && !name.startsWith('api/')) // made from the sources
  .map((name) => join('docs', name));
const pages = ['README.md', 'CHANGELOG.md', ...guides];
const blocks = (page: string, language: string): string[] =>
  [...readFileSync(page, 'utf8').matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    (match) => match[1]!,
  );

const needsMore = /@bondx\/mlops\/(postgres|testing)/;

/** Snippets that stand by themselves: all of the README, and those of the guides that import what they use and need no server or test runner. */
const programs = pages.flatMap((page) =>
  blocks(page, 'ts')
    .filter((code) => page === 'README.md' || (code.startsWith('import') && !needsMore.test(code)))
    .map((code, i) => [page, i + 1, code] as const),
);

describe('the snippets', () => {
  it.each(programs)(
    'of %s: number %i runs and prints what it says',
    async (_page, _i, code) => {
      const cwd = mkdtempSync(join(tmpdir(), 'snippet-'));
      const file = join(cwd, 'snippet.mts');
      writeFileSync(file, code);
      symlinkSync(resolve('node_modules'), join(cwd, 'node_modules')); // for what is not ours
      copyFileSync('policy.example.yaml', join(cwd, 'policy.yaml'));
      copyFileSync('tests/reference-models/onnx/spread-pipeline.onnx', join(cwd, 'spread.onnx'));
      const env = { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json') };
      const { stdout } = await run(process.execPath, ['--import', tsx, file], { cwd, env });
      for (const [, said] of code.matchAll(/console\.log\(.*\); \/\/ (.*)/g)) expect(stdout).toContain(said);
    },
    30_000,
  );
});

describe('the README', () => {
  it('is short enough to be read, and begins with an example of at most 15 lines', () => {
    expect(readFileSync('README.md', 'utf8').split('\n').length).toBeLessThanOrEqual(150);
    expect(blocks('README.md', 'ts')[0]!.trim().split('\n').length).toBeLessThanOrEqual(15);
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
