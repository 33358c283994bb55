/** Registers a file of many MiB, twice, and prints what that took. Usage: npm run soak:artifact -- [MiB, 2048 unless told] */
import { randomBytes } from 'node:crypto';
import { open, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MLOpsConfig, ModelRegistry } from '@bondx/mlops';

const mebibyte = 1024 * 1024;
const sizeMb = Number(process.argv[2] ?? 2048);
const folder = await mkdtemp(join(tmpdir(), 'large-artifact-'));

async function sizeOf(directory: string): Promise<number> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => stat(join(directory, name))));
  return sizes.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0) / mebibyte;
}

try {
  const modelPath = join(folder, 'model.onnx');
  const file = await open(modelPath, 'w');
  const block = randomBytes(mebibyte);
  for (let i = 0; i < sizeMb; i++) {
    block.writeUInt32LE(i);
    await file.write(block);
  }
  await file.close();
  const artifactsPath = join(folder, 'artifacts');
  const config = MLOpsConfig.fromObject({
    storage: { path: join(folder, 'store'), artifactsPath },
    tracking: { maxArtifactSizeMb: sizeMb + 1 },
  });
  const registry = new ModelRegistry(config);
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  const registration = { modelName: 'large', modelType: 'large', featureColumns: ['x'], modelPath };
  for (const version of ['1.0.0', '1.0.1']) {
    const start = performance.now();
    await registry.registerModel({ ...registration, version });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const stored = (await sizeOf(artifactsPath)).toFixed(0);
    console.log(
      `${version}: ${seconds} s, ${stored} MiB stored, peak resident memory ${(peak / mebibyte).toFixed(0)} MiB`,
    );
  }
  clearInterval(watch);
  await registry.close();
  const isFlat = peak < 200 * mebibyte && (await sizeOf(artifactsPath)) < sizeMb + 1;
  if (!isFlat) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
