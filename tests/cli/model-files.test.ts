import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProfile, toTable } from '@bondx/mlops';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeModelFolder } from '../../src/cli/model-files.js';
import { ConstantModel } from '../../src/models/constant-model.js';
import { failure } from '../helpers.js';

let root: string;
beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'model-files-'))));
afterEach(async () => rm(root, { recursive: true }));

const metadata = { modelType: 'spread', featureColumns: ['x'], targetColumn: 'y' };
const write = async (name: string, model = new ConstantModel(1)): Promise<string> =>
  writeModelFolder(root, name, model, metadata, await createProfile(toTable([{ x: 1 }])));

describe('the folder of a model', () => {
  it('has the next free number, and one name below the root whatever the model is called', async () => {
    expect(await write('spread')).toBe(join(root, 'spread_v1'));
    expect(await write('spread')).toBe(join(root, 'spread_v2'));
    expect(await write('rates/spread')).toBe(join(root, 'rates_spread_v1'));
    expect(await write('..\\spread')).toBe(join(root, '.._spread_v1'));
    expect((await readdir(root)).sort()).toEqual(['.._spread_v1', 'rates_spread_v1', 'spread_v1', 'spread_v2']);
  });

  it('is not there, nor a part of it, when it could not be written', async () => {
    const model = new ConstantModel(1);
    model.toJSON = () => {
      throw new Error('no space left');
    };
    expect((await failure(write('spread', model))).message).toBe('no space left');
    expect(await readdir(root)).toEqual([]);
  });
});
