import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

/** Runs code in a fresh process that has done nothing but import the core, and returns what it prints. */
async function afterImport(code: string): Promise<string> {
  const script = `await import('./src/index.ts'); ${code}`;
  const { stdout } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
  return stdout;
}

/** Heavy, optional, or of another layer: loaded only when used. */
const lazy = [
  'node_modules/pg/',
  'node_modules/@aws-sdk/',
  'node_modules/@smithy/',
  '/src/adapters/sql/',
  '/src/adapters/postgres/',
  '/src/adapters/s3/',
  'better-sqlite3',
  'kysely',
  'hyparquet',
  'onnxruntime',
  'node_modules/@opentelemetry',
  '/src/integrations/',
  'ml-cart',
  'ml-random-forest',
  'commander',
  'cli-table3',
  'node_modules/vega',
  'node_modules/yaml/',
  '/src/config/yaml-parts',
  '/src/retraining/run-steps',
  '/src/drift/measure-drift',
  '/src/compliance/checks/check-table',
  'node_modules/d3-',
  '/src/report/',
  '/src/server/',
  '/src/cli/',
  '/src/testing/',
];

describe('importing the core', () => {
  it('loads none of the optional packages, no command line, no test code', async () => {
    const script = `
      import { register } from 'node:module';
      import { MessageChannel } from 'node:worker_threads';
      const { port1, port2 } = new MessageChannel();
      const seen = [];
      port1.on('message', (url) => seen.push(url));
      register('data:text/javascript,' + encodeURIComponent(\`
        let port;
        export const initialize = (data) => { port = data.port; };
        export const load = async (url, context, next) => { port.postMessage(url); return next(url, context); };
      \`), { parentURL: import.meta.url, data: { port: port2 }, transferList: [port2] });
      await import(process.cwd() + '/src/index.ts');
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      console.log(JSON.stringify([...seen, ...Object.keys((await import('node:module')).default._cache)]));
      port1.close();
    `;
    const { stdout } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
    const loaded = JSON.parse(stdout) as string[];
    expect(loaded.some((url) => url.endsWith('/src/index.ts'))).toBe(true);
    expect(loaded.some((url) => url.includes('/src/canary/'))).toBe(true);
    for (const name of lazy)
      expect(
        loaded.filter((url) => url.includes(name)),
        name,
      ).toEqual([]);
  }, 30_000);

  it('opens no file, starts no timer, prints nothing', async () => {
    const code = `
      const handles = process.getActiveResourcesInfo().filter((kind) => kind !== 'TTYWrap' && kind !== 'PipeWrap' && kind !== 'MessagePort');
      process.stdout.write(JSON.stringify(handles));
    `;
    expect(await afterImport(code)).toBe('[]');
  }, 30_000);
});
