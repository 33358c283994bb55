import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkExternalData } from '../../../src/models/onnx/check-external-data.js';
import { readOnnx } from '../../../src/models/onnx/read-onnx.js';
import { MLOpsError } from '@bondx/mlops';

const read = (name: string): Buffer => readFileSync(`tests/reference-models/onnx/${name}`);
const errorOf = (act: () => unknown): MLOpsError => {
  try {
    act();
  } catch (error) {
    return error as MLOpsError;
  }
  throw new Error('expected a failure');
};

describe('what an ONNX model says of itself', () => {
  it('is one input a column where it was exported so', () => {
    const { inputs, outputs, opsets, domains, producer, externalData } = readOnnx(read('spread-pipeline.onnx'));
    expect(inputs.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'coupon_rate float32',
      'maturity_years float32',
      'age_years float32',
      'issue_size_bn float32',
      'benchmark_yield float32',
      'term string',
    ]);
    expect(inputs[0]!.shape).toEqual(['', 1]);
    expect(outputs).toEqual([{ name: 'variable', type: 'float32', shape: ['', 1] }]);
    expect(opsets).toEqual({ 'ai.onnx': 13, 'ai.onnx.ml': 1 });
    expect(domains).toEqual(['ai.onnx', 'ai.onnx.ml']);
    expect(producer).toBe('skl2onnx');
    expect(externalData).toEqual([]);
  });

  it('tells dictionaries from tensors', () => {
    const types = (name: string) => readOnnx(read(name)).outputs.map(({ type }) => type);
    expect(types('wide-classifier.onnx')).toEqual(['int64', 'float32']);
    expect(types('wide-classifier-zipmap.onnx')).toEqual(['int64', 'sequence']);
  });

  it('names the files its weights lie in', () => {
    expect(readOnnx(read('external/model.onnx')).externalData).toEqual([
      { tensor: 'weights', location: 'weights.bin', offset: 0, length: 8 },
    ]);
  });
});

describe('files that are refused', () => {
  it.each(['spread-pipeline.onnx', 'external/model.onnx'])('%s cut off anywhere', (name) => {
    const whole = read(name);
    for (let length = 0; length < whole.length; length++) {
      const error = errorOf(() => readOnnx(whole.subarray(0, length)));
      expect(error.code, `${length} bytes`).toBe('CORRUPT');
      expect(error.message).toContain('cut off at byte');
    }
  });

  it('pickles, zips, texts', () => {
    expect(errorOf(() => readOnnx(read('pickle.onnx')))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(errorOf(() => readOnnx(read('pickle.onnx'))).message).toContain('a Python pickle');
    expect(errorOf(() => readOnnx(Buffer.from('PK\u0003\u0004....'))).message).toContain('zip');
    for (const text of ['{"kind":"constant","value":1}', '<html>404</html>', 'version https://git-lfs']) {
      expect(errorOf(() => readOnnx(Buffer.from(text))).code).toBe('CORRUPT');
    }
  });

  it('whatever the bytes, reading ends with a signature or an error of the library', () => {
    const model = read('wide-classifier.onnx');
    const flips = fc.array(fc.tuple(fc.nat(model.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(flips, (changes) => {
        const bytes = Buffer.from(model);
        for (const [at, byte] of changes) bytes[at] = byte;
        try {
          readOnnx(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MLOpsError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('messages nested without end', () => {
    let graph = Buffer.alloc(0);
    for (let i = 0; i < 400; i++) {
      // an attribute (field 5 of a node) that holds a graph (field 6), in a node (field 1 of a graph)
      for (const tag of [6, 5, 1]) graph = Buffer.concat([Buffer.from([tag * 8 + 2]), varint(graph.length), graph]);
    }
    const bytes = Buffer.concat([Buffer.from([8, 8, 7 * 8 + 2]), varint(graph.length), graph]);
    expect(errorOf(() => readOnnx(bytes)).message).toContain('nested more than 100 deep');
  });
});

describe('weights in other files', () => {
  const check = (location: string, size: number | undefined, place: object = {}) =>
    checkExternalData(
      {
        ...readOnnx(read('external/model.onnx')),
        externalData: [{ tensor: 'w', location, offset: 0, length: 8, ...place }],
      },
      'model/model.onnx',
      (path) => (path === 'model/weights.bin' ? size : undefined),
    );

  it('are taken where they lie beside the model and are whole', () => {
    expect([...check('weights.bin', 8)]).toEqual([['weights.bin', 'model/weights.bin']]);
    expect(errorOf(() => check('weights.bin', 7)).message).toContain('up to byte 8, and it has 7');
    expect(errorOf(() => check('weights.bin', undefined)).message).toContain('register the folder');
    expect(errorOf(() => check('weights.bin', 8, { offset: -1 })).message).toContain('no sensible place');
    expect(errorOf(() => check('weights.bin', 8, { length: NaN })).message).toContain('no sensible place');
  });

  it.each([
    '',
    '/etc/passwd',
    '../weights.bin',
    'a/../../b',
    '..\\b',
    'C:\\b',
    'c:b',
    '%2e%2e/b',
    'a\u0000b',
    './weights.bin',
  ])('are refused at %j', (location) => {
    const error = errorOf(() => check(location, 8));
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
    expect(error.message).toContain("no file inside of the model's folder");
  });
});

function varint(value: number): Buffer {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Buffer.from([...bytes, value]);
}
