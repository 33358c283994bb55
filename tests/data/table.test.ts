import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Table, tableFromColumns, tableFromRows, toTable } from '../../src/data/table.js';

const bonds = toTable([
  { id: 'A', coupon: 4.25, date: '2012-01-31', callable: true },
  { id: 'B', coupon: null, date: '2012-02-29', callable: false },
  { id: 'A', coupon: -1, date: '2012-01-31', callable: null },
]);

const cell = fc.option(fc.oneof(fc.double({ noNaN: true }), fc.constantFrom('x', 'y', 'z w')));
const rowsOfAnything = fc.array(fc.record({ a: cell, b: cell, c: fc.option(fc.constantFrom('u', 'v')) }), {
  minLength: 1,
});

describe('rows of an interface', () => {
  interface Loan {
    readonly utilization: number;
    readonly product: string;
  }

  it('are taken as they are, by the types too', () => {
    const loans: readonly Loan[] = [
      { utilization: 0.25, product: 'card' },
      { utilization: 0.5, product: 'auto' },
    ];
    expect([...toTable(loans).columns.keys()]).toEqual(['utilization', 'product']);
  });

  it('are refused where they are no rows', () => {
    expect(() => toTable([[1, 2]])).toThrow('row 0 is an array; expected an object');
  });
});

describe('kinds', () => {
  const kindOf = (cells: unknown[]): string => tableFromColumns({ cells }).column('cells').kind;
  const notesOn = (cells: unknown[]): string => tableFromColumns({ cells }).notes.join();

  it('numbers are numeric, with infinities kept and NaN missing', () => {
    const column = tableFromRows([{ x: Infinity }, { x: NaN }, { x: -Infinity }, { x: 3n }, {}]).column('x');
    expect(column).toMatchObject({ kind: 'numeric', missingCount: 2 });
    expect([...(column as { values: Float64Array }).values]).toEqual([Infinity, NaN, -Infinity, 3, NaN]);
  });

  it('numbers stored as text are numeric, and a note says so', () => {
    expect(kindOf(['4.250', ' -3.5', 'NA', 7])).toBe('numeric');
    expect(notesOn(['4.250', '3'])).toContain('numbers stored as text');
    expect(notesOn([4.25, 3])).toBe('');
  });

  it('percentages are numbers in percent, and a note says so', () => {
    const table = tableFromRows([{ rate: '4.250%' }, { rate: null }, { rate: '-0.5%' }]);
    expect(table.row(0)).toEqual({ rate: 4.25 });
    expect(table.row(1)).toEqual({ rate: null });
    expect(table.row(2)).toEqual({ rate: -0.5 });
    expect(table.notes.join()).toContain('percent');
  });

  it('percentages beside bare numbers are numbers in percent too, so that parts and the whole of a file agree', () => {
    const table = tableFromRows([{ rate: '4.250%' }, { rate: '3.50' }, { rate: 2 }, { rate: null }]);
    expect(table.column('rate')).toMatchObject({ kind: 'numeric', origin: { storedAsText: 'percentages' } });
    expect([0, 1, 2, 3].map((row) => table.row(row)['rate'])).toEqual([4.25, 3.5, 2, null]);
    expect(table.notes.join()).toContain('holds percentages as text, beside 2 bare numbers');
    expect(kindOf(['4%', 3, 'none'])).toBe('categorical');
  });

  it('ISO dates and Date objects are dates in UTC', () => {
    const table = tableFromRows([
      { at: '2012-01-31' },
      { at: new Date('2012-02-01T12:00:00Z') },
      { at: new Date(NaN) },
    ]);
    expect(table.column('at')).toMatchObject({ kind: 'date', missingCount: 1 });
    expect(table.row(1)).toEqual({ at: '2012-02-01T12:00:00.000Z' });
  });

  it('one text that is no date makes a column of dates categorical', () => {
    expect(kindOf(['2012-01-31', '2012-02-30'])).toBe('categorical');
  });

  it('booleans are categories', () => {
    expect(bonds.column('callable')).toMatchObject({
      kind: 'categorical',
      categories: ['true', 'false'],
      missingCount: 1,
    });
  });

  it('a mix of numbers and text is categorical, keeps every spelling, and is noted', () => {
    const table = tableFromRows([
      { cusip: '007' },
      { cusip: 7 },
      { cusip: '912828AB1' },
      { cusip: '4.250' },
      { cusip: '7' },
    ]);
    expect(table.column('cusip')).toMatchObject({
      kind: 'categorical',
      categories: ['007', '7', '912828AB1', '4.250'],
    });
    expect(table.notes.join()).toContain('mixes 4 numbers with 1 texts');
  });

  it('formulas are text, negative numbers are numbers', () => {
    expect(kindOf(['=1+1', '=A1'])).toBe('categorical');
    expect(kindOf(['-3.5', '-4'])).toBe('numeric');
  });

  it('a column without values is numeric, and noted', () => {
    expect(kindOf([null, undefined, 'NaN'])).toBe('numeric');
    expect(notesOn([null, ''])).toContain('holds no values');
  });

  it('can be forced', () => {
    const rows = [
      { a: 1, b: '2%', c: 0 },
      { a: 2, b: '3', c: '2012-01-31' },
    ];
    const table = tableFromRows(rows, { types: { a: 'categorical', b: 'numeric', c: 'date' } });
    expect(table.row(0)).toEqual({ a: '1', b: 2, c: '1970-01-01T00:00:00.000Z' });
    expect(table.row(1)).toEqual({ a: '2', b: 3, c: '2012-01-31T00:00:00.000Z' });
    expect(tableFromColumns({ a: Float64Array.of(1) }, { types: { a: 'categorical' } }).row(0)).toEqual({ a: '1' });
  });

  it('forced kinds are never guessed around', () => {
    expect(() => toTable([{ a: 1 }, { a: 'x' }], { types: { a: 'numeric' } })).toThrow(
      'row 1, column "a": "x" cannot be read as numeric',
    );
    expect(() => toTable([{ a: 1 }], { types: { b: 'numeric' } })).toThrow('types names "b"');
    expect(() => toTable({ a: [1] }, { types: { b: 'numeric' } })).toThrow('types names "b"');
  });
});

describe('bad input', () => {
  it.each([
    [{ x: 1 }, 'row 1, column "v" holds a object'],
    [[1], 'row 1, column "v" holds an array'],
    [() => 1, 'row 1, column "v" holds a function'],
    [Symbol('s'), 'row 1, column "v" holds a symbol'],
  ])('a cell that is no value is refused with its place', (bad, message) => {
    expect(() => tableFromRows([{ v: 1 }, { v: bad }])).toThrow(message);
  });

  it('rows must be objects', () => {
    for (const bad of [null, 3, [1]]) expect(() => tableFromRows([{}, bad as never])).toThrow('row 1 is');
  });

  it('data must be rows, columns or a table', () => {
    expect(() => toTable('bonds.csv' as never)).toThrow('got string');
    expect(() => toTable({ a: 3 } as never)).toThrow('column "a" must be an array');
    expect(() => toTable({ a: [1, 2], b: [1] })).toThrow('column "b" has 1 rows, expected 2');
  });

  it('an unknown column is refused with the nearest name, or all of them', () => {
    expect(() => bonds.column('cupon')).toThrow('did you mean "coupon"?');
    expect(() => bonds.column('maturity_years')).toThrow('there are id, coupon, date, callable');
  });

  it('rows out of range are refused', () => {
    for (const row of [-1, 3, 0.5]) {
      expect(() => bonds.row(row)).toThrow(`there is no row ${row}`);
      expect(() => bonds.take([row])).toThrow(`there is no row ${row}`);
    }
  });

  it('two columns of one name are refused', () => {
    const column = bonds.column('id');
    expect(() => new Table([column, column], 3)).toThrow('same name');
  });
});

describe('rows and columns', () => {
  it('a table made of its own rows is the same table', () => {
    fc.assert(
      fc.property(rowsOfAnything, (rows) => {
        const table = toTable(rows);
        const again = toTable(
          rows.map((_, i) => table.row(i)),
          {
            types: Object.fromEntries(Array.from(table.columns, ([name, { kind }]) => [name, kind])),
          },
        );
        expect(again.digest()).toBe(table.digest());
      }),
    );
  });

  it('taking rows and reading them commute', () => {
    fc.assert(
      fc.property(rowsOfAnything, fc.infiniteStream(fc.nat()), (rows, stream) => {
        const table = toTable(rows);
        const taken = [...stream.take(5)].map((i) => i % rows.length);
        expect(taken.map((_, i) => table.take(taken).row(i))).toEqual(taken.map((row) => table.row(row)));
      }),
    );
  });

  it('slices put together again are the whole', () => {
    fc.assert(
      fc.property(rowsOfAnything, fc.nat(), (rows, at) => {
        const table = toTable(rows);
        const cut = at % (rows.length + 1);
        expect(table.slice(0, cut).concat(table.slice(cut)).digest()).toBe(table.digest());
      }),
    );
  });

  it('slices count from the end as arrays do', () => {
    expect(bonds.slice(-1).row(0)['coupon']).toBe(-1);
    expect(bonds.slice(2, 1).rowCount).toBe(0);
    expect(bonds.slice(0, 99).rowCount).toBe(3);
  });

  it('categories keep the order of first appearance, and none is unused', () => {
    expect(bonds.take([1, 0]).column('id')).toMatchObject({ categories: ['B', 'A'] });
    expect(bonds.take([1]).column('id')).toMatchObject({ categories: ['B'] });
  });

  it('selecting keeps the order asked for', () => {
    expect([...bonds.select(['date', 'id']).columns.keys()]).toEqual(['date', 'id']);
  });

  it('adopts doubles without copying them, unless they could move in memory; copies what it converts', () => {
    const values = Float64Array.of(1, 2);
    expect(toTable({ values }).column('values')).toHaveProperty('values', values);
    const buffer = Reflect.construct(ArrayBuffer, [16, { maxByteLength: 64 }]) as ArrayBuffer;
    const resizable = new Float64Array(buffer);
    expect((toTable({ resizable }).column('resizable') as { values: Float64Array }).values).not.toBe(resizable);
    const floats = Float32Array.of(1, 2);
    const table = toTable({ floats });
    floats[0] = 9;
    expect(table.row(0)).toEqual({ floats: 1 });
  });

  it.each([
    Int8Array.of(1, 2),
    Uint8Array.of(1, 2),
    Uint8ClampedArray.of(1, 2),
    Int16Array.of(1, 2),
    Uint16Array.of(1, 2),
    Int32Array.of(1, 2),
    Uint32Array.of(1, 2),
    Float32Array.of(1, 2),
    Float64Array.of(1, 2),
    BigInt64Array.of(1n, 2n),
    BigUint64Array.of(1n, 2n),
  ])('takes %o as numbers', (x) => {
    expect(toTable({ x: x }).column('x')).toMatchObject({
      kind: 'numeric',
      values: Float64Array.of(1, 2),
    });
  });

  it('says that it is empty where a column is asked for', () => {
    expect(() => toTable([]).column('x')).toThrow('there is no column "x"; there are none: the data are empty');
  });

  it('keeps integers beyond 2^53 apart as categories', () => {
    const ids = [12345678901234567n, 12345678901234568n, 7n, null];
    for (const data of [ids.map((id) => ({ id })), { id: ids }]) {
      const column = toTable(data, { types: { id: 'categorical' } }).column('id');
      expect(column).toMatchObject({ categories: ['12345678901234567', '12345678901234568', '7'], missingCount: 1 });
      expect(toTable(data).column('id')).toMatchObject({ kind: 'numeric', missingCount: 1 });
    }
    const typed = toTable({ id: BigInt64Array.from(ids.slice(0, 3) as bigint[]) }, { types: { id: 'categorical' } });
    expect(typed.column('id')).toMatchObject({ categories: ['12345678901234567', '12345678901234568', '7'] });
  });

  it('concat wants the same columns and kinds, and lets an empty column be either', () => {
    const empty = toTable([{ id: null, coupon: null, date: null, callable: null }]);
    expect(bonds.concat(empty, bonds).rowCount).toBe(7);
    expect(empty.concat(bonds).column('date')).toMatchObject({ kind: 'date', missingCount: 1 });
    expect(() => bonds.concat(toTable([{ id: 'C' }]))).toThrow('there is no column');
    expect(() => bonds.concat(bonds.withColumn({ ...toTable({ coupon: ['x', 'y', 'z'] }).column('coupon') }))).toThrow(
      'column "coupon" is numeric and categorical',
    );
  });
});

describe('digest', () => {
  it('does not depend on how the table was built', () => {
    const rows = toTable([
      { a: 1, b: 'x' },
      { a: null, b: 'y' },
    ]);
    const columns = toTable({ b: ['x', 'y'], a: Float32Array.of(1, NaN) });
    const taken = toTable([{ a: 0, b: 'y' }, { a: 1, b: 'x' }, { b: 'y' }]).slice(1);
    expect(columns.digest()).toBe(rows.digest());
    expect(taken.digest()).toBe(rows.digest());
    expect(toTable({ z: [-0] }).digest()).toBe(toTable({ z: [0] }).digest());
  });

  it('changes with any value, name, kind or row order', () => {
    const digests = [
      toTable({ a: [1, 2] }),
      toTable({ a: [2, 1] }),
      toTable({ a: [1, 2.0000000001] }),
      toTable({ b: [1, 2] }),
      toTable({ a: ['1', '2'] }, { types: { a: 'categorical' } }),
      toTable({ a: [1, null] }),
      toTable({ a: [1] }),
    ].map((table) => table.digest());
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('is what it was in earlier releases', () => {
    // python3 -c "import hashlib,struct as s; print(hashlib.sha256(b'[\"a\",\"numeric\",2]\n'+s.pack('<2d',1,2)
    //   +b'[\"b\",\"categorical\",2]\n[\"x\"]\n'+s.pack('<2i',0,-1)).hexdigest())"
    expect(toTable({ b: ['x', null], a: [1, 2] }).digest()).toBe(
      'sha256:0d1bcc1f59435f90756224b2ce2a2df069e71126c36b642a9f7c068f35942a94',
    );
  });
});
