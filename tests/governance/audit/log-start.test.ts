import { describe, expect, it } from 'vitest';
import { ConflictError } from '@bondx/mlops';
import {
  type LogStart,
  asLogStart,
  checkPlace,
  findLogPlace,
  judgeStartByKeys,
  putLogStart,
  startTree,
} from '../../../src/governance/audit/log-start.js';
import { KeyRing } from '../../../src/keys/key-ring.js';
import { ephemeralKeys } from '../../../src/keys/key-sources.js';
import type { KeyService } from '../../../src/keys/key-service.js';
import { LocalKeyService } from '../../../src/keys/local-key-service.js';
import { failure } from '../../helpers.js';
import { chained, newRing, startAfter, storeOf } from './log-fixture.js';

const records = chained(8);
const digest = `sha256:${'a'.repeat(64)}` as const;
const whole: LogStart = {
  ...{ v: 1, log: 'log', size: 3, root: digest, head: digest, keyId: 'k', signature: 's', frontier: [digest] },
  ...{ before: '2026-01-01T00:00:00.000Z', time: '2026-02-01T00:00:00.000Z' },
};

describe('the start of a log from outside', () => {
  it('is taken with its own fields, and nothing else of what comes along', () => {
    expect(asLogStart({ ...whole, stream: 'audit/2', other: 1 })).toEqual(whole);
    expect(asLogStart({ ...whole, size: 1, frontier: [] })).toEqual({ ...whole, size: 1, frontier: [] });
  });

  it.each<[string, unknown]>([
    ...(['log', 'before', 'time', 'keyId', 'signature', 'root', 'head', 'frontier'] as const).map(
      (field): [string, unknown] => [`a number as its ${field}`, { ...whole, [field]: 7 }],
    ),
    ...[0, -1, 0.5, NaN, 2 ** 53, '3', undefined].map((size): [string, unknown] => [
      `size ${size}`,
      { ...whole, size },
    ]),
    ['a root in a list', { ...whole, root: [digest] }],
    ['a digest of its tree in a list', { ...whole, frontier: [[digest]] }],
    ['another version', { ...whole, v: 2 }],
    ['a root that is no digest', { ...whole, root: 'sha256:a' }],
    ['a head that is no digest', { ...whole, head: 'sha256:a' }],
    ['a number in its tree', { ...whole, frontier: [digest, 7] }],
    ['a text in its tree that is no digest', { ...whole, frontier: ['sha256:a', digest] }],
    ['nothing', null],
    ['nothing at all', undefined],
    ['a text', 'start'],
    ['an empty object', {}],
  ])('is none with %s', (_what, value) => expect(asLogStart(value)).toBeUndefined());
});

describe('the signature of a start', () => {
  it('names the key that signed, also when the key is rotated meanwhile', async () => {
    const local = new LocalKeyService(ephemeralKeys(0));
    let isDue = true;
    const service: KeyService = Object.assign(Object.create(local) as KeyService, {
      sign: (...args: Parameters<KeyService['sign']>) => local.sign(...args),
      publicKey: (...args: Parameters<KeyService['publicKey']>) => local.publicKey(...args),
      list: async () => {
        const keys = await local.list();
        if (isDue) await local.rotate('audit_checkpoint', 1); // after it was asked which key is the active one
        isDue = false;
        return keys;
      },
    });
    const start = await startAfter(records, 3, new KeyRing(service));
    const ring = new KeyRing(local);
    expect(start.keyId).toBe((await ring.active('audit_checkpoint')).id);
    expect(await judgeStartByKeys(ring)(start)).toBe('valid');
  });

  it('is worth what its key is, at the time that it tells', async () => {
    const ring = newRing();
    const judge = judgeStartByKeys(ring);
    const start = await startAfter(records, 3, ring); // of 2027
    expect(await judge(start)).toBe('valid');
    for (const change of [
      { size: 4 },
      { head: digest },
      { log: 'x' },
      { before: start.time },
      { time: start.before },
    ]) {
      expect(await judge({ ...start, ...change })).toBe('invalid');
    }
    expect(await judge({ ...start, keyId: '0'.repeat(16) })).toBe('unknown_key');
    expect(await judgeStartByKeys(newRing())(start)).toBe('unknown_key');
    await ring.service.rotate!('audit_checkpoint', Date.parse(start.time));
    expect(await judge(start)).toBe('valid');
    await ring.service.revoke!(start.keyId, 'lost', Date.parse(start.time));
    expect(await judge(start)).toBe('revoked');
    const early = newRing();
    const later = await startAfter(records, 3, early);
    await early.service.rotate!('audit_checkpoint', Date.parse(later.time) - 1);
    expect(await judgeStartByKeys(early)(later)).toBe('late');
  });
});

describe('the tree of a start', () => {
  it.each([1, 2, 3, 4, 7, 8])('of %i records is the one that is signed, or none', async (size) => {
    const start = await startAfter(records, size, newRing());
    const tree = startTree(start)!;
    expect([tree.size, tree.root()]).toEqual([size, start.root]);
    expect(startTree({ ...start, root: digest })).toBeUndefined();
    expect(startTree({ ...start, frontier: [...start.frontier, digest] })).toBeUndefined();
    expect(startTree({ ...start, frontier: start.frontier.slice(1) })).toBeUndefined();
    expect(startTree({ ...start, frontier: start.frontier.map(() => digest) })).toBeUndefined();
  });
});

describe('the place of a log', () => {
  it('is the first stream until a start says otherwise, and holds commits to itself', async () => {
    const storage = await storeOf(3);
    const before = await findLogPlace(storage);
    expect(before).toEqual({ stream: 'audit', from: 0, version: 'absent' });
    const start = { ...(await startAfter(records, 2, newRing())), stream: 'audit/2' };
    await storage.commit([checkPlace(before)]);
    await storage.commit([putLogStart(start, before)]);
    const after = await findLogPlace(storage);
    expect(after).toEqual({ stream: 'audit/2', from: 2, start, version: after.version });
    await storage.commit([checkPlace(after)]);
    for (const late of [checkPlace(before), putLogStart(start, before)]) {
      expect(await failure(storage.commit([late]))).toBeInstanceOf(ConflictError);
    }
    await storage.commit([putLogStart(start, after)]);
    expect(await failure(storage.commit([checkPlace(after)]))).toBeInstanceOf(ConflictError);
  });
});
