import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelRegistry } from '@bondx/mlops';
import { createWorld, failure } from '../helpers.js';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'hostile-files-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const model = JSON.stringify({ kind: 'constant', formatVersion: 1, value: 1.5 });
const pickle = Buffer.from([0x80, 0x04, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, 0x2e]);

/** A registered model of these files beside a sound model.json. */
async function registered(files: Readonly<Record<string, Uint8Array | string>>): Promise<ModelRegistry> {
  const { config, options } = createWorld();
  const path = mkdtempSync(join(folder, 'bundle-'));
  for (const [name, content] of Object.entries({ 'model.json': model, ...files })) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  const registry = new ModelRegistry(config, options);
  await registry.registerModel({
    modelName: 'spread',
    modelType: 'spread',
    modelPath: path,
    featureColumns: ['x'],
    performanceMetrics: { mae: 1 },
  });
  return registry;
}

describe('a pickle', () => {
  it.each([
    ['under another ending', 'notes.txt', pickle],
    ['deep in a folder', 'a/b/c/weights.safetensors', pickle],
    ['with capital letters', 'WEIGHTS.JSON', pickle],
    ['of protocol 2', 'a.json', Buffer.from([0x80, 2, 0x7d, 0x2e])],
    ['of protocol 5', 'a.json', Buffer.from([0x80, 5, 0x95])],
    ['in a zip, as torch saves it', 'a.onnx', Buffer.from('PK\u0003\u0004archive/data.pkl', 'latin1')],
    ['under its own ending', 'a.pkl', 'text'],
    ['under the ending of torch', 'a.pt', 'text'],
  ])('%s keeps a version out of production', async (_what, name, content) => {
    const registry = await registered({ [name]: content });
    const gates = await registry.checkGates('spread', '1.0.0');
    expect(gates.find(({ gate }) => gate === 'security_scan')).toMatchObject({
      status: 'failed',
      message: expect.stringContaining(name) as string,
    });
    const promotion = await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'Production' });
    expect(promotion.status).toBe('refused');
    expect(promotion.gates).toContainEqual(expect.objectContaining({ gate: 'security_scan', status: 'failed' }));
  });

  it('is told from files that are none', async () => {
    const registry = await registered({ 'notes.txt': 'ask \u0080 me', 'weights.safetensors': Buffer.alloc(64) });
    const gates = await registry.checkGates('spread', '1.0.0');
    expect(gates.find(({ gate }) => gate === 'security_scan')).toMatchObject({ status: 'passed' });
  });

  it('is never loaded as the model itself', async () => {
    const { config, options } = createWorld();
    const registry = new ModelRegistry(config, options);
    const path = join(mkdtempSync(join(folder, 'sole-')), 'model.json');
    writeFileSync(path, pickle);
    await registry.registerModel({ modelName: 's', modelType: 'spread', modelPath: path, featureColumns: ['x'] });
    expect(await failure(registry.loadModel('s', { version: '1.0.0' }))).toMatchObject({ code: 'INVALID_INPUT' });
  });
});
