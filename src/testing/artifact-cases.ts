import assert from 'node:assert/strict';
import type { ArtifactRef, ArtifactStore } from '../storage/artifact-store.js';
import { type Digest, digestBytes } from '../util/digest.js';
import { rejectsWith } from './storage-cases/storage-case.js';

/** What reaches behind the port; cases say with `needs` which of it they use. */
export interface ArtifactAccess {
  readonly reopen: (store: ArtifactStore) => Promise<ArtifactStore>;
  readonly corrupt: (store: ArtifactStore, digest: Digest) => Promise<void>;
}

/** A check of the suite, over a store that is fresh and empty. */
export interface ArtifactCase {
  readonly name: string;
  readonly needs?: 'reopen' | 'corrupt' | 'deleteUnlessPutSince';
  readonly run: (store: ArtifactStore, harness: ArtifactAccess) => Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** SHA-256 of "abc", FIPS 180-4, example in appendix B.1 of FIPS 180-2. */
const abcDigest = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const emptyDigest = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const unknownDigest: Digest = `sha256:${'0'.repeat(64)}`;

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function listed(store: ArtifactStore): Promise<ArtifactRef[]> {
  const refs: ArtifactRef[] = [];
  for await (const ref of store.list()) refs.push(ref);
  return refs.sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** Distinct chunks that compress badly: the same byte at no two neighbouring offsets. */
async function* chunksOf(count: number, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield Uint8Array.from({ length: size }, (_, j) => (i * 31 + j * 7) & 0xff);
}

async function* failing(): AsyncGenerator<Uint8Array> {
  yield bytes('partial');
  throw new RangeError('the source failed');
}

async function* endless(onReturn: () => void = () => undefined): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      await new Promise(setImmediate);
      yield new Uint8Array(1024);
    }
  } finally {
    onReturn();
  }
}

export const artifactCases: readonly ArtifactCase[] = [
  {
    name: 'bytes come back as they were, under their SHA-256',
    async run(store) {
      assert.deepEqual(await store.put(bytes('abc')), { digest: abcDigest, size: 3 });
      assert.equal((await collect(store.get(abcDigest))).toString(), 'abc');
      assert.deepEqual(await store.stat(abcDigest), { digest: abcDigest, size: 3 });
    },
  },
  {
    name: 'content of no bytes is content',
    async run(store) {
      assert.deepEqual(await store.put(new Uint8Array()), { digest: emptyDigest, size: 0 });
      assert.equal((await collect(store.get(emptyDigest))).length, 0);
      assert.deepEqual(await store.stat(emptyDigest), { digest: emptyDigest, size: 0 });
    },
  },
  {
    name: 'content streams in and out in chunks of any size',
    async run(store) {
      for (const [count, size] of [
        [3, 1],
        [2, 70_000],
        [40, 65_536],
      ] as const) {
        const expected = await collect(chunksOf(count, size));
        const ref = await store.put(chunksOf(count, size));
        assert.deepEqual(ref, { digest: digestBytes(expected), size: expected.length });
        assert.ok((await collect(store.get(ref.digest))).equals(expected));
      }
    },
  },
  {
    name: 'the same bytes are stored once, however they come in',
    async run(store) {
      await store.put(bytes('abc'));
      await store.put(bytes('abc'));
      const inParts = (async function* () {
        yield bytes('a');
        yield bytes('bc');
      })();
      await Promise.all([store.put(inParts), store.put(bytes('abc')), store.put(bytes('abc'))]);
      assert.deepEqual(await listed(store), [{ digest: abcDigest, size: 3 }]);
    },
  },
  {
    name: 'what is not there: stat is undefined, get fails with NOT_FOUND, delete is false',
    async run(store) {
      assert.equal(await store.stat(unknownDigest), undefined);
      await rejectsWith('NOT_FOUND', () => collect(store.get(unknownDigest)));
      assert.equal(await store.delete(unknownDigest), false);
      assert.deepEqual(await listed(store), []);
    },
  },
  {
    name: 'delete takes one artifact away, and it can be put again',
    async run(store) {
      const other = await store.put(bytes('other'));
      await store.put(bytes('abc'));
      assert.equal(await store.delete(abcDigest), true);
      assert.equal(await store.delete(abcDigest), false);
      assert.equal(await store.stat(abcDigest), undefined);
      assert.deepEqual(await listed(store), [other]);
      await store.put(bytes('abc'));
      assert.equal((await collect(store.get(abcDigest))).toString(), 'abc');
    },
  },
  {
    name: 'list names everything that is stored',
    async run(store) {
      const refs = await Promise.all(Array.from({ length: 25 }, (_, i) => store.put(bytes(`artifact ${i}`))));
      assert.deepEqual(
        await listed(store),
        refs.sort((a, b) => (a.digest < b.digest ? -1 : 1)),
      );
    },
  },
  {
    name: 'content above maxBytes is refused and leaves nothing behind; at the limit it is fine',
    async run(store) {
      await rejectsWith('INVALID_INPUT', () => store.put(bytes('abcd'), { maxBytes: 3 }));
      await rejectsWith('INVALID_INPUT', () => store.put(endless(), { maxBytes: 100_000 }));
      await rejectsWith('INVALID_INPUT', () => store.put(bytes('abc'), { maxBytes: NaN }));
      assert.deepEqual(await listed(store), []);
      await store.put(bytes('abc'), { maxBytes: 3 });
      assert.deepEqual(await listed(store), [{ digest: abcDigest, size: 3 }]);
    },
  },
  {
    name: 'a source that fails makes put fail with its error and leaves nothing behind',
    async run(store) {
      await assert.rejects(store.put(failing()), { name: 'RangeError', message: 'the source failed' });
      assert.deepEqual(await listed(store), []);
    },
  },
  {
    name: 'content that is no bytes is refused',
    async run(store) {
      const texts = (async function* () {
        yield 'text';
      })();
      for (const content of ['abc', texts, undefined, { length: 1 }, 7]) {
        await rejectsWith('INVALID_INPUT', () => store.put(content as unknown as Uint8Array));
      }
      assert.deepEqual(await listed(store), []);
    },
  },
  {
    name: 'an aborted put fails with ABORTED, leaves nothing behind and lets go of the source',
    async run(store) {
      const controller = new AbortController();
      let returned: () => void = () => undefined;
      const released = new Promise<void>((resolve) => (returned = resolve));
      const put = store.put(endless(returned), { signal: controller.signal });
      setImmediate(() => controller.abort());
      await rejectsWith('ABORTED', () => put);
      await released;
      await rejectsWith('ABORTED', () => store.put(bytes('abc'), { signal: AbortSignal.abort() }));
      assert.deepEqual(await listed(store), []);
    },
  },
  {
    name: 'a put can be aborted while its source is stuck',
    async run(store) {
      const stuck: AsyncIterable<Uint8Array> = {
        [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
      };
      const controller = new AbortController();
      const put = store.put(stuck, { signal: controller.signal });
      setImmediate(() => controller.abort());
      await rejectsWith('ABORTED', () => put);
      assert.deepEqual(await listed(store), []);
    },
  },
  {
    name: 'what is no digest is refused',
    async run(store) {
      for (const digest of [
        'sha256:../../etc/passwd',
        abcDigest.toUpperCase(),
        abcDigest.slice(7),
        'sha256:ab',
        '',
        1,
      ]) {
        await rejectsWith('INVALID_INPUT', () => collect(store.get(digest as Digest)));
        await rejectsWith('INVALID_INPUT', () => store.stat(digest as Digest));
        await rejectsWith('INVALID_INPUT', () => store.delete(digest as Digest));
      }
    },
  },
  {
    name: 'stored bytes do not change with the buffers passed in or handed out',
    async run(store) {
      const buffer = Buffer.from('abc');
      await store.put(buffer);
      buffer.fill(0);
      for await (const chunk of store.get(abcDigest)) chunk.fill(0);
      assert.equal((await collect(store.get(abcDigest))).toString(), 'abc');
    },
  },
  {
    name: 'reading can be given up half way',
    async run(store) {
      const { digest } = await store.put(chunksOf(40, 65_536));
      for await (const chunk of store.get(digest)) {
        assert.ok(chunk.byteLength > 0);
        break;
      }
      assert.equal(await store.delete(digest), true);
    },
  },
  {
    name: 'altered content is detected at the end of get',
    needs: 'corrupt',
    async run(store, harness) {
      const { digest } = await store.put(chunksOf(10, 65_536));
      await harness.corrupt(store, digest);
      await rejectsWith('CORRUPT', () => collect(store.get(digest)));
    },
  },
  {
    name: 'putting the content again repairs altered content',
    needs: 'corrupt',
    async run(store, harness) {
      const { digest } = await store.put(chunksOf(10, 65_536));
      await harness.corrupt(store, digest);
      await store.put(chunksOf(10, 65_536));
      assert.equal(digestBytes(await collect(store.get(digest))), digest);
    },
  },
  {
    name: 'a persistent store keeps its content across closing and opening',
    needs: 'reopen',
    async run(store, harness) {
      await store.put(bytes('abc'));
      await store.close();
      const again = await harness.reopen(store);
      try {
        assert.equal((await collect(again.get(abcDigest))).toString(), 'abc');
        assert.deepEqual(await listed(again), [{ digest: abcDigest, size: 3 }]);
      } finally {
        await again.close();
      }
    },
  },
  {
    name: 'content that is not what put was told it is is refused and leaves nothing behind',
    async run(store) {
      await rejectsWith('INVALID_INPUT', () => store.put(bytes('abd'), { digest: abcDigest }));
      await rejectsWith('INVALID_INPUT', () => store.put(bytes('abc'), { digest: 'sha256:abc' }));
      assert.deepEqual(await listed(store), []);
      for (const _time of [1, 2]) {
        assert.deepEqual(await store.put(bytes('abc'), { digest: abcDigest }), { digest: abcDigest, size: 3 });
      }
      assert.equal((await collect(store.get(abcDigest))).toString(), 'abc');
    },
  },
  {
    name: 'content that is there, but altered, is put anew when put is told its digest',
    needs: 'corrupt',
    async run(store, harness) {
      const { digest } = await store.put(chunksOf(10, 65_536));
      await harness.corrupt(store, digest);
      await store.put(chunksOf(10, 65_536), { digest });
      assert.equal(digestBytes(await collect(store.get(digest))), digest);
    },
  },
  {
    name: 'content goes unless it was put since a moment, putting it again included',
    needs: 'deleteUnlessPutSince',
    async run(store) {
      await store.put(bytes('abc'));
      await new Promise((resolve) => setTimeout(resolve, 20));
      const later = Date.now();
      assert.equal(await store.deleteUnlessPutSince!(abcDigest, later - 10_000), false);
      assert.equal(await store.deleteUnlessPutSince!(abcDigest, later, { dryRun: true }), true);
      assert.equal((await collect(store.get(abcDigest))).toString(), 'abc');
      await store.put(bytes('abc'));
      assert.equal(await store.deleteUnlessPutSince!(abcDigest, later, { dryRun: true }), false);
      assert.equal(await store.deleteUnlessPutSince!(abcDigest, later), false);
      await new Promise((resolve) => setTimeout(resolve, 20));
      const laterStill = Date.now();
      await store.put(bytes('abc'), { digest: abcDigest });
      assert.equal(await store.deleteUnlessPutSince!(abcDigest, laterStill), false);
      assert.deepEqual(await store.stat(abcDigest), { digest: abcDigest, size: 3 });
      assert.equal(await store.deleteUnlessPutSince!(abcDigest, later + 3_600_000), true);
      assert.equal(await store.stat(abcDigest), undefined);
      assert.equal(await store.deleteUnlessPutSince!(abcDigest, later + 3_600_000), false);
      assert.deepEqual(await listed(store), []);
    },
  },
  {
    name: 'a closed store refuses every call, and may be closed again; closing waits for puts under way',
    async run(store) {
      const put = store.put(bytes('abc'));
      await Promise.all([store.close(), store.close()]);
      assert.deepEqual(await put, { digest: abcDigest, size: 3 });
      await rejectsWith('CLOSED', () => store.put(bytes('abc')));
      await rejectsWith('CLOSED', () => collect(store.get(abcDigest)));
      await rejectsWith('CLOSED', () => store.stat(abcDigest));
      await rejectsWith('CLOSED', () => store.delete(abcDigest));
      await rejectsWith('CLOSED', () => listed(store));
    },
  },
];
