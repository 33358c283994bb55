/** What encrypting files costs: put and get of one file beside the same unencrypted. Usage: npm run bench:encryption -- [MiB, 256 unless told] */
import { createReadStream, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { randomFillSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MLOpsConfig } from '@bondx/mlops';
import { createContext } from '../src/runtime/context.js';

const mebibyte = 1024 * 1024;
const sizeMb = Number(process.argv[2] ?? 256);
const rounds = 3;
const folder = await mkdtemp(join(tmpdir(), 'encryption-'));

async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function measure(encryptModelArtifacts: boolean, path: string, round: number) {
  const config = MLOpsConfig.fromObject({
    storage: {
      path: join(folder, `store-${String(encryptModelArtifacts)}-${round}`),
      artifactsPath: join(folder, 'files'),
    },
    security: { encryptModelArtifacts },
  });
  const context = createContext(config);
  const artifacts = await context.stores.artifacts();
  await artifacts.stat(`sha256:${'0'.repeat(64)}`);
  let digest: `sha256:${string}` = 'sha256:';
  const put = await time(
    async () => ({ digest } = await artifacts.put(createReadStream(path, { highWaterMark: 256 * 1024 }))),
  );
  const get = await time(async () => {
    for await (const _chunk of artifacts.get(digest));
  });
  await artifacts.delete(digest);
  await context.stores.release();
  return { put, get };
}

try {
  const path = join(folder, 'model.onnx');
  for (let i = 0; i < sizeMb; i++) writeFileSync(path, randomFillSync(Buffer.alloc(mebibyte)), { flag: 'a' });
  process.removeAllListeners('warning');
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  const best = { plain: { put: Infinity, get: Infinity }, encrypted: { put: Infinity, get: Infinity } };
  for (let round = 0; round < rounds; round++) {
    for (const kind of ['plain', 'encrypted'] as const) {
      const { put, get } = await measure(kind === 'encrypted', path, round);
      best[kind] = { put: Math.min(best[kind].put, put), get: Math.min(best[kind].get, get) };
    }
  }
  clearInterval(watch);
  for (const what of ['put', 'get'] as const) {
    const [plain, encrypted] = [best.plain[what], best.encrypted[what]];
    const rate = (ms: number): string => `${((sizeMb / ms) * 1000).toFixed(0)} MiB/s`;
    console.log(`${what}: plain ${rate(plain)}, encrypted ${rate(encrypted)}, ratio ${(encrypted / plain).toFixed(2)}`);
  }
  console.log(`peak resident memory ${(peak / mebibyte).toFixed(0)} MiB (files of ${sizeMb} MiB, best of ${rounds})`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
