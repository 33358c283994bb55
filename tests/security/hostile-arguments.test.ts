import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  AccessControl,
  Alerts,
  AuditLog,
  CanaryDeploymentManager,
  DataProtection,
  DriftMonitor,
  ExperimentTracker,
  KeyAdministration,
  MLOpsError,
  ModelInventory,
  ModelRegistry,
  RetrainPipeline,
  assessCompliance,
  authenticate,
  backupStatus,
  backupStore,
  checkHealth,
  collectGarbage,
  exportEvidence,
  exportInventory,
  listComplianceReports,
  migrateStore,
  restoreStore,
  traceLineage,
  trainModel,
  verifyEvidencePack,
} from '@bondx/mlops';
import { createWorld } from '../helpers.js';

type Call = (...values: unknown[]) => unknown;

const hostile: readonly unknown[] = [
  ...[undefined, null, true, -1, NaN, Infinity, '', 'x', 5n, () => 0, [], [null], [{}], {}, { a: null }, new Date(NaN)],
  ...[new Map(), Buffer.from('x')],
];

/** Every public method of an instance, by name. */
function methodsOf(name: string, instance: object): [string, Call][] {
  const members = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(instance));
  return Object.entries(members)
    .filter(([member, { value }]) => typeof value === 'function' && !['constructor', 'close'].includes(member))
    .map(([member]) => [`${name}.${member}`, (...values) => (instance as Record<string, Call>)[member]!(...values)]);
}

// Some of them are paths that a file can have, and the policy's own paths start here.
const [home, folder] = [process.cwd(), mkdtempSync(join(tmpdir(), 'hostile-'))];
process.chdir(folder);
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const { config, options } = createWorld();
const tracker = new ExperimentTracker(config, options);
const registry = new ModelRegistry(config, options);
const inventory = new ModelInventory(registry);
const instances: Readonly<Record<string, object>> = {
  tracker,
  registry,
  inventory,
  approvals: registry.approvals,
  attestations: inventory.attestations,
  drills: inventory.drills,
  findings: inventory.findings,
  overlays: inventory.overlays,
  overrides: inventory.overrides,
  reports: inventory.reports,
  monitor: new DriftMonitor(config, options),
  pipeline: new RetrainPipeline(config, tracker, registry),
  manager: new CanaryDeploymentManager(config, registry),
  access: new AccessControl(config, options),
  alerts: new Alerts(config, options),
  audit: new AuditLog(config, options),
  keys: new KeyAdministration(config, options),
  protection: new DataProtection(config, options),
};

const takesConfig = { authenticate, backupStatus, backupStore, checkHealth, collectGarbage, restoreStore, trainModel };
const takesRegistry = { assessCompliance, exportEvidence, exportInventory, listComplianceReports, traceLineage };
const calls: readonly [string, Call][] = [
  ...Object.entries(instances).flatMap(([name, instance]) => methodsOf(name, instance)),
  ...Object.entries(takesConfig).map(([name, call]): [string, Call] => [name, call as Call]),
  ...Object.entries(takesConfig).map(([name, call]): [string, Call] => [
    `${name} with a policy`,
    (...values) => (call as Call)(config, ...values),
  ]),
  ...Object.entries(takesRegistry).map(([name, call]): [string, Call] => [name, call as Call]),
  ...Object.entries(takesRegistry).map(([name, call]): [string, Call] => [
    `${name} with a registry`,
    (...values) => (call as Call)(registry, ...values),
  ]),
  ['migrateStore', migrateStore as Call],
  ['verifyEvidencePack', verifyEvidencePack as Call],
];

/** What a call ends in, when it is neither an answer nor an error of this package. */
async function problemOf(call: Call, values: readonly unknown[]): Promise<string | undefined> {
  try {
    const result: unknown = await call(...values);
    if (typeof result !== 'object' || result === null) return undefined;
    if ('stop' in result) await (result as { stop(): Promise<void> }).stop();
    if (Symbol.asyncIterator in result) for await (const _ of result as AsyncIterable<unknown>);
    return undefined;
  } catch (error) {
    return error instanceof MLOpsError && error.code !== 'INTERNAL' ? undefined : String(error);
  }
}

describe('arguments of another kind', () => {
  it.each(calls)('end in an answer or in an error that says what to do: %s', async (_name, call) => {
    const runId = await tracker.startRun({ experimentName: 'e', heartbeat: false });
    const found: string[] = [];
    for (const value of hostile) {
      for (const values of [[value], [runId, value], [runId, 'x', value]]) {
        const problem = await problemOf(call, values);
        if (problem !== undefined) found.push(`${values.length - 1}: ${typeof value} ${problem}`);
      }
    }
    expect([...new Set(found)]).toEqual([]);
  });
});
