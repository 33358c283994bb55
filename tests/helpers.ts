import { MLOpsConfig, MemoryArtifactStore, MemoryStorage, type ContextOptions } from '@bondx/mlops';
import { FakeClock, countingIds } from '@bondx/mlops/testing';
import { createRandom } from '../src/util/random.js';

export interface World {
  readonly config: MLOpsConfig;
  readonly clock: FakeClock;
  readonly storage: MemoryStorage;
  readonly artifacts: MemoryArtifactStore;
  readonly options: ContextOptions;
}

/** Gates that a model without evidence passes, and the columns of the small models in these tests. */
export const lenient = {
  promotion: {
    minAccuracy: 0,
    maxDrift: 1,
    requireExplainability: false,
    requireFeatureImportance: false,
    requireBiasTesting: false,
    requireSecurityScan: true,
    requireComplianceCheck: false,
  },
  models: { spread: { featureColumns: ['x', 'kind'], targetColumn: 'y', algorithm: 'cart' } },
  tracking: { logEnvironment: false, logGitSha: false },
} as const;

/** Fresh stores in memory, a clock that stands still, ids that count. */
export function createWorld(policy: Parameters<typeof MLOpsConfig.fromObject>[0] = {}): World {
  const config = MLOpsConfig.fromObject({ ...lenient, ...policy }, { environment: {} });
  const clock = new FakeClock();
  const storage = new MemoryStorage();
  const artifacts = new MemoryArtifactStore();
  const options: ContextOptions = {
    storage,
    artifacts,
    clock,
    ids: countingIds(),
    random: createRandom(7),
    principal: { id: 'ada', type: 'person', authentication: 'application' },
  };
  return { config, clock, storage, artifacts, options };
}

/** The error a promise fails with; fails the test when it does not. */
export async function failure(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a failure');
}

export interface SmallRow {
  readonly date: string;
  readonly x: number | null;
  readonly kind: string;
  readonly y: number;
  readonly [key: string]: string | number | null;
}

/** Rows where y follows x and kind with some noise; `shift` moves x. */
export function smallRows(
  count: number,
  options: { seed?: number; shift?: number; slope?: number; year?: number } = {},
): SmallRow[] {
  const { seed = 1, shift = 0, slope = 2, year = 2020 } = options;
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const x = random.next() * 10 + shift;
    const kind = random.next() < 0.5 ? 'NOTE' : 'BOND';
    const noise = random.next() - 0.5;
    const day = new Date(Date.UTC(year, 0, 1 + Math.floor((i * 360) / count))).toISOString().slice(0, 10);
    return { date: day, x: random.next() < 0.05 ? null : x, kind, y: slope * x + (kind === 'BOND' ? 5 : 0) + noise };
  });
}
