import { describe, refuse } from '../util/check.js';

/** Where a model version is in its life. */
export const ModelStage = {
  DEVELOPMENT: 'Development',
  STAGING: 'Staging',
  PRODUCTION: 'Production',
  ARCHIVED: 'Archived',
} as const;
export type ModelStage = (typeof ModelStage)[keyof typeof ModelStage];

const stages: readonly ModelStage[] = Object.values(ModelStage);

/** From each stage, where a version may go. Archived → Production is a rollback. */
export const transitions: Readonly<Record<ModelStage, readonly ModelStage[]>> = {
  Development: ['Staging', 'Archived'],
  Staging: ['Production', 'Development', 'Archived'],
  Production: ['Archived'],
  Archived: ['Production', 'Development'],
};

/** The stage of that name, in any case. */
export function parseStage(value: unknown, what = 'stage'): ModelStage {
  const found =
    typeof value === 'string' ? stages.find((stage) => stage.toLowerCase() === value.toLowerCase()) : undefined;
  return found ?? refuse(`${what} must be one of ${stages.join(', ')}, got ${describe(value)}`);
}
