import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toTable } from '../../src/data/table.js';
import { loadModel } from '../../src/models/model.js';
import { trainerFor } from '../../src/models/trainer.js';
import { MLOpsError } from '../../src/errors.js';
import { createRandom } from '../../src/util/random.js';

const table = toTable({
  x: Array.from({ length: 40 }, (_, i) => (i % 7 === 0 ? null : i)),
  c: Array.from({ length: 40 }, (_, i) => 'abc'.charAt(i % 3)),
  y: Array.from({ length: 40 }, (_, i) => i * (1 + (i % 3))),
});

async function trainedJson(): Promise<string> {
  const { model } = await trainerFor('cart').train({
    table,
    targetColumn: 'y',
    featureColumns: ['x', 'c'],
    task: 'regression',
    hyperparameters: { min_samples_split: 4 },
    random: createRandom(1),
  });
  return JSON.stringify(model);
}

describe('loadModel', () => {
  it('reads a constant without format version as version 1', () => {
    const model = loadModel({ kind: 'constant', value: 1.2 });
    expect(model).toMatchObject({ format: 'constant', formatVersion: 1, task: 'regression', features: [] });
    expect(model.predict({ anything: 1 })).toBe(1.2);
    expect([...model.predictBatch(table.slice(0, 2))]).toEqual([1.2, 1.2]);
    expect(loadModel(model.toJSON()).toJSON()).toEqual({
      kind: 'constant',
      formatVersion: 1,
      task: 'regression',
      value: 1.2,
    });
  });

  it('reads a constant probability', () => {
    expect(loadModel({ kind: 'constant', task: 'classification', value: 0.3 }).task).toBe('classification');
    expect(() => loadModel({ kind: 'constant', task: 'classification', value: 3 })).toThrow('a probability');
  });

  it('gives back the very predictions of the model that was written', async () => {
    const json = await trainedJson();
    const model = loadModel(JSON.parse(json));
    expect(JSON.stringify(model)).toBe(json);
    expect(model.features).toEqual([
      { name: 'x', type: 'numeric' },
      { name: 'c', type: 'categorical' },
    ]);
    expect(model.predict({ c: 'never seen' })).toBe(model.predict({}));
  });

  it.each([
    [{ kind: 'svm' }, 'UNSUPPORTED', 'known are constant, cart, random_forest'],
    [{ kind: 'constant', value: 1, formatVersion: 2 }, 'UNSUPPORTED', 'upgrade the library'],
    [{ kind: 'constant', value: 1, formatVersion: 0 }, 'CORRUPT', 'model.formatVersion'],
    [{ kind: 'constant', value: '1' }, 'CORRUPT', 'model.value must be a finite number'],
    [{ kind: 'constant', value: Infinity }, 'CORRUPT', 'model.value must be a finite number'],
    [{ kind: 'constant' }, 'CORRUPT', 'found nothing'],
    [{ kind: 'constant', value: 1, task: 'clustering' }, 'CORRUPT', 'one of regression, classification'],
    [{ value: 1 }, 'CORRUPT', 'model.kind must be a string'],
    [{ kind: 'toString', value: 1 }, 'UNSUPPORTED', 'toString'],
    [{ kind: 'cart', task: 'regression', encoder: { features: [] }, trees: [] }, 'CORRUPT', 'an array of 1'],
    [
      { kind: 'random_forest', task: 'regression', encoder: { features: [] }, trees: [] },
      'CORRUPT',
      'an array of 1 or more',
    ],
    [{ kind: 'cart', task: 'regression', encoder: [] }, 'CORRUPT', 'model.encoder must be an object'],
    [
      {
        kind: 'cart',
        task: 'regression',
        encoder: { features: [{ name: 'x', type: 'numeric', median: 0, hasIndicator: 1 }] },
      },
      'CORRUPT',
      'model.encoder.features[0].hasIndicator must be true or false',
    ],
    [
      {
        kind: 'cart',
        task: 'regression',
        encoder: { features: [{ name: 'x', type: 'categorical', categories: [1] }] },
      },
      'CORRUPT',
      'strings only',
    ],
    [null, 'CORRUPT', 'model must be an object'],
    ['constant', 'CORRUPT', 'model must be an object'],
    [[], 'CORRUPT', 'model must be an object'],
  ])('refuses %j', (json, code, message) => {
    const load = (): unknown => loadModel(json);
    expect(load).toThrow(expect.objectContaining({ code }) as Error);
    expect(load).toThrow(message);
  });

  it('a model damaged anywhere still loads and predicts finite numbers, or is refused as damaged', async () => {
    const json = await trainedJson();
    const junk = fc.constantFrom<unknown>(null, -1, 1.5, 1e9, 'x', [], {}, true, [[]]);
    fc.assert(
      fc.property(fc.nat(), junk, (seed, value) => {
        let spot = seed % (json.match(/[:,[]/g)?.length ?? 1);
        const damaged: unknown = JSON.parse(json, (_key, member: unknown) => (spot-- === 0 ? value : member));
        try {
          const model = loadModel(damaged);
          expect(model.predict({ x: 3, c: 'a' })).toSatisfy(Number.isFinite);
        } catch (error) {
          if (!(error instanceof MLOpsError)) throw error;
          expect(['CORRUPT', 'UNSUPPORTED']).toContain(error.code);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('a truncated list is refused', async () => {
    const damaged = JSON.parse(await trainedJson()) as { trees: { feature: number[] }[] };
    damaged.trees[0]!.feature.pop();
    expect(() => loadModel(damaged)).toThrow('model.trees[0].value must be an array of');
  });
});
