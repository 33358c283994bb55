import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AccessControl,
  Alerts,
  AuditLog,
  ExperimentTracker,
  MLOpsConfig,
  ModelRegistry,
  authenticate,
} from '@bondx/mlops';
import { newKeyDocument, printKeyDocument } from '../../src/keys/key-document.js';
import { createWorld, failure } from '../helpers.js';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'hostile-secrets-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** All bytes of all files below a folder. */
function everything(path: string): string {
  if (!statSync(path).isDirectory()) return readFileSync(path, 'latin1');
  return readdirSync(path)
    .map((name) => everything(join(path, name)))
    .join('\n');
}

const webhookSecret = 'webhook-secret-0f3a91';
const webhookToken = 'T000-B000-token-in-the-path';
const document = newKeyDocument(0);

function setUp(name: string) {
  const path = join(folder, name);
  const config = MLOpsConfig.fromObject(
    {
      logPath: join(path, 'logs'),
      logging: { level: 'debug' },
      storage: { path: join(path, 'records'), artifactsPath: join(path, 'files') },
      keys: { variable: 'MODEL_KEYS' },
      security: { auditedReads: ['tracking.read', 'registry.read'] },
      access: {
        bindings: [
          { principal: 'ada', role: 'admin' },
          { principal: 'ada', role: 'developer' },
        ],
      },
      monitoring: {
        channels: { hook: { kind: 'webhook', url: '${HOOK}', secret: '${SECRET}', allowedHosts: ['127.0.0.1'] } },
      },
    } as never,
    {
      environment: {
        HOOK: `http://127.0.0.1:9/services/${webhookToken}`,
        SECRET: webhookSecret,
        MODEL_KEYS: printKeyDocument(document),
      },
    },
  );
  return { path, config, principal: { id: 'ada', type: 'person', authentication: 'application' } as const };
}

describe('secrets', () => {
  it('are in no file of the store, no log, no record and no report, after everything that uses them', async () => {
    const { path, config, principal } = setUp('all');
    const said: unknown[] = [];
    await using tracker = new ExperimentTracker(config, { principal });
    await using access = new AccessControl(config, { principal });
    await using alerts = new Alerts(config, { principal, timeoutMs: 500 });
    await using registry = new ModelRegistry(config, { principal });
    await using audit = new AuditLog(config, { principal });

    const { token } = await access.createToken({ description: 'laptop' });
    await authenticate(config, { token });
    const forged = `${token.slice(0, -4)}AAAA`;
    const jwt = `eyJhbGciOiJub25lIn0.${Buffer.from('{"sub":"ada","secret":"claim-secret"}').toString('base64url')}.`;
    for (const wrong of [forged, jwt, `Bearer ${token}`])
      said.push(await failure(authenticate(config, { token: wrong })));

    const runId = await tracker.startRun({ experimentName: 'e' });
    await tracker.logArtifact(runId, { name: 'a.txt', content: 'x' });
    said.push(await tracker.getRun(runId));
    said.push(await failure(registry.getModelVersion('none', { version: '1.0.0' })));
    await alerts.raise({ key: 'k', severity: 'critical', title: 'a title', message: 'a message' });
    expect(await alerts.deliverPending()).toMatchObject({ failed: 1 }); // nobody listens there
    said.push((await alerts.listDeliveries()).deliveries, config.policy, config.pending());
    await audit.checkpoint();
    said.push(await audit.list({ limit: 1_000 }), await access.listTokens());

    const secrets = [
      token.slice(-43),
      forged.slice(-43),
      'claim-secret',
      webhookSecret,
      webhookToken,
      ...document.keys.map(({ secret }) => secret!),
    ];
    const shown = said.map((value) =>
      value instanceof Error ? `${value.stack} ${String(value.cause)}` : JSON.stringify(value),
    );
    const [stored, told] = [everything(path), shown.join('\n')];
    expect(stored.length).toBeGreaterThan(1_000);
    for (const [i, secret] of secrets.entries()) {
      expect(stored.includes(secret), `secret ${i} is in a file`).toBe(false);
      expect(told.includes(secret), `secret ${i} is in what was said`).toBe(false);
    }
  });
});

describe('control characters', () => {
  it.each(['a\r\nforged line', '\u001b[2J', 'a\u2028b', '\u009b31m'])(
    'in %j, which a caller passed, reach no log, whichever field carries them',
    async (text) => {
      const { options } = createWorld();
      const logPath = mkdtempSync(join(folder, 'logs-'));
      const config = MLOpsConfig.fromObject({ logPath, logging: { level: 'debug' } }, { environment: {} });
      const tracker = new ExperimentTracker(config, { ...options, principal: { ...options.principal!, id: text } });
      const registry = new ModelRegistry(config, options);
      const runId = await new ExperimentTracker(config, options).startRun({ experimentName: 'e' });
      await failure(registry.getModelVersion(text, { version: '1.0.0' }));
      await failure(registry.getModelVersion('m', { version: text }));
      await tracker.getRun(runId).catch(() => undefined);
      await tracker.endRun(runId, 'failed', text).catch(() => undefined);
      const lines = everything(logPath)
        .split('\n')
        .filter((line) => line !== '');
      expect(lines.length).toBeGreaterThan(2);
      for (const line of lines) {
        expect(Buffer.from(line, 'latin1').toString('utf8')).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(() => JSON.parse(line) as unknown).not.toThrow();
      }
    },
  );
});
