import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Row, toTable } from '../../src/data/table.js';
import { FeatureEncoder } from '../../src/models/feature-encoder.js';
import { ModelJson } from '../../src/models/model-json.js';

const training = toTable([
  { size: 1, term: '5-Year', coupon: 2 },
  { size: null, term: '10-Year', coupon: 3 },
  { size: 4, term: '10-Year', coupon: 4 },
  { size: 2, term: null, coupon: 5 },
]);
const target = Float64Array.of(10, 2, 2, 2);
const encoder = FeatureEncoder.fit(training, ['size', 'term', 'coupon'], target);

function encode(row: Row): number[] {
  const out = new Float64Array(encoder.width);
  encoder.encodeRow(row, out);
  return [...out];
}

describe('FeatureEncoder', () => {
  it('imputes the training median and flags what was missing, where training had gaps', () => {
    expect(encode({ size: 7, coupon: 1, term: '5-Year' })).toEqual([7, 0, 1, 1]);
    expect(encode({ term: '5-Year' })).toEqual([2, 1, 1, 3.5]);
  });

  it('ranks categories by mean target and puts the unknown at the overall mean', () => {
    expect(encode({ term: '10-Year' })[2]).toBe(0);
    expect(encode({ term: '5-Year' })[2]).toBe(1);
    for (const term of [undefined, null, '30-Year', '', 5, {}]) expect(encode({ term })[2]).toBe(0.5);
  });

  it('shrinks rare categories towards the overall mean', () => {
    const common = Array.from({ length: 50 }, () => ({ c: 'common', y: 3 }));
    const filler = Array.from({ length: 50 }, () => ({ c: 'filler', y: 0 }));
    const rows = [{ c: 'rare', y: 4 }, ...common, ...filler];
    const fitted = FeatureEncoder.fit(
      toTable(rows),
      ['c'],
      Float64Array.from(rows, ({ y }) => y),
    );
    // (4 + 10 · 154/101) / 11 = 1.75 < (150 + 10 · 154/101) / 60 = 2.75
    expect(fitted.encodings[0]).toMatchObject({ categories: ['filler', 'rare', 'common'], otherwise: 0.5 });
  });

  it('reads numbers from text, and never fails on values of the wrong type', () => {
    expect(encode({ coupon: '4.250', term: '10-Year', size: '3%' })).toEqual([3, 0, 0, 4.25]);
    expect(encode({ coupon: 3n })[3]).toBe(3);
    for (const coupon of ['x', true, {}, Symbol('s'), new Date(0), NaN]) expect(encode({ coupon })[3]).toBe(3.5);
    expect(encode({ coupon: -Infinity })[3]).toBe(-1e300);
  });

  it('does not mistake inherited members for features', () => {
    const fitted = FeatureEncoder.fit(toTable({ constructor: ['a', 'b'] }), ['constructor'], Float64Array.of(0, 1));
    const out = new Float64Array(1);
    fitted.encodeRow({}, out);
    expect(out[0]).toBe(0.5);
  });

  it('encodes a table as it encodes its rows, whatever kinds its columns have', () => {
    const cell = fc.option(
      fc.oneof(fc.double(), fc.constantFrom('5-Year', '10-Year', '4.250', '7%', 'NA', '2012-01-31'), fc.boolean()),
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ size: cell, term: cell, coupon: cell }, { requiredKeys: [] }), { minLength: 1 }),
        (rows) => {
          const table = toTable(rows);
          const columns = encoder.encodeTable(table);
          for (let row = 0; row < table.rowCount; row++) {
            expect(columns.map((values) => values[row])).toEqual(encode(table.row(row)));
          }
        },
      ),
    );
  });

  it('survives the trip through JSON', () => {
    const again = FeatureEncoder.fromJson(new ModelJson(JSON.parse(JSON.stringify(encoder)), 'model'));
    expect(again.encodings).toEqual(encoder.encodings);
    expect(again.features).toEqual([
      { name: 'size', type: 'numeric' },
      { name: 'term', type: 'categorical' },
      { name: 'coupon', type: 'numeric' },
    ]);
  });

  it('a feature without values in training is a constant', () => {
    const fitted = FeatureEncoder.fit(toTable({ x: [null, null] }), ['x'], Float64Array.of(0, 1));
    expect(fitted.encodings[0]).toEqual({ name: 'x', type: 'numeric', median: 0, hasIndicator: false });
  });

  it('refuses dates and columns that are not there', () => {
    const table = toTable([{ date: '2012-01-31', x: 1 }]);
    expect(() => FeatureEncoder.fit(table, ['date'], Float64Array.of(1))).toThrow('feature "date" is a date');
    expect(() => FeatureEncoder.fit(table, ['y'], Float64Array.of(1))).toThrow('there is no column "y"');
  });
});
