import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { AuditLog, KeyAdministration, MLOpsConfig, ModelRegistry, SignatureError } from '@bondx/mlops';
import { bundleDigest, readStored } from '../../src/runtime/bundle.js';
import { type StoredVersion, versionsCollection } from '../../src/registry/model-record.js';
import { digestJson } from '../../src/util/digest.js';
import type { JsonObject, JsonValue } from '../../src/util/json.js';
import { type World, createWorld, failure } from '../helpers.js';

const model = JSON.stringify({ kind: 'constant', formatVersion: 1, value: 1.5 });
let world: World;
let registry: ModelRegistry;

async function register(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'signed-'));
  writeFileSync(join(folder, 'model.json'), model);
  writeFileSync(join(folder, 'notes.txt'), 'for the auditor');
  await registry.registerModel({ modelName: 'spread', modelType: 'spread', featureColumns: ['x'], modelPath: folder });
  rmSync(folder, { recursive: true });
}

/** Changes the stored record as somebody would who can write the database. */
async function tamper(
  change: 'unsigned' | ((version: StoredVersion) => Partial<StoredVersion>),
  id = 'spread/1.0.0',
): Promise<void> {
  const { value } = (await world.storage.get(versionsCollection, id))!;
  const version = value as unknown as StoredVersion;
  const { fileSignature: _signature, ...unsigned } = version;
  const altered = (change === 'unsigned' ? unsigned : { ...version, ...change(version) }) as unknown as JsonValue;
  await world.storage.commit([{ kind: 'put', collection: versionsCollection, id, value: altered, expect: 'any' }]);
}

const load = (): Promise<unknown> => registry.loadModel('spread', { version: '1.0.0' });

async function problem(): Promise<string> {
  const error: unknown = await load().catch((caught: unknown) => caught);
  const opened: unknown = await registry.openModel('spread', { version: '1.0.0' }).catch((caught: unknown) => caught);
  expect(opened).toMatchObject({ code: 'SIGNATURE_INVALID' });
  if (!(error instanceof SignatureError)) throw new Error(String(error));
  return error.problem;
}

beforeEach(async () => {
  world = createWorld();
  registry = new ModelRegistry(world.config, world.options);
  await register();
});

describe('the signature of a version', () => {
  it('is made at registration and verified when the model is loaded', async () => {
    await expect(load()).resolves.toBeDefined();
    await tamper(({ fileSignature }) => ({ fileSignature: { ...fileSignature!, signature: 'AAAA' } }));
    expect(await problem()).toBe('altered_manifest');
  });

  it('shows a file that was exchanged, with every digest put right', async () => {
    const other = await world.artifacts.put(Buffer.from(model.replace('1.5', '9.9')));
    await tamper(({ files }) => {
      const exchanged = files.map((file) => (file.path === 'model.json' ? { ...file, ...other } : file));
      return { files: exchanged, digest: bundleDigest(exchanged) };
    });
    expect(await problem()).toBe('altered_manifest');
  });

  it('shows a file that was added, one that was taken away, and a record that was moved', async () => {
    const added = { path: 'weights.bin', ...(await world.artifacts.put(Buffer.from('x'))) };
    await tamper(({ files }) => ({ files: [...files, added], digest: bundleDigest([...files, added]) }));
    expect(await problem()).toBe('unlisted_file');
    await tamper(({ files }) => ({ files: files.slice(0, 1), digest: bundleDigest(files.slice(0, 1)) }));
    expect(await problem()).toBe('altered_manifest');
    await register();
    const { value } = (await world.storage.get(versionsCollection, 'spread/1.0.1'))!;
    await tamper(() => ({ ...(value as unknown as StoredVersion), version: '1.0.0' }));
    expect(await problem()).toBe('altered_manifest');
  });

  it('shows a payload that was altered, and a key that is not one of the store', async () => {
    await tamper(({ fileSignature }) => ({
      fileSignature: { ...fileSignature!, payload: fileSignature!.payload.replace('notes', 'n0tes') },
    }));
    expect(await problem()).toBe('altered_manifest');
    await tamper(({ fileSignature }) => ({ fileSignature: { ...fileSignature!, keyId: '0123456789abcdef' } }));
    expect(await problem()).toBe('unknown_key');
    for (const fileSignature of [null, {}, { keyId: 'a', payload: 7, signature: 'AAAA' }] as never[]) {
      await tamper(() => ({ fileSignature }));
      expect(await problem()).toBe('altered_manifest');
    }
  });

  it('holds after a rotation, and no longer when its key is revoked', async () => {
    const keys = new KeyAdministration(world.config, world.options);
    const [old] = (await keys.list()).filter(({ purpose }) => purpose === 'artifact_signing');
    await keys.rotate('artifact_signing');
    await expect(load()).resolves.toBeDefined();
    await keys.revoke(old!.id, 'stolen');
    expect(await problem()).toBe('revoked_key');
    const gates = await registry.checkGates('spread', '1.0.0');
    expect(gates.find(({ gate }) => gate === 'security_scan')).toMatchObject({ status: 'failed' });
  });

  it('is asked for where the policy says so, and may be missing in versions from before elsewhere', async () => {
    await tamper('unsigned');
    await expect(load()).resolves.toBeDefined();
    const strict = MLOpsConfig.fromObject({ security: { requireSignatures: true } }, { environment: {} });
    registry = new ModelRegistry(strict, world.options);
    expect(await problem()).toBe('unsigned');
  });

  it('is verified at every promotion, whether the scan of the files is a gate or not', async () => {
    const promote = (targetStage: 'Staging' | 'Production' | 'Archived') =>
      registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
    const { value } = (await world.storage.get(versionsCollection, 'spread/1.0.0'))!;
    const { fileSignature } = value as unknown as StoredVersion;
    const altered = { fileSignature: { ...fileSignature!, signature: 'AAAA' } };
    await tamper(() => altered);
    expect(await failure(promote('Staging'))).toMatchObject({ code: 'SIGNATURE_INVALID' });
    await tamper(() => ({ fileSignature: fileSignature! }));
    expect(await promote('Staging')).toMatchObject({ status: 'promoted' });
    await tamper(() => altered);
    const unscanned = MLOpsConfig.fromObject(
      { promotion: { ...world.config.policy.promotion, requireSecurityScan: false } },
      { environment: {} },
    );
    registry = new ModelRegistry(unscanned, world.options);
    expect(await failure(promote('Production'))).toMatchObject({ code: 'SIGNATURE_INVALID' });
    expect((await registry.getModelVersion('spread', { version: '1.0.0' })).stage).toBe('Staging');
    expect(await promote('Archived')).toMatchObject({ status: 'promoted' }); // out of the way
    const records = await new AuditLog(world.config, world.options).list({ action: 'registry.promote' });
    expect(records.map(({ decision }) => decision)).toEqual(['error', 'allow', 'error', 'allow']);
  });

  it('is verified before a former version comes back into production', async () => {
    const said = { modelName: 'spread', modelType: 'spread', featureColumns: ['x'] };
    for (let i = 0; i < 2; i++) {
      const modelFiles = [{ path: 'model.json', bytes: Buffer.from(model) }];
      const { version } = await registry.register({ ...said, modelFiles, performanceMetrics: { r2_score: 0.9 } });
      for (const targetStage of ['Staging', 'Production'] as const) {
        const outcome = await registry.promoteModel({ modelName: 'spread', version, targetStage });
        expect(outcome).toMatchObject({ status: 'promoted' });
      }
    }
    const inProduction = async () => (await registry.getModelVersion('spread', { stage: 'Production' })).version;
    const back = () => registry.rollbackModel({ modelName: 'spread', reason: 'worse than before' });
    const { value } = (await world.storage.get(versionsCollection, 'spread/1.0.1'))!;
    const { fileSignature } = value as unknown as StoredVersion;
    await tamper(() => ({ fileSignature: { ...fileSignature!, signature: 'AAAA' } }), 'spread/1.0.1');
    expect(await failure(back())).toMatchObject({ code: 'SIGNATURE_INVALID' });
    expect(await inProduction()).toBe('1.0.2');
    await tamper(() => ({ fileSignature: fileSignature! }), 'spread/1.0.1');
    await back();
    expect(await inProduction()).toBe('1.0.1');
  });

  it('leaves bytes that were altered to their digest', async () => {
    const { files } = await registry.getModelVersion('spread', { version: '1.0.0' });
    await world.artifacts.delete(files[0]!.digest);
    await expect(load()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

const python = spawnSync('python3', ['-c', 'import model_signing']);
const reason = python.status === 0 ? undefined : 'the Python package model-signing is not installed';
if (reason !== undefined) console.log(`skipped: verifying an export with model-signing (${reason})`);

describe('an exported signature', () => {
  it('is an in-toto statement in a DSSE envelope; its identity is that of names and digests', async () => {
    const { bundle, publicKey, identity } = await registry.exportSignature('spread', '1.0.0');
    const { dsseEnvelope } = bundle as unknown as { dsseEnvelope: { payload: string; payloadType: string } };
    expect(dsseEnvelope.payloadType).toBe('application/vnd.in-toto+json');
    const statement = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()) as JsonObject;
    expect(statement).toMatchObject({
      predicateType: 'https://model_signing/signature/v1.0',
      predicate: { resources: [{ name: 'model.json' }, { name: 'notes.txt' }] },
    });
    expect(identity).toBe(digestJson(statement['predicate']!));
    expect(publicKey).toContain('BEGIN PUBLIC KEY');
  });

  it.skipIf(reason !== undefined)(
    'is verified by the reference implementation, and refused for other files',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'exported-'));
      const { files } = await registry.getModelVersion('spread', { version: '1.0.0' });
      for (const { path, digest } of files) {
        const target = join(folder, 'model', path);
        mkdirSync(dirname(target), { recursive: true });
        writeFileSync(target, await readStored(world.artifacts, digest));
      }
      const { bundle, publicKey } = await registry.exportSignature('spread', '1.0.0');
      writeFileSync(join(folder, 'model.sig'), JSON.stringify(bundle));
      writeFileSync(join(folder, 'key.pub'), publicKey);
      const script = [
        'import sys, model_signing.verifying as v',
        "v.Config().use_elliptic_key_verifier(public_key=sys.argv[1] + '/key.pub').verify(sys.argv[1] + '/model', sys.argv[1] + '/model.sig')",
      ].join('\n');
      execFileSync('python3', ['-c', script, folder], { stdio: 'pipe' });
      writeFileSync(join(folder, 'model', 'notes.txt'), 'for nobody');
      expect(spawnSync('python3', ['-c', script, folder]).status).not.toBe(0);
      rmSync(folder, { recursive: true });
    },
  );
});
