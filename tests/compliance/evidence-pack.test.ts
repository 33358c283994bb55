import { execFile } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AuditLog,
  type AuditRecord,
  CanaryDeploymentManager,
  type EvidencePack,
  ExperimentTracker,
  ModelInventory,
  ModelRegistry,
  type ModelVersion,
  assessCompliance,
  exportEvidence,
  readCsv,
  trainModel,
  verifyEvidencePack,
} from '@bondx/mlops';
import { type PackedFile, writeTar } from '../../src/compliance/evidence/write-tar.js';
import { type World, createWorld, failure } from '../helpers.js';
import { jsonOf, linesOf, runScript, textOf, unpack } from './pack-files.js';
import { pdWorld, person } from './pd-world.js';

const run = promisify(execFile);
const at = { modelName: 'spread', version: '1.0.0' } as const;
const features = ['coupon_rate', 'maturity_years', 'age_years', 'issue_size_bn', 'benchmark_yield', 'term'];

let world: World;
let pack: EvidencePack;
let folder: string;

/** A promotion that two people approved, on every Treasury note and bond outstanding at 36 month-ends. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'evidence-pack-'));
  world = createWorld({
    promotion: {
      ...{ minAccuracy: 0, maxDrift: 1, requireExplainability: false, requireFeatureImportance: true },
      ...{ requireBiasTesting: false, requireComplianceCheck: false, requiredApprovals: 2 },
    },
    models: {
      spread: { featureColumns: features, targetColumn: 'spread_bps', timeColumn: 'date', algorithm: 'cart' },
    },
    tracking: { logGitSha: true, logEnvironment: false },
  });
  const { config, options } = world;
  const registry = new ModelRegistry(config, options);
  const as = (id: string): ModelRegistry => registry.withPrincipal(person(id));
  const tracker = new ExperimentTracker(config, options);
  const runId = await tracker.startRun({ experimentName: 'spread', modelType: 'spread' });
  const data = await readCsv('examples/data/bonds-monthly-2010-2012.csv');
  const trained = await trainModel(config, { modelType: 'spread', data });
  await tracker.logParameters(runId, { algorithm: trained.algorithm });
  await tracker.logMetrics(runId, trained.metrics);
  await tracker.endRun(runId, 'completed');
  await registry.register({
    ...at,
    modelType: 'spread',
    runId,
    model: trained.model,
    featureColumns: trained.featureColumns,
    targetColumn: trained.targetColumn,
    performanceMetrics: trained.metrics,
    trainingData: trained.trainingData,
  });
  await registry.recordEvidence({ ...at, kind: 'feature_importance', passed: true, detail: { method: 'permutation' } });
  const inventory = new ModelInventory(as('olga'));
  const said = { tier: 2, owner: 'rates', purpose: 'spread over the par curve', measures: ['other'] } as const;
  await inventory.describe({ modelName: 'spread', ...said });
  await new ModelInventory(as('vera')).recordValidation({ ...at, outcome: 'approved' });
  await assessCompliance(registry, at);
  await registry.promoteModel({ ...at, targetStage: 'staging' });
  const { requestId } = await registry.approvals.request({ ...at, reason: 'the first model of spreads' });
  await as('bob').approvals.approve({ requestId });
  await as('carol').approvals.approve({ requestId });
  expect(await as('olga').approvals.execute({ requestId })).toMatchObject({ status: 'promoted' });
  pack = await exportEvidence(as('audrey'), at);
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

const verify = (bytes: Uint8Array, ...more: string[]) => runScript(folder, bytes, ...more);
const json = (path: string): Record<string, never> => jsonOf(pack.bytes, path) as never;

describe('an evidence pack', () => {
  it('is verified by a script that has nothing but Node', async () => {
    const { code, stdout } = await verify(pack.bytes);
    expect(stdout).toContain('ok     promotion: the promotion of these files is in the audit trail');
    expect(stdout).toContain('ok     approvals: 1 executed requests are bound to the files in this pack');
    expect(stdout).not.toContain('FAILED');
    expect(code).toBe(0);
  });

  it('is opened by tar, and tells who did what on which bytes and why', async () => {
    writeFileSync(join(folder, 'pack.tar'), pack.bytes);
    const { stdout } = await run('tar', ['-tf', join(folder, 'pack.tar')]);
    expect(stdout.trim().split('\n')).toEqual(unpack(pack.bytes).map(({ path }) => path));
    expect(json('records/run.json')).toMatchObject({ startedBy: 'ada', parameters: { algorithm: 'cart' } });
    expect(json('records/version.json')).toMatchObject({
      registeredBy: 'ada',
      trainingData: { digest: expect.any(String) as string },
    });
    expect(json('records/approvals.json')).toMatchObject([
      { requestedBy: 'ada', votes: [{ by: 'bob' }, { by: 'carol' }] },
    ]);
    expect(json('records/compliance-reports.json')).toHaveLength(1);
    expect(json('records/gates.json')).toContainEqual(
      expect.objectContaining({ gate: 'validation', status: 'passed' }),
    );
    const page = Buffer.from(unpack(pack.bytes).find(({ path }) => path === 'index.md')!.bytes).toString();
    expect(page).toContain('bob, carol');
    expect(page).toContain('the first model of spreads');
  });

  it('holds what came with evidence, and tells of every entry into production', async () => {
    const { registry, inventoryOf, config, storage } = await pdWorld();
    const file = { json: { shares: [0.4, 0.6] }, name: 'groups.json' };
    const second = { modelName: 'pd', version: '1.1.0' };
    const model = await registry.loadModel('pd', { version: '1.0.0' });
    const { performanceMetrics } = await registry.getModelVersion('pd', { version: '1.0.0' });
    await registry.register({
      ...second,
      ...{ modelType: 'spread', model, featureColumns: ['x', 'kind'], performanceMetrics },
    });
    await registry.recordEvidence({ ...second, kind: 'bias_testing', passed: true, files: [file] });
    await registry.promoteModel({ modelName: 'pd', version: '1.0.0', targetStage: 'staging' });
    await registry.promoteModel({ modelName: 'pd', version: '1.0.0', targetStage: 'production' });
    await using canaries = new CanaryDeploymentManager(config, registry);
    const deploymentId = await canaries.createCanaryDeployment({ modelName: 'pd', candidateVersion: '1.1.0' });
    expect(await canaries.promoteCanary(deploymentId)).toMatchObject({ status: 'promoted' });
    const raised = { modelName: 'pd', severity: 'low', title: 'few rows', dueAt: '2030-01-01' } as const;
    const { findingId } = await inventoryOf('vera').findings.raise(raised);
    await failure(inventoryOf('ada').findings.close({ findingId, comment: 'fine' }));

    const { bytes } = await exportEvidence(registry, second);
    const { stdout } = await verify(bytes);
    expect(stdout).toContain('ok     promotion: the promotion of these files is in the audit trail');
    expect(stdout).not.toContain('FAILED');
    const { evidence } = jsonOf(bytes, 'records/version.json') as ModelVersion;
    const { digest, path } = evidence.bias_testing!.files![0]!;
    expect(textOf(bytes, `artifacts/${digest.slice('sha256:'.length)}`)).toContain('"shares"');
    const { files } = jsonOf(bytes, 'index.json') as { files: { what: string }[] };
    expect(files.map(({ what }) => what)).toContain(`the file ${path} of the evidence bias_testing`);
    const { seq } = linesOf<AuditRecord>(bytes, 'audit/records.jsonl').find(({ decision }) => decision === 'deny')!;
    expect(linesOf<{ seq: number }>(bytes, 'audit/proofs.jsonl').map((proof) => proof.seq)).toContain(seq);

    // Somebody who can write to the store moves the first version into production again: its history says so, the trail does not.
    const [found, { length }] = [
      (await storage.get('models', 'pd'))!,
      await storage.read('model/pd/history', { limit: 0 }),
    ];
    const said = { kind: 'stage_changed', version: '1.0.0', from: 'Archived', to: 'Production', by: 'ada' };
    const event = { ...said, at: '2026-01-02T00:00:00.000Z' };
    const value = { ...(found.value as object), historyLength: length + 1 };
    await storage.commit([
      { kind: 'put', collection: 'models', id: 'pd', value, expect: found.version },
      { kind: 'append', stream: 'model/pd/history', values: [event], expect: length },
    ]);
    const forged = await verify((await exportEvidence(registry, { modelName: 'pd', version: '1.0.0' })).bytes);
    expect(forged.stdout).toContain(
      'FAILED promotion: of 2 times that these files entered production the audit trail tells of 1',
    );
  });

  it('does not take a promotion to Staging for one to production', async () => {
    const { registry, storage } = await pdWorld();
    await registry.promoteModel({ modelName: 'pd', version: '1.0.0', targetStage: 'staging' });
    const { length } = await storage.read('model/pd/history', { limit: 0 });
    const said = { kind: 'stage_changed', version: '1.0.0', from: 'Staging', to: 'Production', by: 'ada' };
    const event = { ...said, at: '2026-01-02T00:00:00.000Z' };
    await storage.commit([{ kind: 'append', stream: 'model/pd/history', values: [event], expect: length }]);
    const { stdout } = await verify((await exportEvidence(registry, { modelName: 'pd', version: '1.0.0' })).bytes);
    expect(stdout).toContain('FAILED promotion: no audit record tells of the promotion of these files');
  });

  it('leaves an audit record with its digest', async () => {
    const { config, options } = world;
    const [record] = (await new AuditLog(config, options).list({ action: 'compliance.export_evidence' })).slice(-1);
    expect(record).toMatchObject({ actor: { id: 'audrey' }, detail: { digest: pack.digest } });
  });

  it('shows any byte that was changed, in any file', async () => {
    const files = unpack(pack.bytes);
    for (const { path, bytes } of files) {
      const changed = Buffer.from(bytes);
      changed[Math.floor(changed.length / 2)]! ^= 1;
      const tampered = writeTar(files.map((file) => (file.path === path ? { path, bytes: changed } : file)));
      expect((await verifyEvidencePack(tampered)).status, path).toBe('failed');
    }
  });

  it('shows files that were removed, added, renamed or swapped, and an archive that was cut', async () => {
    const files = unpack(pack.bytes);
    for (const { path } of files) {
      expect((await verifyEvidencePack(writeTar(files.filter((file) => file.path !== path)))).status, path).toBe(
        'failed',
      );
    }
    const [a, b, c, ...others] = files as [PackedFile, PackedFile, PackedFile, ...PackedFile[]];
    const swapped = [a, b, { ...c, bytes: others[0]!.bytes }, { ...others[0]!, bytes: c.bytes }, ...others.slice(1)];
    for (const changed of [[...files, { path: 'extra.json', bytes: Buffer.from('{}') }], [...files, a], swapped]) {
      expect((await verifyEvidencePack(writeTar(changed))).status).toBe('failed');
    }
    for (const end of [0, 100, 512, pack.bytes.length - 1, pack.bytes.length - 1024]) {
      expect((await verifyEvidencePack(pack.bytes.subarray(0, end))).status, String(end)).toBe('failed');
    }
    expect((await verifyEvidencePack(Buffer.concat([pack.bytes, Buffer.from('x')]))).status).toBe('failed');
    const { length } = files[0]!.bytes;
    const hidden = Buffer.from(pack.bytes);
    hidden[512 + length] = 1; // files fill whole blocks of 512 bytes
    expect(length % 512).not.toBe(0);
    expect((await verifyEvidencePack(hidden)).status).toBe('failed');
  });

  it('calls no pack altered whose path it was given in place of its bytes', async () => {
    await expect(verifyEvidencePack('spread-1.0.0.tar' as never)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('shows a pack that somebody signed anew, to who knows the key', async () => {
    const { keyFingerprint } = await verifyEvidencePack(pack.bytes);
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const files = unpack(pack.bytes);
    const index = files.find(({ path }) => path === 'index.json')!.bytes;
    const forged = {
      ...json('signature.json'),
      publicKey: publicKey.export({ type: 'spki', format: 'pem' }),
      signature: sign('sha256', index, createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }))).toString(
        'base64',
      ),
    };
    const bytes = writeTar(
      files.map((file) =>
        file.path === 'signature.json' ? { ...file, bytes: Buffer.from(JSON.stringify(forged)) } : file,
      ),
    );
    expect((await verify(bytes)).code).toBe(0); // by itself it cannot know
    expect((await verify(bytes, '--key-fingerprint', keyFingerprint!)).code).toBe(1);
    expect((await verify(pack.bytes, '--key-fingerprint', keyFingerprint!)).code).toBe(0);
  });
});
