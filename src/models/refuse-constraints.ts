import { refuse } from '../util/check.js';
import type { TrainingRequest } from './contract.js';

/** For trainers that cannot hold predictions to an order: ignoring it would give a model that breaks its promise. */
export function refuseConstraints({ monotoneConstraints = {} }: TrainingRequest, algorithm: string): void {
  const names = Object.keys(monotoneConstraints);
  if (names.length > 0)
    refuse(`${algorithm} knows no monotone constraints (${names.join(', ')}); use gradient_boosting`);
}
