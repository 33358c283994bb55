import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Trainer } from '../../src/models/trainer.js';
import { builtInTrainers, trainerFor } from '../../src/models/trainer.js';

describe('trainerFor', () => {
  it('knows the trainers that come with the library', () => {
    for (const algorithm of ['cart', 'random_forest']) expect(trainerFor(algorithm).algorithm).toBe(algorithm);
  });

  it('finds the trainers that are passed in', () => {
    const mine: Trainer = { ...trainerFor('cart'), algorithm: 'mine' };
    expect(trainerFor('mine', new Map([...builtInTrainers, ['mine', mine]]))).toBe(mine);
  });

  it('says which there are when there is none of the name', () => {
    expect(() => trainerFor('randomforest')).toThrow('did you mean random_forest?');
    expect(() => trainerFor('xgboost')).toThrow('only cart, random_forest');
  });

  it('loading a model loads no training library', () => {
    const script = `
      import { createRequire } from 'node:module';
      import { loadModel } from './src/models/model.ts';
      import { trainerFor } from './src/models/trainer.ts';
      loadModel({ kind: 'constant', value: 1 });
      trainerFor('cart');
      const loaded = Object.keys(createRequire(import.meta.url).cache).filter((path) => /node_modules.ml-/.test(path));
      await import('ml-cart');
      const after = Object.keys(createRequire(import.meta.url).cache).filter((path) => /node_modules.ml-/.test(path));
      console.log(JSON.stringify([loaded.length, after.length > 0]));`;
    const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(child.stdout.trim()).toBe('[0,true]');
  });
});
