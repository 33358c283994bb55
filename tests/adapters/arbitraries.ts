import fc from 'fast-check';
import type { IndexFields, IndexScalar, OrderBy, Where } from '../../src/storage/storage.js';

const text = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'ab',
    'aB',
    'b',
    '*',
    '[a]',
    '\\',
    'é',
    'É',
    '%',
    '_',
    '\u{d7ff}',
    '\u{e000}',
    '\u{ffff}',
    '😀',
    '😀a',
    '\u{10ffff}',
  ),
  fc.string({ maxLength: 3, unit: 'grapheme' }).filter((string) => !string.includes('\0')),
);

/** Few distinct values, so that conditions meet records and sort keys tie. */
export const scalar: fc.Arbitrary<IndexScalar> = fc.oneof(
  fc.constantFrom<IndexScalar>(null, true, false, NaN, Infinity, -Infinity, 0, -0, 1, 1.5, -2, 1e300, 5e-324),
  fc.double(),
  text,
);

const fields = ['a', 'b', 'm.x', 'm.y.z'] as const;

export const indexFields: fc.Arbitrary<IndexFields> = fc
  .record({ a: scalar, b: scalar, 'm.x': scalar, 'm.y.z': scalar }, { requiredKeys: [] })
  .map(({ 'm.x': x, 'm.y.z': yz, ...rest }) => ({
    ...rest,
    m: { ...(x === undefined ? {} : { x }), ...(yz === undefined ? {} : { 'y.z': yz }) },
  }));

const field = fc.constantFrom(...fields, 'id', 'nowhere');

const pattern = fc
  .array(
    fc.constantFrom('%', '_', 'a', 'B', 'b', '*', '?', '[', ']', '^', '\\%', '\\_', '\\\\', '\\a', 'é', 'É', '😀'),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(''));

const comparison: fc.Arbitrary<Where> = fc.oneof(
  fc.record({ field, op: fc.constantFrom('eq', 'ne', 'lt', 'lte', 'gt', 'gte'), value: scalar }),
  fc.record({ field, op: fc.constant('in'), values: fc.array(scalar, { maxLength: 4 }) }),
  fc.record({ field, op: fc.constant('prefix'), value: text }),
  fc.record({ field, op: fc.constantFrom('like', 'ilike'), value: pattern }),
  fc.record({ field, op: fc.constant('exists') }),
);

export const where: fc.Arbitrary<Where> = fc.letrec<{ node: Where }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    comparison,
    fc.record({ and: fc.array(tie('node'), { maxLength: 3 }) }),
    fc.record({ or: fc.array(tie('node'), { maxLength: 3 }) }),
    fc.record({ not: tie('node') }),
  ),
})).node;

export const orderBy: fc.Arbitrary<OrderBy[]> = fc.array(
  fc.record({ field, direction: fc.constantFrom('asc', 'desc') }),
  { maxLength: 3 },
);

/** Records with distinct ids. */
export const records = fc.uniqueArray(
  fc.record({
    id: fc.oneof(
      fc.constantFrom('r', 'r1', 'r10', 'R', '\u{ffff}', '😀', 'a/b'),
      fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme' }).filter((id) => !/\p{Cc}/u.test(id)),
    ),
    index: indexFields,
  }),
  { selector: ({ id }) => id, maxLength: 30 },
);
