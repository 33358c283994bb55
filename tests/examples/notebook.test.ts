import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';

interface Cell {
  readonly cell_type: 'code' | 'markdown';
  readonly source: readonly string[];
  readonly outputs?: readonly unknown[];
}
interface Notebook {
  readonly nbformat: number;
  readonly metadata: { readonly kernelspec: { readonly name: string } };
  readonly cells: readonly Cell[];
}

const folder = 'examples/notebook';
const notebook = JSON.parse(readFileSync(join(folder, 'drift.ipynb'), 'utf8')) as Notebook;
const code = notebook.cells.filter((cell) => cell.cell_type === 'code').map(({ source }) => source.join(''));

/** As Deno's kernel formats the value of a cell: what its `Jupyter.display` gives, else text. */
const kernel = `
const bundles = {};
const display = async (cell, value) => {
  const show = value?.[Symbol.for('Jupyter.display')];
  bundles[cell] = typeof show === 'function' ? await show.call(value) : { 'text/plain': String(value) };
};
`;

/** A cell whose value, if its last statement is an expression, is displayed. */
function displaying(source: string, cell: number): string {
  const file = ts.createSourceFile('cell.ts', source, ts.ScriptTarget.ES2022, true);
  const last = file.statements.at(-1)!;
  if (!ts.isExpressionStatement(last)) return `${source}\ndone.push(${cell});`;
  const value = last.expression.getText(file);
  return `${source.slice(0, last.getStart(file))}await display(${cell}, ${value});\ndone.push(${cell});`;
}

let done: number[];
let bundles: Record<string, Record<string, unknown>>;

beforeAll(async () => {
  const place = mkdtempSync(join(tmpdir(), 'notebook-'));
  symlinkSync(resolve('node_modules'), join(place, 'node_modules'));
  const cells = code.map(displaying).join('\n');
  const end = 'process.stdout.write(JSON.stringify({ done, bundles }));';
  writeFileSync(join(place, 'cells.mts'), `const done: number[] = [];\n${kernel}\n${cells}\n${end}\n`);
  const env = { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json') };
  const args = ['--import', import.meta.resolve('tsx'), join(place, 'cells.mts')];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env, maxBuffer: 2 ** 26 });
  ({ done, bundles } = JSON.parse(stdout) as { done: number[]; bundles: typeof bundles });
}, 120_000);

describe('the example notebook', () => {
  it('is a notebook for Deno, kept without outputs', () => {
    expect(notebook).toMatchObject({ nbformat: 4, metadata: { kernelspec: { name: 'deno' } } });
    expect(notebook.cells.flatMap(({ outputs = [] }) => outputs)).toEqual([]);
  });

  it('runs cell by cell', () => {
    expect(done).toEqual(code.map((_, i) => i));
    const rows = readFileSync('examples/data/bonds-monthly-2010-2012.csv', 'utf8').trim().split('\n').length - 1;
    expect(bundles[0]).toEqual({ 'text/plain': String(rows) });
    expect(bundles[1]).toEqual({ 'text/plain': 'drifted' });
  });

  it('shows its charts: interactive, as a picture and as a sentence', () => {
    const charts = Object.values(bundles).filter((bundle) => 'text/html' in bundle);
    expect(charts).toHaveLength(2);
    for (const chart of charts) {
      expect(chart['application/vnd.vegalite.v5+json']).toMatchObject({
        $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
      });
      expect(chart['text/html']).toContain('<svg role="img"');
    }
    expect(charts[0]!['text/plain']).toContain('drifted');
    expect(charts[1]!['text/plain']).toContain('learning rate 0.3 ends at');
  });

  it('is typed: nothing in a cell is an error to the compiler', () => {
    const name = join(resolve(folder), 'cells.mts');
    const { config } = ts.readConfigFile('tsconfig.json', (path) => readFileSync(path, 'utf8')) as { config: object };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, resolve('.'));
    const host = ts.createCompilerHost(options);
    const read = host.getSourceFile.bind(host);
    host.getSourceFile = (path, ...rest) =>
      path === name ? ts.createSourceFile(name, code.join('\n'), ts.ScriptTarget.ES2022, true) : read(path, ...rest);
    const program = ts.createProgram([name], { ...options, noUnusedLocals: false }, host);
    const found = ts.getPreEmitDiagnostics(program, program.getSourceFile(name));
    expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  }, 120_000);
});
