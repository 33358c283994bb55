import type { MLOpsConfig } from '../config/mlops-config.js';
import { commandTrainer } from '../models/command/command-trainer.js';
import type { AnyModel, ModelLoader } from '../models/async-model.js';
import type { Trainer } from '../models/contract.js';
import { trainerFor } from '../models/trainer.js';
import { refuse } from '../util/check.js';

export interface TrainerSources {
  readonly config: MLOpsConfig;
  readonly trainers: ReadonlyMap<string, Trainer<AnyModel>>;
  /** For the models of `command`. */
  readonly loaders: readonly ModelLoader[];
}

/**
 * The trainer of a name; `command`, unless code brings one of that name, is the program in `models.<type>.command`.
 *
 * @throws MLOpsError `NOT_FOUND` that lists the known algorithms; `INVALID_INPUT` when the policy names no program
 */
export function findTrainer(algorithm: string, modelType: string, sources: TrainerSources): Trainer<AnyModel> {
  const { config, trainers, loaders } = sources;
  if (algorithm !== 'command' || trainers.has(algorithm)) return trainerFor(algorithm, trainers);
  const { program, workingFolder, timeLimitMinutes, memoryLimitMb, ...command } = config.modelPolicy(modelType).command;
  if (program === null) {
    refuse(`the algorithm is command, but models.${modelType}.command.program names no program; set it in the policy`);
  }
  return commandTrainer({
    ...command,
    program,
    workingFolder: config.resolvePath(workingFolder),
    timeLimitMs: timeLimitMinutes * 60_000,
    memoryLimitBytes: memoryLimitMb === null ? null : memoryLimitMb * 1024 * 1024,
    maxFileBytes: config.policy.tracking.maxArtifactSizeMb * 1024 * 1024,
    loaders,
  });
}
