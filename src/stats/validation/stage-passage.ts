import { MLOpsError } from '../../errors.js';
import { type Estimate, wilson } from '../wilson.js';

/** Defaults, and how many of them were seen coming. */
export interface StagePassage {
  /** Exposures that entered Stage 3 from another stage. */
  readonly defaults: number;
  /** Those of them that were in Stage 2 at a date before. */
  readonly passedStage2: number;
  /** Their share with Wilson's interval; absent without defaults. */
  readonly share?: Estimate;
}

/**
 * Share of the defaults that passed Stage 2 first: whether the significant increase in credit risk of IFRS 9 5.5.9 was
 * found before the default. Exposures that begin in Stage 3 are left out.
 *
 * @param paths for each exposure its stages 1, 2, 3, date by date, oldest first
 * @throws MLOpsError `INVALID_INPUT` for other stages
 */
export function stagePassage(paths: readonly ArrayLike<number>[], confidence = 0.95): StagePassage {
  let defaults = 0;
  let passedStage2 = 0;
  paths.forEach((path, i) => {
    const stages = Array.from(path);
    const odd = stages.find((stage) => stage !== 1 && stage !== 2 && stage !== 3);
    if (odd !== undefined) {
      throw new MLOpsError('INVALID_INPUT', `exposure ${i} is in stage ${odd}; expected 1, 2 or 3`);
    }
    const entry = stages.indexOf(3);
    if (entry < 1) return;
    defaults++;
    if (stages.lastIndexOf(2, entry) !== -1) passedStage2++;
  });
  return { defaults, passedStage2, ...(defaults > 0 && { share: wilson(passedStage2, defaults, confidence) }) };
}
