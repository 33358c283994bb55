import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MLOpsError } from '@bondx/mlops';
import { newKeyDocument, parseKeyDocument, printKeyDocument } from '../../src/keys/key-document.js';

it('key files: 100,000 altered, cut and random texts give typed errors only, none with any of the text', () => {
  const whole = printKeyDocument({ keys: newKeyDocument(0).keys.slice(-1) });
  const edit = fc.tuple(fc.nat(whole.length), fc.nat(40), fc.string({ maxLength: 6 }));
  const altered = edit.map(([at, cut, put]) => whole.slice(0, at) + put + whole.slice(at + cut));
  const json = fc.json({ maxDepth: 3 }).map((value) => whole.replace(/"keys": \[/, `"keys": [${value},`));
  const text = fc.oneof({ arbitrary: altered, weight: 3 }, json, fc.string({ maxLength: 300 }));
  let refused = 0;
  for (const sample of fc.sample(text, { numRuns: 100_000, seed: 5 })) {
    try {
      parseKeyDocument(sample, 'keys.json');
    } catch (error) {
      if (!(error instanceof MLOpsError) || error.code !== 'KEY_UNAVAILABLE') throw error;
      if (error.message.length > 200 || error.cause !== undefined) throw new Error(`says too much: ${error.message}`);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(90_000);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
}, 60_000);
