import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditLog, DataProtection, ExperimentTracker, ModelRegistry } from '@bondx/mlops';
import type { KeyPurpose } from '../../src/keys/key.js';
import { createContext } from '../../src/runtime/context.js';
import { type World, createWorld, failure } from '../helpers.js';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'hostile-keys-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** Rotates a purpose and revokes the key before, past the guards of the public operations: somebody stole it. */
async function steal({ config, options, clock }: World, purpose: KeyPurpose): Promise<string> {
  const ring = await createContext(config, options).keys();
  const { id } = await ring.active(purpose);
  clock.advance(1_000);
  await ring.service.rotate!(purpose, clock.now());
  await ring.service.revoke!(id, 'stolen', clock.now());
  return id;
}

async function registered(world: World): Promise<ModelRegistry> {
  const path = join(folder, 'model.json');
  writeFileSync(path, JSON.stringify({ kind: 'constant', formatVersion: 1, value: 1.5 }));
  const registry = new ModelRegistry(world.config, world.options);
  await registry.registerModel({ modelName: 'spread', modelType: 'spread', modelPath: path, featureColumns: ['x'] });
  return registry;
}

describe('a key that was revoked', () => {
  it('of files opens none of them, and says which key it was', async () => {
    const world = createWorld({ storage: { path: join(folder, 'records'), artifactsPath: join(folder, 'files') } });
    const { storage: _storage, artifacts: _artifacts, ...options } = world.options; // files that outlive the process
    await using tracker = new ExperimentTracker(world.config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    await tracker.logArtifact(runId, { name: 'a.txt', content: 'the content' });
    const id = await steal({ ...world, options }, 'artifact_encryption');
    const error = await failure(tracker.downloadArtifact(runId, 'a.txt', join(folder, 'a.txt')));
    expect(error).toMatchObject({ code: 'KEY_UNAVAILABLE' });
    expect(error.message).toContain(`key ${id}`);
    expect(error.message).toContain('revoked');
  });

  it('of signatures keeps its versions from being loaded, scanned as sound, and promoted', async () => {
    const world = createWorld();
    const registry = await registered(world);
    await steal(world, 'artifact_signing');
    expect(await failure(registry.loadModel('spread', { version: '1.0.0' }))).toMatchObject({
      code: 'SIGNATURE_INVALID',
      problem: 'revoked_key',
    });
    const promotion = await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'Production' });
    expect(promotion.status).toBe('refused');
    expect(promotion.gates).toContainEqual(expect.objectContaining({ gate: 'security_scan', status: 'failed' }));
    // What is signed with the new key is believed.
    await registered(world);
    await expect(registry.loadModel('spread', { version: '1.0.1' })).resolves.toBeDefined();
  });

  it('of checkpoints vouches for nothing any more', async () => {
    const world = createWorld();
    await registered(world);
    const audit = new AuditLog(world.config, world.options);
    await audit.checkpoint();
    const proof = await audit.prove(0);
    expect(await audit.verify()).toMatchObject({ status: 'ok', anchored: { size: 1 } });
    expect(await audit.verifyProof(proof)).toBe(true);
    await steal(world, 'audit_checkpoint');
    expect(await audit.verifyProof(proof)).toBe(false);
    const verdict = await audit.verify();
    expect(verdict).toMatchObject({ status: 'unanchored', position: 0 });
    expect(verdict.reason).toContain('revoked');
    expect(verdict.anchored).toBeUndefined();
  });

  it('of pseudonyms makes none any more', async () => {
    const world = createWorld();
    const protection = new DataProtection(world.config, world.options);
    const pseudonym = async (): Promise<unknown> =>
      (await protection.protect([{ isin: 'XS0000000001' }], { isin: { action: 'pseudonymize' } })).row(0)['isin'];
    const before = await pseudonym();
    const id = await steal(world, 'pseudonym');
    expect(await pseudonym()).not.toBe(before);
    expect(String(await pseudonym()).startsWith(id.slice(0, 8))).toBe(false);
  });
});
