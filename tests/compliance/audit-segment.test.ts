import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditSegment } from '../../src/compliance/evidence/audit-segment.js';
import { readAuditTrail } from '../../src/governance/audit-trail.js';
import { commitAudited } from '../../src/governance/audit-writer.js';
import { createContext } from '../../src/runtime/context.js';
import { digestBytes } from '../../src/util/digest.js';
import { canonicalJson } from '../../src/util/json.js';
import { createWorld } from '../helpers.js';

/** Records that are about `spread` or about another, with as many characters as are told. */
const logs = fc.array(
  fc.record({ isConcerned: fc.boolean(), characters: fc.constantFrom(0, 500, 300_000, 1_000_000, 2_000_000) }),
  { minLength: 1, maxLength: 12 },
);

describe('the segment of the audit log about a version', () => {
  it('is every record from the first that is concerned to the last, byte for byte, however long', async () => {
    await fc.assert(
      fc.asyncProperty(logs, async (log) => {
        const { config, options, storage } = createWorld({});
        const context = createContext(config, options);
        for (const { isConcerned, characters } of log) {
          await commitAudited(storage, context.ids, [], {
            id: context.ids.next(),
            at: 0,
            actor: { id: 'omar', type: 'person', authentication: 'application' },
            action: 'registry.promote',
            resource: { type: 'model', id: isConcerned ? 'spread' : 'other' },
            decision: 'allow',
            policyDigest: digestBytes('policy'),
            reason: 'é'.repeat(characters),
          });
        }
        const lines: string[] = [];
        for await (const { value } of readAuditTrail(storage)) lines.push(`${canonicalJson(value)}\n`);
        const { segment } = await auditSegment(context, storage, new Set(['spread']));
        const [first, last] = [log.findIndex(isAbout), log.findLastIndex(isAbout)];
        if (first === -1) {
          expect(segment).toBeUndefined();
          return;
        }
        const concerned = log.filter(isAbout).length;
        expect(segment).toMatchObject({ from: first, records: last - first + 1, concerned });
        const expected = Buffer.from(lines.slice(first, last + 1).join(''));
        expect(Buffer.concat(segment!.lines).equals(expected)).toBe(true);
        expect(Buffer.from(segment!.proofs).toString().trim().split('\n')).toHaveLength(concerned);
      }),
      { numRuns: 30 },
    );
  });
});

const isAbout = ({ isConcerned }: { readonly isConcerned: boolean }): boolean => isConcerned;
