import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '@bondx/mlops';
import { openPayload, sealPayload } from '../../src/sealing/payload.js';

const key = randomBytes(32);
const place = 'canary_predictions/17';

describe('a sealed payload', () => {
  it('opens to what was sealed, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, somewhere) => {
        const json = JSON.parse(JSON.stringify(value)) as JsonValue; // -0 has no JSON
        expect(openPayload(sealPayload(json, key, somewhere), key, somewhere)).toEqual(json);
      }),
    );
  });

  it('is different each time, and as long as its JSON, a nonce and a tag', () => {
    const [one, two] = [0, 1].map(() => sealPayload({ a: 'secret' }, key, place));
    expect(one).not.toBe(two);
    expect(Buffer.from(one!, 'base64')).toHaveLength(12 + '{"a":"secret"}'.length + 16);
    expect(one).not.toContain('secret');
  });

  it('opens at its place and with its key only', () => {
    const sealed = sealPayload([1, 2], key, place);
    expect(() => openPayload(sealed, key, 'canary_predictions/18')).toThrow(
      'canary_predictions/18 cannot be decrypted',
    );
    expect(() => openPayload(sealed, randomBytes(32), place)).toThrow('cannot be decrypted');
  });

  it('opens in no other form: every altered bit and every cut is noticed', () => {
    const bytes = Buffer.from(sealPayload({ a: 1 }, key, place), 'base64');
    for (let at = 0; at < bytes.length; at++) {
      const altered = Buffer.from(bytes);
      altered[at]! ^= 1;
      for (const bad of [altered, bytes.subarray(0, at)]) {
        let error: unknown;
        try {
          openPayload(bad.toString('base64'), key, place);
        } catch (caught) {
          error = caught;
        }
        expect(error, String(at)).toMatchObject({ code: 'CORRUPT' });
      }
    }
  });
});
