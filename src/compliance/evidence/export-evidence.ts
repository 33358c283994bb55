import { ControlPlane } from '../../governance/control-plane.js';
import type { LogStart } from '../../governance/audit/log-start.js';
import { traceLineage } from '../../lineage/trace-lineage.js';
import { actorId } from '../../registry/attribution.js';
import type { ModelRegistry } from '../../registry/model-registry.js';
import { type StoredVersion, versionId } from '../../registry/model-record.js';
import { assessGates } from '../../registry/promotion.js';
import { checkVersion } from '../../registry/version-number.js';
import { type BundleFile, readStored } from '../../runtime/bundle.js';
import { type Context, contextOf } from '../../runtime/context.js';
import { checkName, checkOptions } from '../../util/check.js';
import { toIso } from '../../util/clock.js';
import { type Digest, digestBytes, digestChunks } from '../../util/digest.js';
import type { ComplianceFacts } from '../checks/facts.js';
import { gatherFacts } from '../gather-facts.js';
import { type AuditSegment, auditSegment } from './audit-segment.js';
import { collectRecords } from './collect-records.js';
import { type PackIndex, renderIndex } from './pack-index.js';
import { verifierScript } from './verifier.js';
import { type PackedFile, chunksOf, sizeOf, writeTar } from './write-tar.js';

/** Everything there is about a version, as one archive. */
export interface EvidencePack {
  /** A USTAR archive. */
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  readonly files: number;
  /** The key that the index is signed with. */
  readonly keyId: string;
}

interface Packed extends PackedFile {
  readonly what: string;
}

/** Promises what src/on-demand.ts says. */
export async function exportEvidence(
  registry: ModelRegistry,
  options: { readonly modelName: string; readonly version: string },
): Promise<EvidencePack> {
  checkOptions(options, ['modelName', 'version'], 'exportEvidence');
  const [modelName, version] = [checkName(options.modelName, 'modelName'), checkVersion(options.version)];
  const context = contextOf(registry);
  const lineage = await traceLineage(registry, { kind: 'version', id: versionId(modelName, version) });
  const resource = { type: 'model_version', id: modelName, version };
  return new ControlPlane(context).change(
    'compliance.export_evidence',
    { resource, scope: { model: modelName } },
    async (storage, artifacts) => {
      const facts = await gatherFacts(context, storage, modelName, version, {});
      const gates = await assessGates(context, storage, facts.version, artifacts);
      const { segment, start } = await auditSegment(context, storage, concernedIds(facts));
      const files: Packed[] = [];
      for (const { path, what, value } of await collectRecords(storage, facts)) files.push(asJson(path, what, value));
      files.push(asJson('records/gates.json', 'the gates as they stand now', gates));
      files.push(asJson('records/lineage.json', 'what led to the version, and what came of it', lineage));
      files.push(...(await auditFiles(context, segment, start)));
      for (const { digest, what } of filesOf(facts.version)) {
        const path = `artifacts/${digest.slice('sha256:'.length)}`;
        if (files.some((known) => known.path === path)) continue;
        files.push({ path, what, bytes: await readStored(artifacts, digest) });
      }
      const what = 'verifies this pack with nothing but Node; better use a copy that you had before';
      files.push({ path: 'verify-evidence-pack.mjs', what, bytes: await verifierScript() });
      const index: Omit<PackIndex, 'files'> = {
        format: 'bondx-evidence-pack/1',
        modelName,
        version,
        artifacts: facts.version.digest,
        createdAt: toIso(facts.now),
        createdBy: actorId(context),
        policyDigest: context.config.digest,
        ...(segment !== undefined && {
          audit: { from: segment.from, records: segment.records, concerned: segment.concerned, head: segment.head },
        }),
      };
      const pack = await seal(context, index, facts, files);
      const { digest, keyId } = pack;
      return {
        changes: [],
        result: pack,
        resource: { ...resource, digest: facts.version.digest },
        detail: { digest, keyId, files: pack.files },
      };
    },
  );
}

/** The model's own files, what was recorded with evidence, and the profile of the training data. */
function filesOf({
  files,
  evidence,
  baselineProfile,
}: StoredVersion): readonly Pick<Packed & BundleFile, 'digest' | 'what'>[] {
  return [
    ...files.map(({ path, digest }) => ({ digest, what: `the file ${path}` })),
    ...Object.entries(evidence).flatMap(([kind, { files: recorded = [] }]) =>
      recorded.map(({ path, digest }) => ({ digest, what: `the file ${path} of the evidence ${kind}` })),
    ),
    ...(baselineProfile === undefined
      ? []
      : [{ digest: baselineProfile.digest, what: 'the profile of the training data' }]),
  ];
}

/** The audit trail of the pack, with what it takes to verify it by a checkpoint's key alone. */
async function auditFiles(
  { keys }: Context,
  segment: AuditSegment | undefined,
  start: LogStart | undefined,
): Promise<readonly Packed[]> {
  const signer = (await keys()).signer('audit_checkpoint');
  const [records, what] = ['audit/records.jsonl', 'a gapless part of the audit trail'];
  const files: Packed[] = [{ path: records, what, bytes: segment?.lines ?? [] }];
  if (segment !== undefined) {
    const { proofs, checkpoint } = segment;
    const publicKey = await signer.publicKey(checkpoint.keyId);
    const signed = 'a signed root of the whole audit trail, and the key that verifies it';
    files.push({ path: 'audit/proofs.jsonl', what: 'proofs of the records about the version', bytes: proofs });
    files.push(asJson('audit/checkpoint.json', signed, { checkpoint, publicKey }));
  }
  if (start !== undefined) {
    const signed = 'older records were removed: how many, signed, and the key that verifies it';
    files.push(asJson('audit/start.json', signed, { start, publicKey: await signer.publicKey(start.keyId) }));
  }
  return files;
}

/** Adds the index, for programs and for people, and signs it. */
async function seal(
  { keys }: Context,
  head: Omit<PackIndex, 'files'>,
  facts: ComplianceFacts,
  files: readonly Packed[],
): Promise<EvidencePack> {
  const listed = (list: readonly Packed[]): PackIndex['files'] =>
    list.map((file) => {
      const chunks = chunksOf(file);
      return { path: file.path, what: file.what, digest: digestChunks(chunks), size: sizeOf(chunks) };
    });
  const page = Buffer.from(renderIndex({ ...head, files: listed(files) }, facts), 'utf8');
  const all = [{ path: 'index.md', what: 'this list for people', bytes: page }, ...files];
  const index = asJson('index.json', 'every other file with its digest', { ...head, files: listed(all) });
  const signer = (await keys()).signer('artifact_signing');
  const { keyId, signature } = await signer.sign(index.bytes);
  const signed = asJson('signature.json', 'signature of index.json', {
    over: 'index.json',
    keyId,
    publicKey: await signer.publicKey(keyId),
    signature: Buffer.from(signature).toString('base64'),
  });
  const bytes = writeTar([index, signed, ...all]);
  return { bytes, digest: digestBytes(bytes), files: all.length + 2, keyId };
}

const asJson = (path: string, what: string, value: unknown): Packed & { readonly bytes: Uint8Array } => ({
  path,
  what,
  bytes: Buffer.from(`${JSON.stringify(value, null, 2)}\n`, 'utf8'),
});

const concernedIds = (facts: ComplianceFacts): ReadonlySet<string> => {
  const { version, approvals, deployments, retraining, findings, overlays, overrides, reports } = facts;
  return new Set([
    version.modelName,
    ...(version.runId === null ? [] : [version.runId]),
    ...(retraining === undefined ? [] : [retraining.retrainingId]),
    ...approvals.map(({ requestId }) => requestId),
    ...deployments.map(({ deploymentId }) => deploymentId),
    ...findings.map(({ findingId }) => findingId),
    ...overlays.map(({ overlayId }) => overlayId),
    ...overrides.filter((override) => override.version === version.version).map(({ overrideId }) => overrideId),
    ...reports.map(({ reportId }) => reportId),
  ]);
};
