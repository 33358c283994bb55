import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type AuditEntry, chainRecord, emptyTail, leafHash, tailAfter } from '../../../src/governance/audit-record.js';
import { canonicalJson, notedJson } from '../../../src/util/json.js';
import { at, entryOf } from './log-fixture.js';

const optional = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(values, { nil: undefined });
const given = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Partial<T>;

it('what is hashed and stored is the canonical JSON of the record, whatever it says', () => {
  const said = fc.record({
    actor: fc
      .record({
        ...{ onBehalfOf: optional(fc.string()), id: fc.string(), breakGlass: optional(fc.string()) },
        ...{ type: fc.constantFrom('person', 'service', 'unknown'), authentication: fc.constantFrom('jwt', 'none') },
      })
      .map(given),
    reason: optional(fc.string({ unit: 'binary' })),
    requestId: optional(fc.string()),
    // Keys that are numbers come first in every object of JavaScript, and not in canonical JSON.
    detail: optional(fc.dictionary(fc.oneof(fc.nat(20).map(String), fc.constantFrom('b', 'a', 'é')), fc.jsonValue())),
    resource: fc
      .record({ version: optional(fc.string()), id: fc.string(), digest: optional(fc.string()), type: fc.string() })
      .map(given),
  });
  fc.assert(
    fc.property(said, (extra) => {
      fc.pre(!/"(__proto__|constructor|prototype)":/.test(JSON.stringify(extra)));
      const entry = entryOf(0, given(extra) as Partial<AuditEntry>);
      const { record, tail } = chainRecord(entry, emptyTail('log'));
      const { at: _at, ...rest } = entry;
      const added = { v: 1, log: 'log', seq: 0, prev: emptyTail('log').hash, ts: new Date(at).toISOString() };
      expect(record).toEqual({ ...rest, ...added });
      expect(tail).toEqual({ log: 'log', length: 1, hash: leafHash(record) });
      expect(tailAfter(record)).toEqual(tail);
      expect(notedJson(record)).toBe(canonicalJson(record as never));
    }),
  );
});
