import { describe, expect, it } from 'vitest';
import { type JsonValue, MemoryStorage } from '@bondx/mlops';
import { findSealed, putSealed, sealedArtifacts } from '../../src/sealing/sealed-artifact.js';
import { findSubjectKey, isSubject, putSubjectKey, subjectKeysWhere } from '../../src/sealing/subject-key.js';
import type { Digest } from '../../src/util/digest.js';
import { failure } from '../helpers.js';

const digestOf = (i: number): Digest => `sha256:${i.toString(16).padStart(64, '0')}`;
const sealed = (i: number, keyId = 'one') => ({
  v: 1 as const,
  plainSize: i,
  sealed: { digest: digestOf(i + 100_000), size: 50 },
  objectId: 'o',
  keyId,
  wrapped: 'w',
  putAt: 5,
});
const subjectKey = { v: 1, keyId: 'one', wrapped: 'w', hold: null, erasedAt: null } as const;
const erased = { v: 1, keyId: null, wrapped: null, hold: null, erasedAt: 7 } as const;

async function storeWith(collection: string, value: JsonValue): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  await storage.commit([{ kind: 'put', collection, id: digestOf(0), value, expect: 'absent' }]);
  return storage;
}

describe('the record of an encrypted artifact', () => {
  it('is found, and none where there is none', async () => {
    const storage = new MemoryStorage();
    await storage.commit([putSealed(digestOf(1), sealed(1), 'absent')]);
    expect(await findSealed(storage, digestOf(1))).toEqual({ version: 1, value: sealed(1) });
    expect(await findSealed(storage, digestOf(2))).toBeUndefined();
  });

  it.each<JsonValue>([
    null,
    'text',
    { ...sealed(1), v: 2 },
    { ...sealed(1), wrapped: 1 },
    { ...sealed(1), sealed: null },
    { ...sealed(1), sealed: { digest: 1, size: 1 } },
  ])('is damaged when it is %j', async (value) => {
    const storage = await storeWith('sealed_artifacts', value);
    expect(await failure(findSealed(storage, digestOf(0)))).toMatchObject({ code: 'CORRUPT' });
    expect(await failure(sealedArtifacts(storage).next())).toMatchObject({ code: 'CORRUPT' });
  });

  it('is among all, however many there are, and among those of another key', async () => {
    const storage = new MemoryStorage();
    const keyOf = (i: number): string => (i % 3 === 0 ? 'one' : 'two');
    const puts = Array.from({ length: 2300 }, (_, i) => putSealed(digestOf(i), sealed(i, keyOf(i)), 'absent'));
    await storage.commit(puts);
    const read = async (otherThan?: string): Promise<readonly number[]> => {
      const sizes: number[] = [];
      for await (const { digest, value } of sealedArtifacts(storage, otherThan)) {
        expect(digest).toBe(digestOf(value.plainSize));
        sizes.push(value.plainSize);
      }
      return sizes.sort((a, b) => a - b);
    };
    const all = puts.map((_, i) => i);
    expect(await read()).toEqual(all);
    expect(await read('one')).toEqual(all.filter((i) => i % 3 !== 0));
    expect(await read('three')).toEqual(all);
  });
});

describe("the record of a subject's key", () => {
  it.each([
    ['a', true],
    ['a'.repeat(512), true],
    ['', false],
    ['a'.repeat(513), false],
    [17, false],
    [undefined, false],
  ])('is of a text of 1 to 512 characters: %j %s', (subject, isOne) => expect(isSubject(subject)).toBe(isOne));

  it.each([subjectKey, erased])('is found: %j', async (value) => {
    const storage = new MemoryStorage();
    await storage.commit([putSubjectKey('p', value, 'absent')]);
    expect(await findSubjectKey(storage, 'p')).toEqual({ subject: 'p', version: 1, value });
    expect(await findSubjectKey(storage, 'q')).toBeUndefined();
  });

  it.each<JsonValue>([
    null,
    { ...subjectKey, v: 2 },
    { ...subjectKey, wrapped: null },
    { ...subjectKey, keyId: null },
    { ...subjectKey, erasedAt: 7 },
    { ...erased, v: 2 },
    { ...erased, erasedAt: null },
    { ...erased, wrapped: 'w' },
    { ...erased, keyId: 'one' },
  ])('is damaged when it is %j', async (value) => {
    const storage = await storeWith('subject_keys', value);
    expect(await failure(findSubjectKey(storage, digestOf(0)))).toMatchObject({ code: 'CORRUPT' });
  });

  it('is among those of its key, however many there are; one that was erased is among none', async () => {
    const storage = new MemoryStorage();
    const names = Array.from({ length: 2300 }, (_, i) => `p${String(i).padStart(4, '0')}`);
    const keyOf = (i: number): string => (i % 3 === 0 ? 'one' : 'two');
    await storage.commit([
      ...names.map((name, i) => putSubjectKey(name, { ...subjectKey, keyId: keyOf(i) }, 'absent')),
      putSubjectKey('gone', erased, 'absent'),
    ]);
    const read = async (op: 'eq' | 'ne', keyId: string): Promise<readonly string[]> => {
      const found: string[] = [];
      for await (const { subject, value } of subjectKeysWhere(storage, op, keyId)) {
        expect(value.wrapped).toBe('w');
        found.push(subject);
      }
      return found.sort();
    };
    expect(await read('eq', 'one')).toEqual(names.filter((_, i) => i % 3 === 0));
    expect(await read('ne', 'one')).toEqual(names.filter((_, i) => i % 3 !== 0));
    expect(await read('eq', 'three')).toEqual([]);
  });
});
