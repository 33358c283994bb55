import { describe, expect, it } from 'vitest';
import { MemoryArtifactStore, SignatureError } from '@bondx/mlops';
import { scanArtifacts } from '../../src/registry/artifact-scan.js';
import { bundleDigest } from '../../src/runtime/bundle.js';
import { failure } from '../helpers.js';

async function scan(contents: Readonly<Record<string, string | Uint8Array>>, more = {}) {
  const store = new MemoryArtifactStore();
  const files = await Promise.all(
    Object.entries(contents).map(async ([path, content]) => ({ path, ...(await store.put(Buffer.from(content))) })),
  );
  const modelFile = files[0]!.path;
  const version = { files, digest: bundleDigest(files), modelFile, declared: undefined, ...more } as never;
  return { store, files, version, problems: (await scanArtifacts(version, store)).problems };
}

describe('the scan of files', () => {
  it('lets through what executes nothing, whatever the case of its ending', async () => {
    const names = ['a.json', 'a.onnx', 'a.safetensors', 'a.csv', 'a.txt', 'a.md', 'a.yaml', 'a.yml', 'B.JSON'];
    expect((await scan(Object.fromEntries(names.map((name) => [name, `of ${name}`])))).problems).toEqual([]);
  });

  it.each(['model.pkl', 'model.py', 'json', 'model.json.exe'])('names a file of another format: %s', async (name) => {
    const { problems } = await scan({ [name]: 'x' });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${name}: format not allowed; allowed are .json .onnx`);
  });

  it('lets through the weights that a model names, beside it', async () => {
    const contents = { 'm/model.onnx': 'x', 'm/weights.bin': 'y', 'weights.bin': 'z' };
    const { problems } = await scan(contents, { declared: { externalData: [{ location: 'weights.bin' }] } });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^weights\.bin: format not allowed/);
  });

  it('names what is a pickle or a zip by its first bytes, whatever it is called', async () => {
    const pickle = Uint8Array.of(0x80, 4, 0x95, 0, 0);
    const { problems } = await scan({ 'a.json': pickle, 'b.json': 'PK\x03\x04rest', 'c.json': '{}' });
    expect(problems.map((problem) => problem.slice(0, 9))).toEqual(['a.json: i', 'b.json: i']);
  });

  it('names what is gone, and a list that is not the one of the registration', async () => {
    const { store, files, version } = await scan({ 'a.json': 'x', 'b.json': 'y' });
    await store.delete(files[1]!.digest);
    expect((await scanArtifacts(version, store)).problems).toEqual([
      expect.stringContaining('b.json: there is no artifact'),
    ]);
    const { problems } = await scan({ 'a.json': 'x' }, { digest: `sha256:${'0'.repeat(64)}` });
    expect(problems).toEqual(['the list of files was changed after registration']);
  });

  it('names a signature that does not hold, and fails when nothing can be said', async () => {
    const { store, version } = await scan({ 'a.json': 'x' });
    const error = Object.assign(Object.create(SignatureError.prototype) as Error, {
      message: 'is not what was signed',
    });
    const refuses = scanArtifacts(version, store, () => Promise.reject(error));
    expect((await refuses).problems).toEqual(['is not what was signed']);
    const breaks = scanArtifacts(version, store, () => Promise.reject(new Error('no keys')));
    expect((await failure(breaks)).message).toBe('no keys');
    const broken = Object.assign(Object.create(store) as MemoryArtifactStore, {
      get: () => {
        throw new TypeError('a bug');
      },
    });
    expect(await failure(scanArtifacts(version, broken))).toBeInstanceOf(TypeError);
  });
});
