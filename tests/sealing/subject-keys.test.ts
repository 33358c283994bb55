import { describe, expect, it } from 'vitest';
import { MemoryStorage } from '@bondx/mlops';
import { KeyRing } from '../../src/keys/key-ring.js';
import { ephemeralKeys } from '../../src/keys/key-sources.js';
import { LocalKeyService } from '../../src/keys/local-key-service.js';
import { findSubjectKey, putSubjectKey } from '../../src/sealing/subject-key.js';
import { SubjectKeys } from '../../src/sealing/subject-keys.js';
import { failure } from '../helpers.js';

function open() {
  const storage = new MemoryStorage();
  const ring = new KeyRing(new LocalKeyService(ephemeralKeys(0)));
  const subjects = new SubjectKeys(() => Promise.resolve(ring));
  const erase = async (subject: string): Promise<void> => {
    const { version, value } = (await findSubjectKey(storage, subject))!;
    const erased = { ...value, keyId: null, wrapped: null, erasedAt: 5 };
    await storage.commit([putSubjectKey(subject, erased, version)]);
  };
  return { storage, ring, subjects, erase };
}

describe('the data key of a subject', () => {
  it('is made when it is first used, of 32 bytes, another for each subject, and stays', async () => {
    const { storage, subjects } = open();
    const [ada, bob] = [await subjects.use(storage, 'ada'), await subjects.use(storage, 'bob')];
    expect(ada!.dataKey).toHaveLength(32);
    expect(Buffer.from(ada!.dataKey).equals(bob!.dataKey)).toBe(false);
    expect(await subjects.use(storage, 'ada')).toEqual(ada);
    expect(await subjects.open(storage, ada!.subject)).toEqual(ada);
    expect(await subjects.open(storage, 'nobody')).toBeUndefined();
    const { value } = (await findSubjectKey(storage, ada!.subject))!;
    expect(value).toMatchObject({ v: 1, hold: null, erasedAt: null });
    expect(Buffer.from(value.wrapped!, 'base64').includes(Buffer.from(ada!.dataKey))).toBe(false);
  });

  it('is one, however many ask for it at once', async () => {
    const { storage, subjects } = open();
    const keys = await Promise.all(Array.from({ length: 10 }, () => subjects.use(storage, 'ada')));
    expect(new Set(keys.map((key) => Buffer.from(key!.dataKey).toString('hex'))).size).toBe(1);
    expect((await storage.query('subject_keys')).records).toHaveLength(1);
  });

  it('is not made anew once it was destroyed', async () => {
    const { storage, subjects, erase } = open();
    const { subject } = (await subjects.use(storage, 'ada'))!;
    await erase(subject);
    expect(await subjects.use(storage, 'ada')).toBeUndefined();
    expect(await subjects.open(storage, subject)).toBeUndefined();
    expect(await subjects.use(storage, 'bob')).toBeDefined();
  });

  it('is found under the pseudonym of every key there was, revoked ones too', async () => {
    const { storage, ring, subjects, erase } = open();
    const before = (await subjects.use(storage, 'ada'))!;
    const { id } = await ring.active('pseudonym');
    await ring.service.rotate!('pseudonym', 1);
    expect(await subjects.use(storage, 'ada')).toEqual(before);
    await ring.service.revoke!(id, 'leaked', 2);
    expect(await subjects.use(storage, 'ada')).toEqual(before);
    const { found, names } = await subjects.find(storage, 'ada');
    expect(found.map(({ subject }) => subject)).toEqual([before.subject]);
    expect(names).toHaveLength(1);
    expect(names[0]!.startsWith((await ring.active('pseudonym')).id.slice(0, 8))).toBe(true);
    const later = (await subjects.use(storage, 'bob'))!; // by the active key
    expect(later.subject.split(':')[0]).toBe(names[0]!.split(':')[0]);
    await erase(before.subject);
    expect(await subjects.use(storage, 'ada')).toBeUndefined();
  });

  it('is not made anew under another pseudonym, nor used where one exists', async () => {
    const { storage, ring, subjects, erase } = open();
    const before = (await subjects.use(storage, 'ada'))!;
    const { value } = (await findSubjectKey(storage, before.subject))!;
    await erase(before.subject);
    await ring.service.rotate!('pseudonym', 1);
    const { names } = await subjects.find(storage, 'ada');
    await storage.commit([putSubjectKey(names[0]!, value, 'absent')]); // whoever did not know of the older one
    expect(await subjects.use(storage, 'ada')).toBeUndefined();
  });

  it("is not another subject's", async () => {
    const { storage, subjects } = open();
    const [ada, bob] = [(await subjects.use(storage, 'ada'))!, (await subjects.use(storage, 'bob'))!];
    const { value } = (await findSubjectKey(storage, bob.subject))!;
    await storage.commit([putSubjectKey(ada.subject, value, ada.version)]);
    expect(await failure(subjects.open(storage, ada.subject))).toMatchObject({ code: 'CORRUPT' });
  });

  it('is not asked for again and again when the store fails', async () => {
    const { storage, subjects } = open();
    const broken = Object.assign(Object.create(storage) as MemoryStorage, {
      get: storage.get.bind(storage),
      commit: async () => {
        throw new Error('medium gone');
      },
    });
    expect((await failure(subjects.use(broken, 'ada'))).message).toBe('medium gone');
  });
});
