import { expect, it } from 'vitest';
import { fuzzParsers } from './fuzz.js';

/** `npm run fuzz` tries 100,000 inputs a parser; these few find what is broken plainly. */
it.each([
  'policy',
  'filter',
  'csv',
  'parquet',
  'tokens',
  'evidence pack',
  'audit export',
  'archive of runs',
  'archive file',
])('the parser of the %s answers hostile inputs with typed errors, at once, and pollutes nothing', async (parser) => {
  const [result] = await fuzzParsers(1_000, 11, parser);
  expect(result!.faults).toEqual([]);
  expect(result!.refused + result!.accepted).toBe(1_000);
});
