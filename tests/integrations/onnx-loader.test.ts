import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Row, toTable } from '@bondx/mlops';
import { onnxLoader } from '@bondx/mlops/onnx';
import { planInputs } from '../../src/integrations/onnx/input-plan.js';
import type { OnnxValue } from '../../src/models/onnx/onnx-signature.js';
import { readOutput } from '../../src/integrations/onnx/output-plan.js';
import { failure } from '../helpers.js';

const folder = 'tests/reference-models/onnx';
const read = (name: string): Buffer => readFileSync(`${folder}/${name}`);
/** Made by make_onnx_models.py with scikit-learn. */
const expected = JSON.parse(read('expected.json').toString()) as {
  readonly rows: Readonly<Record<string, number | string | null>>[];
  readonly 'spread-pipeline': number[];
  readonly 'spread-matrix': number[];
  readonly 'wide-classifier': number[];
};
const numeric = ['coupon_rate', 'maturity_years', 'age_years', 'issue_size_bn', 'benchmark_yield'];
const all = [...numeric, 'term'];
const table = toTable(expected.rows);

const open = (
  name: string,
  featureColumns: readonly string[],
  task: 'regression' | 'classification' = 'regression',
  options: Parameters<typeof onnxLoader>[0] = {},
) => onnxLoader(options).open([{ path: 'model.onnx', bytes: read(name) }], { task, featureColumns });

/** Largest difference relative to the numbers' size: the models compute in single precision. */
const distance = (actual: ArrayLike<number>, wanted: readonly number[]): number =>
  Math.max(...wanted.map((value, i) => Math.abs(actual[i]! - value) / Math.max(1, Math.abs(value))));

describe('models trained in Python', () => {
  it.each([
    ['spread-pipeline', all, 'regression'],
    ['spread-matrix', numeric, 'regression'],
    ['wide-classifier', all, 'classification'],
  ] as const)('%s predicts what scikit-learn does, rows with missing values too', async (name, columns, task) => {
    expect(table.column('issue_size_bn').missingCount).toBeGreaterThan(0);
    const model = await open(`${name}.onnx`, columns, task);
    expect(model).toMatchObject({ format: 'onnx', task });
    const predictions = await model.predictBatch(table);
    expect(distance(predictions, expected[name])).toBeLessThan(1e-5);
    for (const row of [0, 1, 7]) expect(await model.predict(expected.rows[row]!)).toBeCloseTo(predictions[row]!, 5);
    await model.close();
  });

  it('read their columns by name, whatever their order and whatever else there is', async () => {
    const model = await open('spread-pipeline.onnx', [...all].reverse());
    expect(model.features).toContainEqual({ name: 'term', type: 'categorical' });
    expect(distance(await model.predictBatch(table), expected['spread-pipeline'])).toBeLessThan(1e-5);
    await model.close();
  });

  it('take categories they have never seen, and texts that are missing, as they were trained to', async () => {
    const model = await open('spread-pipeline.onnx', all);
    const [row] = expected.rows;
    const unknown = await model.predict({ ...row, term: '100-Year' });
    expect(unknown).not.toBeNaN();
    expect(await model.predict({ ...row, term: null })).toBe(unknown);
    expect(await model.predict({ ...row, term: undefined, coupon_rate: 'none' })).not.toBeNaN();
    await model.close();
    const told = await open('spread-pipeline.onnx', all, 'regression', { missingText: row!['term'] as string });
    expect(await told.predict({ ...row, term: null })).toBe(await told.predict(row!));
    await told.close();
  });

  it('with weights beside them, refuse rows they have no number for', async () => {
    const files = [
      { path: 'model.onnx', bytes: read('external/model.onnx') },
      { path: 'weights.bin', bytes: read('external/weights.bin') },
    ];
    const model = await onnxLoader().open(files, { task: 'regression', featureColumns: ['a', 'b'] });
    expect(model.files).toBe(files);
    expect([...(await model.predictBatch(toTable({ a: [1, 3], b: [2, 4] })))]).toEqual([1, 4]);
    const answers = [true, 'True', false];
    expect([...(await model.predictBatch(toTable({ a: answers, b: [2, 2, 2] })))]).toEqual([1, 1, -1]); // as of 1, 1 and 0
    expect(await model.predict({ a: true, b: 2 })).toBe(1);
    const error = await failure(model.predictBatch(toTable({ a: [1, 3], b: [2, null] })));
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
    expect(error.message).toContain('no number for row 1, where b is missing');
    await model.close();
    expect(await failure(model.predict({ a: 1, b: 2 }))).toMatchObject({ code: 'CLOSED' });
  });
});

describe('inputs', () => {
  class Tensor {
    constructor(
      readonly type: string,
      readonly data: ArrayLike<unknown>,
      readonly dims: readonly number[],
    ) {}
  }
  const feeds = (inputs: OnnxValue[], columns: string[], rows: Row[]) =>
    planInputs({ inputs } as never, columns, 'none').ofTable(toTable(rows), 0, rows.length, { Tensor } as never);

  it('of booleans take booleans', () => {
    const flag: OnnxValue = { name: 'flag', type: 'bool', shape: ['', 1] };
    expect(feeds([flag], ['flag'], [{ flag: true }, { flag: false }])).toEqual({
      flag: new Tensor('bool', Uint8Array.of(1, 0), [2, 1]),
    });
  });

  it('of texts take several columns side by side', () => {
    const rows = [
      { term: '5-Year', kind: 'NOTE' },
      { term: null, kind: 'BOND' },
    ];
    expect(feeds([{ name: 'X', type: 'string', shape: ['', 2] }], ['term', 'kind'], rows)).toEqual({
      X: new Tensor('string', ['5-Year', 'NOTE', 'none', 'BOND'], [2, 2]),
    });
  });
});

describe('models that are refused', () => {
  it.each([
    ['pickle.onnx', numeric, 'regression', 'a Python pickle'],
    ['external-outside.onnx', ['a', 'b'], 'regression', "no file inside of the model's folder"],
    ['external-absolute.onnx', ['a', 'b'], 'regression', "no file inside of the model's folder"],
    ['external/model.onnx', ['a', 'b'], 'regression', 'register the folder'],
    [
      'spread-pipeline.onnx',
      ['coupon_rate', 'age_years'],
      'regression',
      'the feature columns are coupon_rate, age_years',
    ],
    ['spread-matrix.onnx', ['coupon_rate', 'age_years'], 'regression', 'takes 5 columns, there are 2'],
    ['wide-classifier.onnx', all, 'regression', 'gives 2 numbers a row; regression needs one'],
    ['wide-classifier-zipmap.onnx', all, 'classification', "options={'zipmap': False}"],
  ] as const)('%s for %j (%s)', async (name, columns, task, message) => {
    const error = await failure(open(name, columns, task));
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
    expect(error.message).toContain(message);
  });

  it('one that is cut off', async () => {
    const bytes = read('spread-pipeline.onnx').subarray(0, 5000);
    const about = { task: 'regression', featureColumns: all } as const;
    expect(await failure(onnxLoader().open([{ path: 'm.onnx', bytes }], about))).toMatchObject({ code: 'CORRUPT' });
  });

  it('options and outputs that do not exist', async () => {
    expect((await failure(open('spread-matrix.onnx', numeric, 'regression', { output: 'y' }))).message).toContain(
      'no output "y"; it has variable: float32',
    );
    expect(() => onnxLoader({ threads: 0 })).toThrow('threads must be');
    expect(() => onnxLoader({ missingText: null as never })).toThrow('missingText must be a string');
    expect(() => onnxLoader({ thread: 2 } as never)).toThrow('no option "thread"');
  });

  it('no probability that rounding in single precision made 1.0000001, as of forests', () => {
    const plan = { name: 'probabilities', task: 'classification' } as const;
    const data = Float32Array.of(-1.1920929e-7, 1.0000001, 0.75, 0.25);
    expect([...readOutput(plan, { type: 'float32', data, dims: [2, 2] }, 2)]).toEqual([1, 0.25]);
    expect([...readOutput({ ...plan, task: 'regression' }, { data: [1.5] } as never, 1)]).toEqual([1.5]);
    expect(() => readOutput(plan, { data: [1.001] } as never, 1)).toThrow('gives 1.001, which is no probability');
  });

  it('a probability that is none', async () => {
    const files = ['external/model.onnx', 'external/weights.bin'].map((name) => ({
      path: name.slice('external/'.length),
      bytes: read(name),
    }));
    const model = await onnxLoader().open(files, { task: 'classification', featureColumns: ['a', 'b'] });
    expect((await failure(model.predict({ a: 1, b: 0 }))).message).toContain('gives 2, which is no probability');
    await model.close();
  });
});
