import { describe, expect, it } from 'vitest';
import type { Storage } from '@bondx/mlops';
import { rewrapArtifacts } from '../../../src/governance/keys/rewrap.js';
import { readStored } from '../../../src/runtime/bundle.js';
import { findSealed, putSealed } from '../../../src/sealing/sealed-artifact.js';
import { findSubjectKey, putSubjectKey } from '../../../src/sealing/subject-key.js';
import { SubjectKeys } from '../../../src/sealing/subject-keys.js';
import type { Digest } from '../../../src/util/digest.js';
import { failure } from '../../helpers.js';
import { over } from '../audit/log-fixture.js';
import { sealed } from '../../sealing/sealed-fixture.js';

/** A store with encrypted files and subjects, and the means to change it as another process would. */
async function open() {
  const { store, storage, ring } = sealed();
  const subjects = new SubjectKeys(() => Promise.resolve(ring));
  const put = async (text: string): Promise<Digest> => (await store.put(Buffer.from(text))).digest;
  const use = async (who: string): Promise<string> => (await subjects.use(storage, who))!.subject;
  const rotate = (): Promise<{ readonly id: string }> => ring.service.rotate!('artifact_encryption', 1);
  const editFile = async (digest: Digest, change: { wrapped?: string; putAt?: number }): Promise<void> => {
    const { value, version } = (await findSealed(storage, digest))!;
    await storage.commit([putSealed(digest, { ...value, ...change }, version)]);
  };
  const erase = async (subject: string): Promise<void> => {
    const { value, version } = (await findSubjectKey(storage, subject))!;
    await storage.commit([putSubjectKey(subject, { ...value, keyId: null, wrapped: null, erasedAt: 5 }, version)]);
  };
  const rewrap = (on: Storage = storage, signal?: AbortSignal) =>
    rewrapArtifacts(on, ring, { ...(signal && { signal }) });
  return { store, storage, ring, subjects, put, use, rotate, editFile, erase, rewrap };
}

/** The same storage, in which something happens just before each of its first commits. */
function beforeCommits(storage: Storage, ...happenings: readonly (() => Promise<unknown>)[]): Storage {
  const left = [...happenings];
  return over(storage, {
    commit: async (...args) => {
      await left.shift()?.();
      return storage.commit(...args);
    },
  });
}

describe('wrapping data keys anew', () => {
  it('takes those of files and of subjects, and once: what they protect is read as ever, without the old key', async () => {
    const { store, storage, ring, subjects, put, use, rotate, rewrap } = await open();
    const [a, b] = [await put('a'), await put('b')];
    const ada = (await subjects.use(storage, 'ada'))!;
    const before = (await findSealed(storage, a))!.value;
    const { id: old } = await ring.active('artifact_encryption');
    const { id } = await rotate();
    const c = await put('c');
    await use('bob');
    expect(await rewrap()).toEqual({ keyId: id, rewrapped: 3, unreadable: 0 });
    expect((await findSealed(storage, a))!.value).toEqual({
      ...before,
      keyId: id,
      wrapped: expect.any(String) as string,
    });
    expect(await rewrap()).toEqual({ keyId: id, rewrapped: 0, unreadable: 0 });
    await ring.service.revoke!(old, 'rotated', 2);
    for (const [digest, text] of [
      [a, 'a'],
      [b, 'b'],
      [c, 'c'],
    ] as const)
      expect(String(await readStored(store, digest))).toBe(text);
    expect((await subjects.open(storage, ada.subject))!.dataKey).toEqual(ada.dataKey);
  });

  it('leaves the subjects that were erased as they are', async () => {
    const { storage, use, rotate, erase, rewrap } = await open();
    const [ada, bob] = [await use('ada'), await use('bob')];
    await erase(ada);
    await rotate();
    expect(await rewrap()).toMatchObject({ rewrapped: 1, unreadable: 0 });
    expect((await findSubjectKey(storage, ada))!.value).toMatchObject({ keyId: null, wrapped: null, erasedAt: 5 });
    expect((await findSubjectKey(storage, bob))!.value.erasedAt).toBeNull();
  });

  it('counts what cannot be read, and goes on with the rest', async () => {
    const { ring, storage, put, use, rotate, editFile, rewrap } = await open();
    await put('lost');
    await use('lost');
    const { id: old } = await ring.active('artifact_encryption');
    await rotate();
    await ring.service.revoke!(old, 'stolen', 2);
    const [damaged, whole] = [await put('damaged'), await put('whole')];
    await editFile(damaged, { wrapped: 'AAAA' });
    const { id } = await rotate();
    expect(await rewrap()).toEqual({ keyId: id, rewrapped: 1, unreadable: 3 });
    expect((await findSealed(storage, whole))!.value.keyId).toBe(id);
    expect((await findSealed(storage, damaged))!.value).toMatchObject({ wrapped: 'AAAA' });
  });

  it('tries again what another process changed meanwhile, and counts only its own', async () => {
    const { storage, put, use, rotate, editFile, erase, rewrap } = await open();
    const file = await put('a');
    const ada = await use('ada');
    const { id } = await rotate();
    const meddled = beforeCommits(
      storage,
      () => editFile(file, { putAt: 77 }),
      async () => undefined, // the file, again
      () => rewrap(), // of ada, by another
    );
    expect(await rewrap(meddled)).toEqual({ keyId: id, rewrapped: 1, unreadable: 0 });
    expect((await findSealed(storage, file))!.value).toMatchObject({ keyId: id, putAt: 77 });
    expect((await findSubjectKey(storage, ada))!.value.keyId).toBe(id);

    await rotate();
    const gone = beforeCommits(
      storage,
      () => storage.commit([{ kind: 'delete', collection: 'sealed_artifacts', id: file, expect: 'any' }]),
      () => erase(ada),
    );
    expect(await rewrap(gone)).toMatchObject({ rewrapped: 0, unreadable: 0 });
    expect((await findSubjectKey(storage, ada))!.value).toMatchObject({ keyId: null, erasedAt: 5 });

    await use('bob');
    await rotate();
    const removed = beforeCommits(storage, async () => {
      const { records } = await storage.query('subject_keys', { where: { field: 'keyId', op: 'ne', value: null } });
      await storage.commit([{ kind: 'delete', collection: 'subject_keys', id: records[0]!.id, expect: 'any' }]);
    });
    expect(await rewrap(removed)).toMatchObject({ rewrapped: 0, unreadable: 0 });
  });

  it('passes on what else goes wrong, and what was done stays', async () => {
    const { storage, put, use, rotate, rewrap } = await open();
    await put('a');
    await use('ada');
    const { id } = await rotate();
    const broken = beforeCommits(storage, () => Promise.reject(new Error('no disk')));
    await expect(rewrap(broken)).rejects.toThrow('no disk');
    const later = beforeCommits(
      storage,
      async () => undefined,
      () => Promise.reject(new Error('no disk')),
    );
    await expect(rewrap(later)).rejects.toThrow('no disk');
    expect(await rewrap()).toEqual({ keyId: id, rewrapped: 1, unreadable: 0 });
  });

  it('stops where it is told to, and the next one goes on', async () => {
    const { storage, put, rotate, rewrap } = await open();
    await put('a');
    await put('b');
    await rotate();
    const [stop, reason] = [new AbortController(), new Error('enough')];
    const interrupted = beforeCommits(storage, async () => stop.abort(reason));
    const error = await failure(rewrap(interrupted, stop.signal));
    expect(error).toMatchObject({ code: 'ABORTED', cause: reason });
    expect(error.message).toContain('the same command goes on');
    expect(await rewrap()).toMatchObject({ rewrapped: 1, unreadable: 0 });
  });
});
