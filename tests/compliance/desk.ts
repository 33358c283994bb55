import {
  AuditLog,
  type AuditRecord,
  type Checkpoint,
  type ContextOptions,
  ExperimentTracker,
  ModelRegistry,
  exportEvidence,
} from '@bondx/mlops';
import type { KeyRing } from '../../src/keys/key-ring.js';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createContext } from '../../src/runtime/context.js';
import { type World, createWorld } from '../helpers.js';
import { jsonOf, linesOf } from './pack-files.js';

export const at = { modelName: 'spread', version: '1.0.0' } as const;

export interface Proof {
  readonly seq: number;
  readonly proof: readonly string[];
}
export interface Signed {
  readonly checkpoint: Checkpoint;
  readonly publicKey: string;
}

/** A store in which a version was registered and promoted, while others went about their business. */
export interface Desk extends World {
  readonly registry: ModelRegistry;
  readonly audit: AuditLog;
  readonly keys: KeyRing;
  /** Records of others, two a run. */
  readonly others: (runs: number) => Promise<void>;
}

export async function open(security: object = {}, more: ContextOptions = {}): Promise<Desk> {
  const world = createWorld({ security });
  const config = world.config;
  const options = { ...world.options, ...more };
  const tracker = new ExperimentTracker(config, options);
  const others = async (runs: number): Promise<void> => {
    for (let i = 0; i < runs; i++) await tracker.endRun(await tracker.startRun({ experimentName: 'other' }));
  };
  const registry = new ModelRegistry(config, options);
  const keys = await createContext(config, options).keys();
  await others(3);
  const said = { modelType: 'spread', featureColumns: ['x'], performanceMetrics: { r2_score: 0.5 } };
  await registry.register({ ...at, ...said, model: new ConstantModel(1) });
  await others(2);
  await registry.promoteModel({ ...at, targetStage: 'staging' });
  await others(1);
  await registry.promoteModel({ ...at, targetStage: 'production' });
  await others(2);
  return { ...world, options, registry, audit: new AuditLog(config, options), keys, others };
}

export const exported = async ({ registry }: Desk): Promise<Uint8Array> => (await exportEvidence(registry, at)).bytes;
export const recordsOf = (pack: Uint8Array): AuditRecord[] => linesOf(pack, 'audit/records.jsonl');
export const proofsOf = (pack: Uint8Array): Proof[] => linesOf(pack, 'audit/proofs.jsonl');
export const signedOf = (pack: Uint8Array): Signed => jsonOf(pack, 'audit/checkpoint.json') as Signed;

/** Lines of the script about what failed. */
export const failed = (stdout: string): string[] => stdout.split('\n').filter((line) => line.startsWith('FAILED'));
