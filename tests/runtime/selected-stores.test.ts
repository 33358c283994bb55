import { writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  AuditLog,
  CanaryDeploymentManager,
  DriftMonitor,
  ExperimentTracker,
  MLOpsConfig,
  ModelRegistry,
  RetrainPipeline,
} from '@bondx/mlops';
import { run } from '../../src/cli/run.js';
import { temporaryDirectory } from '../adapters/filesystem/temporary-directory.js';
import { PostgresServer, whyNoPostgres } from '../adapters/postgres/postgres-server.js';
import { S3Server, whyNoS3Server } from '../adapters/s3/s3-server.js';
import { failure, smallRows } from '../helpers.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const absent = whyNoPostgres() ?? whyNoS3Server();

const policy = (place: string): string => `
storage:
  kind: postgres
  url: postgres://postgres:\${TEST_DB_PASSWORD}@${place}/postgres
  schema: selected
  artifacts_url: \${TEST_ARTIFACTS}
promotion: { min_accuracy: 0, max_drift: 1, require_explainability: false, require_feature_importance: false, require_bias_testing: false, require_compliance_check: false }
models: { spread: { feature_columns: [x, kind], target_column: y } }
tracking: { log_environment: false, log_git_sha: false }
`;

describe.skipIf(absent !== undefined)(
  `PostgreSQL and S3, selected by the policy${absent === undefined ? '' : ` (${absent})`}`,
  () => {
    let servers: { postgres: PostgresServer; s3: S3Server };
    let variables: Record<string, string>;

    beforeAll(async () => {
      const [postgres, s3] = await Promise.all([PostgresServer.start(), S3Server.start()]);
      servers = { postgres, s3 };
      variables = {
        TEST_DB_PASSWORD: 'hush/hush@hush',
        TEST_ARTIFACTS: await s3.newBucket(),
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'hush',
      };
    });
    afterAll(() => Promise.all([servers.postgres.close(), servers.s3.close()]));
    afterEach(() => {
      vi.restoreAllMocks();
      vi.unstubAllEnvs();
    });

    /** A folder with nothing but the policy in it, and the environment that it refers to. */
    async function workplace(place = new URL(servers.postgres.url).host): Promise<{ folder: string; file: string }> {
      for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
      const folder = await temporaryDirectory();
      const file = join(folder, 'policy.yaml');
      writeFileSync(file, policy(place));
      return { folder, file };
    }

    async function bondx(file: string, line: string): Promise<{ code: number; out: string; err: string }> {
      let [out, err] = ['', ''];
      const spies = [
        vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true)),
        vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true)),
      ];
      const code = await run([...line.split(' '), '--config', file]).finally(() =>
        spies.forEach((spy) => spy.mockRestore()),
      );
      return { code, out, err };
    }

    it('serve the six classes and the command line, and leave nothing in the folder but the keys', async () => {
      const { folder, file } = await workplace();
      const config = MLOpsConfig.fromYaml(file);
      const rows = smallRows(400);
      await using tracker = new ExperimentTracker(config);
      const runId = await tracker.startRun({ experimentName: 'e' });
      await tracker.logMetrics(runId, { rmse: 1 });
      await tracker.logArtifact(runId, { name: 'note.txt', content: 'kept in S3' });
      await tracker.endRun(runId);

      await using registry = new ModelRegistry(config);
      const pipeline = new RetrainPipeline(config, tracker, registry);
      const retrained = await pipeline.triggerRetraining({ modelName: 'spread' }, rows, {
        trigger: 'manual',
        algorithm: 'cart',
      });
      expect(retrained.status).toBe('registered');
      const [first] = (await registry.listModels()).versions;
      const promote = { modelName: 'spread', version: first!.version, deployedBy: 'ada' };
      await registry.promoteModel({ ...promote, targetStage: 'staging' });
      await registry.promoteModel({ ...promote, targetStage: 'production' });

      await using monitor = new DriftMonitor(config);
      const report = await monitor.detectDrift({ modelName: 'spread', baselineData: rows, currentData: rows });
      expect((await monitor.getReport(report.reportId)).verdict).toBe(report.verdict);

      await using canaries = new CanaryDeploymentManager(config, registry);
      expect((await canaries.listDeployments()).deployments).toEqual([]);

      const listed = await bondx(file, 'list --models --stage production --json');
      expect(listed.code, listed.err).toBe(0);
      expect(listed.out).toContain('"spread"');
      expect((await bondx(file, 'list --runs')).out).toContain(runId.slice(0, 8));
      expect(await bondx(file, 'audit verify')).toMatchObject({ code: 0 });

      await using audit = new AuditLog(config);
      const records = await audit.list({ limit: 1_000 });
      expect(records.length).toBeGreaterThan(5);
      expect(JSON.stringify(records)).not.toContain('hush');
      expect((await readdir(folder, { recursive: true })).sort()).toEqual(['data', 'data/keys.json', 'policy.yaml']);
    });

    it('show no password when the server, the bucket or a variable is missing', async () => {
      const { file } = await workplace('127.0.0.1:9');
      const unreachable = await bondx(file, 'list --models --debug');
      expect(unreachable).toMatchObject({ code: 1 });
      expect(unreachable.err).toContain('postgres://127.0.0.1:9/postgres: the server cannot be reached');
      const { file: elsewhere } = await workplace('nowhere.invalid:5432');
      const noHost = await bondx(elsewhere, 'list --models --debug');
      expect(noHost.err).toContain('postgres://nowhere.invalid:5432/postgres: the server cannot be reached');
      const { file: sound } = await workplace();
      vi.stubEnv('TEST_ARTIFACTS', servers.s3.urlOf('no-such-bucket'));
      const noBucket = await bondx(sound, 'list --models --debug');
      expect(noBucket.err).toContain('s3://no-such-bucket/: there is no such bucket');
      vi.stubEnv('TEST_DB_PASSWORD', '');
      const noPassword = await bondx(sound, 'list --models --debug');
      expect(noPassword).toMatchObject({ code: 2 });
      expect(noPassword.err).toContain('environment variable TEST_DB_PASSWORD, which is not set');
      for (const { err, out } of [unreachable, noHost, noBucket, noPassword]) expect(err + out).not.toContain('hush');
    });
  },
);

it('a policy that selects packages which are not installed says which to install', async () => {
  vi.doMock('pg', () => {
    throw new Error('Cannot find package');
  });
  const options = { environment: {} };
  const storage = { kind: 'postgres', url: 'postgres://127.0.0.1:9/x' } as const;
  const error = await failure(new ExperimentTracker(MLOpsConfig.fromObject({ storage }, options)).listRuns());
  expect(error).toMatchObject({ code: 'MISSING_DEPENDENCY' });
  expect(error.message).toContain('npm install pg');
  vi.doUnmock('pg');
});
