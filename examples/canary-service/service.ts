/**
 * A service under load changes its model twice: a candidate that is wrong in one sector is rolled back, a good one is
 * promoted, nobody decides anything, and one of four workers is killed in the middle. Exit code 1 unless all that is so, every
 * request was answered and is accounted for, and every decision computes to the same bits again.
 *
 *     npm run demo:canary
 */
import cluster, { type Worker } from 'node:cluster';
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type CanaryDecision, CanaryDeploymentManager, MLOpsConfig, ModelRegistry } from '@bondx/mlops';
import { drawTimeline } from './chart.js';
import type { LoadReport } from './messages.js';
import { registerVersions } from './prepare.js';
import { type Finding, reconcile } from './reconcile.js';
import { replayAll } from './replay.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const workerCount = 4;
/** How long a rollout may take before this gives up, milliseconds: a busy machine takes its time. */
const patienceMs = Number(process.env['CANARY_PATIENCE_MS'] ?? 120_000);

rmSync(here('./output'), { recursive: true, force: true });
mkdirSync(here('./output'), { recursive: true });
const began = Date.now();
const events: { readonly at: number; readonly text: string }[] = [];
const say = (text: string): void => {
  events.push({ at: Date.now(), text });
  console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s  ${text}`);
};

say('registering three versions');
const config = MLOpsConfig.fromYaml(here('./policy.yaml'));
const registry = new ModelRegistry(config);
await registerVersions(config, registry);
const manager = new CanaryDeploymentManager(config, registry);

cluster.setupPrimary({ exec: here('./worker.ts'), silent: false });
const workers = Array.from({ length: workerCount }, () => cluster.fork({ PORT: 0 }));
const [port] = await Promise.all(workers.map(listening));
say(`${workerCount} workers answer on port ${port} with spread 1.0.0`);
const load = fork(here('./load.ts'), [String(port)]);

const seen: CanaryDecision[] = [];
manager.automate({
  everyMs: 500,
  onDecision: (decision) => {
    const before = seen.at(-1);
    seen.push(decision);
    const { verdict, cause, advice, candidateVersion, deploymentId } = decision;
    if (before?.deploymentId === deploymentId && before.cause === cause && advice.action === 'wait') return;
    say(`${candidateVersion}: ${verdict} (${cause}); ${advice.action}: ${advice.reason.slice(0, 150)}`);
  },
});

const bad = await begin('1.0.1', [{ traffic: 0.1 }]);
const badEnd = await ended(bad);
const good = await begin('1.0.2', [{ traffic: 0, requests: 1000 }, { traffic: 0.1, requests: 50 }, { traffic: 0.5 }]);
const { killed, replaced } = await killInTheMiddle(good);
const goodEnd = await ended(good);
await replaced;

const loadReport = await stopLoad(load);
await stopWorkers();
await manager.close();
say('the load and the workers have ended');

const decisions = [...(await manager.listDecisions(bad)), ...(await manager.listDecisions(good))];
const findings: Finding[] = [
  { what: '1.0.1 was rolled back', isSo: badEnd === 'rolled_back' },
  { what: `its harm lies in ${worstSegment()}`, isSo: worstSegment() === 'ENERGY' },
  { what: '1.0.2 was promoted', isSo: goodEnd === 'promoted' },
  ...reconcile(loadReport, await Promise.all([bad, good].map((id) => manager.getStatus(id))), killed),
  ...(await replayAll(decisions.map(({ decisionId }) => decisionId))),
];
writeFileSync(here('./output/timeline.svg'), drawTimeline(loadReport.slices, events));
console.log();
for (const { what, isSo } of findings) console.log(`${isSo ? 'yes' : ' NO'}  ${what}`);
console.log(`\nthe timeline is drawn in ${here('./output/timeline.svg')}`);
await registry.close();
process.exit(findings.every(({ isSo }) => isSo) ? 0 : 1);

async function begin(
  candidateVersion: string,
  steps: readonly { traffic: number; requests?: number }[],
): Promise<string> {
  const deploymentId = await manager.createCanaryDeployment({ modelName: 'spread', candidateVersion, steps });
  say(
    `${candidateVersion} is deployed: ${steps.map(({ traffic }) => `${100 * traffic}%`).join(', then ')} of the requests`,
  );
  return deploymentId;
}

/** Waits for the end of a deployment; a rollout that takes too long is an answer, too. */
async function ended(deploymentId: string): Promise<string> {
  for (const end = Date.now() + patienceMs; Date.now() < end;) {
    const { status, candidateVersion } = await manager.getDeployment(deploymentId);
    if (status === 'promoted' || status === 'rolled_back') {
      say(`${candidateVersion} is ${status.replace('_', ' ')}`);
      return status;
    }
    await sleep(100);
  }
  return 'undecided';
}

/** Kills a worker as soon as a rollout has left its first step, and starts another one. */
async function killInTheMiddle(deploymentId: string): Promise<{ killed: number; replaced: Promise<unknown> }> {
  for (const end = Date.now() + patienceMs; Date.now() < end;) {
    if ((await manager.getDeployment(deploymentId)).history.length > 1) break;
    await sleep(50);
  }
  const victim = Object.values(cluster.workers ?? {})[1]!;
  const killed = victim.process.pid!;
  victim.process.kill('SIGKILL');
  say(`worker ${killed} is killed, another one starts`);
  // The same port: the cluster shares what the first worker was given.
  return { killed, replaced: listening(cluster.fork({ PORT: 0 })) };
}

/** The segment with the most evidence of harm in the decision that ended the bad candidate. */
function worstSegment(): string {
  const last = decisions.findLast(({ deploymentId }) => deploymentId === bad);
  const byEvidence = [...(last?.segments ?? [])].sort((a, b) => b.logEvidence - a.logEvidence);
  return byEvidence[0]?.segment ?? 'no sector';
}

function listening(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.once('message', (message: { port: number }) => {
      resolve(message.port);
    });
    worker.once('exit', () => {
      reject(new Error('a worker ended before it listened'));
    });
  });
}

async function stopLoad(process: ChildProcess): Promise<LoadReport> {
  process.send('stop');
  return new Promise((resolve) => {
    process.once('message', (said) => {
      resolve(said as LoadReport);
    });
  });
}

async function stopWorkers(): Promise<void> {
  const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  const ends = workers.map((worker) => new Promise((done) => worker.once('exit', done)));
  for (const worker of workers) worker.process.kill('SIGTERM');
  await Promise.all(ends);
}
