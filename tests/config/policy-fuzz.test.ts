import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effectivePolicy } from '../../src/config/effective-policy.js';
import { MLOpsConfig } from '../../src/config/mlops-config.js';
import type { PolicyInput } from '../../src/config/mlops-config.js';
import { readPolicyDocument } from '../../src/config/policy-document.js';
import { decodePolicy } from '../../src/config/policy-text.js';
import { PolicyError } from '../../src/errors.js';
import { valuePaths } from '../../src/config/key-tree.js';
import { fromText } from './policy-fixture.js';

/** What `fromYaml` does with the bytes of a file. */
function load(bytes: Uint8Array): void {
  try {
    const { content, problems } = readPolicyDocument(decodePolicy(bytes, 'fuzz.yaml'), 'fuzz.yaml');
    effectivePolicy({ content, problems, spelling: 'snake', environment: {}, name: 'fuzz.yaml' });
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    expect(error.issues.length).toBeGreaterThan(0);
    expect(error.issues.every(({ message }) => message !== '')).toBe(true);
  }
}

const loadText = (text: string): void => load(new TextEncoder().encode(text));

function expectCleanPrototypes(): void {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(Reflect.ownKeys(Object.prototype)).toHaveLength(pristine);
}

const pristine = Reflect.ownKeys(Object.prototype).length;

/** Fragments that YAML gives a meaning, and keys of the schema: strings of them reach deep into the loader. */
const fragment = fc.oneof(
  fc.constantFrom(
    '\n',
    '  ',
    ': ',
    '- ',
    '? ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '#',
    '&a ',
    '*a',
    '!t ',
    '!!str ',
    '|\n',
    '>\n',
  ),
  fc.constantFrom(
    '"',
    "'",
    '\t',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '<<',
    '__proto__',
    'constructor',
    'null',
    '~',
    '\\x',
  ),
  fc.constantFrom('\0', '\r', '\uFEFF', '\u2028', '.inf', '-0', '1e999', '0.5', 'true', 'models:\n  a:\n    '),
  fc.constantFrom(...valuePaths().flat()).map((key) => `${key}: `),
  fc.string({ maxLength: 5 }),
);

const name = fc
  .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
  .filter(
    (text) =>
      text.trim() !== '' &&
      !/\p{Cc}|\u2028|\u2029/u.test(text) &&
      !['__proto__', 'constructor', 'prototype'].includes(text),
  );
const names = fc.uniqueArray(name, { maxLength: 5 });
const fraction = fc.double({ min: 0, max: 1, noNaN: true });

const model = fc.record(
  {
    featureColumns: names,
    targetColumn: fc.option(name),
    algorithm: fc.constantFrom('cart' as const, 'random_forest' as const),
    hyperparameters: fc.dictionary(
      name,
      fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.string({ unit: 'grapheme' })),
    ),
    driftThresholds: fc.record({ featureDriftThreshold: fc.option(fraction) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

const policy: fc.Arbitrary<PolicyInput> = fc.record(
  {
    seed: fc.nat(),
    supportedModels: names,
    logPath: name,
    drift: fc.record({
      psiThreshold: fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
      featureDriftThreshold: fraction,
    }),
    tracking: fc.record({ trackingUri: fc.option(name), logMetrics: fc.boolean() }),
    models: fc.dictionary(name, model, { maxKeys: 4 }),
  },
  { requiredKeys: [] },
);

describe('any input', () => {
  it('made of bytes gives a policy or a policy error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), load), { numRuns: 500 });
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), loadText), { numRuns: 500 });
    expectCleanPrototypes();
  });

  it('made of YAML gives a policy or a policy error', () => {
    const text = fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join(''));
    fc.assert(fc.property(text, loadText), { numRuns: 3_000 });
    expectCleanPrototypes();
  });

  it('made by damaging a good policy gives a policy or a policy error', () => {
    const good = MLOpsConfig.default({ environment: {} }).toYaml();
    const damaged = fc
      .tuple(fc.nat(good.length), fc.nat(30), fragment)
      .map(([at, length, part]) => good.slice(0, at) + part + good.slice(at + length));
    fc.assert(fc.property(damaged, loadText), { numRuns: 300 });
    expectCleanPrototypes();
  });

  it('made of objects gives a policy or a policy error', () => {
    const key = fc.oneof(
      fc.constantFrom('drift', 'models', 'seed', 'psiThreshold', '__proto__', 'hyperparameters'),
      fc.string(),
    );
    const anything = fc.anything({
      key,
      withBigInt: true,
      withMap: true,
      withDate: true,
      withNullPrototype: true,
      withTypedArray: true,
    });
    fc.assert(
      fc.property(fc.dictionary(key, anything), (given) => {
        try {
          MLOpsConfig.fromObject(given, { environment: {} });
        } catch (error) {
          if (!(error instanceof PolicyError)) throw error;
        }
      }),
      { numRuns: 1_000 },
    );
    expectCleanPrototypes();
  });

  it('made of variables gives a policy or a policy error', () => {
    const variable = fc.constantFrom(
      ...valuePaths().map((path) => `BONDX_${path.join('__').toUpperCase()}`),
      'BONDX_X__Y',
    );
    fc.assert(
      fc.property(
        fc.dictionary(variable, fc.oneof(fc.string(), fc.constantFrom('1', 'true', 'a,b', 'null'))),
        (environment) => {
          try {
            MLOpsConfig.default({ environment });
          } catch (error) {
            if (!(error instanceof PolicyError)) throw error;
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('toYaml', () => {
  it('gives a file that loads as an equal policy', () => {
    fc.assert(
      fc.property(policy, (given) => {
        const config = MLOpsConfig.fromObject(given, { environment: {} });
        const again = fromText(config.toYaml());
        expect(again.policy).toEqual(config.policy);
        expect(again.digest).toBe(config.digest);
        expect(again.toYaml()).toBe(config.toYaml());
      }),
      { numRuns: 200 },
    );
  });
});
