import type { EvidenceCollector } from '../../src/canary/evidence/evidence-collector.js';
import { uniforms } from './samples.js';

/** How one of the models does; multiples of the losses, shares, and accuracies. */
export interface Effect {
  readonly errors: number;
  readonly loss?: number;
  /** Multiple of the losses in the segment `energy`. */
  readonly energy?: number;
  readonly accuracy?: number;
  readonly slow?: number;
  /** Share of outcomes that are recorded, and of those that get their label. */
  readonly kept?: number;
  readonly labelled?: number;
}

/** Traffic that generate_canary.py makes bit for bit alike. */
export interface TrafficCase {
  readonly seed: number;
  readonly task: 'regression' | 'classification';
  readonly steps: readonly { readonly mode: 'split' | 'shadow'; readonly share: number }[];
  readonly requests: number;
  /** Routing keys, the first of which send most; 0: each request is one. */
  readonly keys: number;
  readonly segments?: boolean;
  readonly cohortMs?: number;
  readonly canary: Effect;
  readonly production: Effect;
}

const segments = ['banks', 'energy', 'other'];

/** Records what came of the traffic. */
export function recordTraffic(collector: EvidenceCollector, traffic: TrafficCase): void {
  const next = uniforms(traffic.seed);
  for (let i = 0; i < traffic.requests; i++) {
    const step = Math.floor((i * traffic.steps.length) / traffic.requests);
    const [pick, canaryError, productionError, canaryValue, productionValue, truth, wait, keep, label] = Array.from(
      { length: 9 },
      next,
    ) as [number, number, number, number, number, number, number, number, number];
    const key = traffic.keys > 0 ? Math.floor(pick * pick * traffic.keys) : i;
    const unit = Math.imul(key + 1, 2_654_435_761) >>> 0;
    const level = 0.5 + (unit % 1024) / 1024;
    const segment = traffic.segments === true ? segments[unit % 3]! : undefined;
    const ofSegment = segment === undefined ? {} : { segment };
    const actual = traffic.task === 'regression' ? truth : Number(truth < 0.3);

    const answer = (arm: 'canary' | 'production', error: number, value: number) => {
      const { loss = 1, energy = 1, accuracy = 0, slow = 1, errors } = traffic[arm];
      const times = loss * (segment === 'energy' ? energy : 1);
      const prediction =
        traffic.task === 'regression' ? actual + value * level * times : value < accuracy ? actual : 1 - actual;
      return { error: error < errors * level, prediction, latencyMs: wait * 100 * slow };
    };
    const canary = answer('canary', canaryError, canaryValue);
    const production = answer('production', productionError, productionValue);
    const at = i * 1000;
    if (traffic.steps[step]!.mode === 'shadow') {
      collector.recordPair(step, unit, at, { canary, production, actual, ...ofSegment });
      continue;
    }
    const arm = unit / 2 ** 32 < traffic.steps[step]!.share ? 'canary' : 'production';
    const { kept = 1, labelled = 1 } = traffic[arm];
    if (keep >= kept) continue;
    const told = { ...(arm === 'canary' ? canary : production), ...ofSegment };
    if ((traffic.cohortMs ?? 0) === 0) {
      collector.record(arm, step, unit, at, { ...told, ...(label < labelled && { actual }) });
      continue;
    }
    collector.record(arm, step, unit, at, told);
    if (!told.error && label < labelled)
      collector.recordLabel(arm, step, unit, at, { prediction: told.prediction, actual, ...ofSegment });
  }
}
