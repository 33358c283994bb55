// Puts, or collects, the contents 0 to count - 1 of the artifact store at argv[3], in an order of its own, four at a time.
import { createRandom, openFilesystemArtifacts } from '@bondx/mlops';
import { digestBytes } from '../../../../src/util/digest.js';

const [, , role, directory, since, count, seed] = process.argv;
const store = await openFilesystemArtifacts(directory!);
const random = createRandom(seed!);
const order = Array.from({ length: Number(count) }, (_, i) => ({ i, at: random.next() })).sort((a, b) => a.at - b.at);
const lost: number[] = [];

async function work(): Promise<void> {
  for (let next = order.pop(); next !== undefined; next = order.pop()) {
    const content = Buffer.from(`content ${next.i}`);
    if (role === 'collect') {
      await store.deleteUnlessPutSince!(digestBytes(content), Number(since));
      continue;
    }
    const { digest } = await store.put(content);
    try {
      for await (const _chunk of store.get(digest));
    } catch {
      lost.push(next.i);
    }
  }
}

await Promise.all([work(), work(), work(), work()]);
await store.close();
process.stdout.write(JSON.stringify(lost));
