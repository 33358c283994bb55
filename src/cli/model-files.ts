import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BaselineProfile } from '../data/baseline-profile.js';
import { MLOpsError } from '../errors.js';
import type { Model } from '../models/model.js';
import type { RegisterModelOptions } from '../registry/registration.js';
import { makeFolder } from '../util/make-folder.js';
import { isError } from '../util/is-error.js';

/** Where `train` writes the training data in counts. */
const profileName = 'profile.json';

/** What `train` writes beside a model and `register` reads back. */
export type ModelMetadata = Pick<
  RegisterModelOptions,
  | 'modelType'
  | 'featureColumns'
  | 'targetColumn'
  | 'performanceMetrics'
  | 'hyperparameters'
  | 'trainingData'
  | 'runId'
  | 'experimentName'
>;

/** Writes `<root>/<name>_v<n>` with the next free n; complete or not there at all. */
export async function writeModelFolder(
  root: string,
  modelName: string,
  model: Model,
  metadata: ModelMetadata,
  profile: BaselineProfile,
): Promise<string> {
  await makeFolder(root);
  const name = modelName.replaceAll(/[/\\]/g, '_'); // one folder, whatever the model is called
  const taken = (await readdir(root)).map((entry) => new RegExp(`^${escape(name)}_v(\\d+)$`).exec(entry)?.[1]);
  let next = Math.max(0, ...taken.map((number) => Number(number ?? 0))) + 1;
  const unfinished = join(root, `.${name}_${process.pid}_${Date.now()}`);
  try {
    await mkdir(unfinished);
    await writeFile(join(unfinished, 'model.json'), `${JSON.stringify(model.toJSON())}\n`);
    await writeFile(join(unfinished, 'metadata.json'), `${JSON.stringify(metadata, undefined, 2)}\n`);
    await writeFile(join(unfinished, profileName), JSON.stringify(profile));
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
  for (;;) {
    const folder = join(root, `${name}_v${next}`);
    if (!existsSync(folder)) {
      try {
        await rename(unfinished, folder);
        return folder;
      } catch (error) {
        if (!isTaken(error)) throw error; // somebody else took the number in between
      }
    }
    next++;
  }
}

/** Metadata beside a model, or nothing when the folder holds none. */
export async function readModelMetadata(folder: string): Promise<Partial<ModelMetadata>> {
  return (await readJson(join(folder, 'metadata.json'))) ?? {};
}

/** The profile beside a model, or nothing when the folder holds none. */
export async function readModelProfile(folder: string): Promise<BaselineProfile | undefined> {
  return (await readJson(join(folder, profileName))) as BaselineProfile | undefined;
}

async function readJson(path: string): Promise<unknown> {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new MLOpsError('INVALID_INPUT', `${path} is not JSON; repair or remove it`, { cause });
  }
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const isTaken = (error: unknown): boolean =>
  isError(error) && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST');
