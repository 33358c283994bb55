import fc from 'fast-check';
import { type Field, type Filter, type Literal, and, not, or } from '../../src/search/filter.js';

const key = fc.oneof(
  fc.constantFrom('rmse', 'a.b', 'val loss', 'and', 'min', 'metrics', 'x`y', '1st', 'é', 'a-b/c', 'metrics.x'),
  fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }),
);

export const field: fc.Arbitrary<Field> = fc.oneof(
  fc.record({ entity: fc.constantFrom('attribute', 'metric', 'param', 'tag', 'dataset'), key }),
  fc.record({ entity: fc.constant('metric'), key, aggregate: fc.constantFrom('min', 'max') }),
);

const text = fc.oneof(fc.constantFrom('', "it's", '%a_', '10', 'true', '\\%'), fc.string({ maxLength: 5 }));
export const literal: fc.Arbitrary<Literal> = fc.oneof(
  text,
  fc.boolean(),
  fc.double(),
  fc.integer(),
  fc.constantFrom(NaN, Infinity, -Infinity, -0, 1e21, 5e-324),
);

/** Comparisons over the given fields and values. */
export const comparisonOf = (fields: fc.Arbitrary<Field>, literals: fc.Arbitrary<Literal>): fc.Arbitrary<Filter> =>
  fc.oneof(
    fc.record({ field: fields, op: fc.constantFrom('=', '!=', '<', '<=', '>', '>='), value: literals }),
    fc.record({ field: fields, op: fc.constantFrom('like', 'ilike', 'not like', 'not ilike'), value: text }),
    fc.record({ field: fields, op: fc.constantFrom('in', 'not in'), values: fc.array(literals, { maxLength: 3 }) }),
    fc.record({ field: fields, op: fc.constantFrom('is null', 'is not null') }),
  );

export const filterOf = (comparison: fc.Arbitrary<Filter>): fc.Arbitrary<Filter> =>
  fc.letrec<{ node: Filter }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      comparison,
      fc.array(tie('node'), { maxLength: 3 }).map((members) => and(...members)),
      fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((members) => or(members[0]!, ...members.slice(1))),
      tie('node').map(not),
    ),
  })).node;
