/**
 * Kills the demo at random moments and looks at what is left with the command line: the audit trail must verify, and the
 * lists must agree with it. Usage: tsx scripts/kill-demo.ts [rounds]
 */
import { execFileSync, spawn } from 'node:child_process';
import type { AuditRecord, CanaryDeployment, ModelVersion } from '@bondx/mlops';

const rounds = Number(process.argv[2] ?? 20);
const demo = ['--import', 'tsx', 'examples/treasury-lifecycle/demo.ts'];
const policy = ['--config', 'examples/treasury-lifecycle/policy.yaml', '--json'];

/** Runs the built command line; it fails when the exit code is not 0. */
const bondx = (...args: string[]): unknown =>
  JSON.parse(execFileSync(process.execPath, ['dist/cli.js', ...args, ...policy], { encoding: 'utf8' }));

/** Runs the demo and, unless it ends before, kills it. */
function runFor(ms: number): Promise<'killed' | 'ended'> {
  const child = spawn(process.execPath, demo, { stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  return new Promise((resolve) => {
    child.on('exit', (_code, signal) => {
      clearTimeout(timer);
      resolve(signal === 'SIGKILL' ? 'killed' : 'ended');
    });
  });
}

function inspect(): string {
  const { status, records } = bondx('audit', 'verify') as { status: string; records: number };
  const trail = bondx('audit', 'list', '--limit', '10000') as AuditRecord[];
  const versions = bondx('list', '--models') as ModelVersion[];
  const deployments = bondx('list', '--deployments') as CanaryDeployment[];
  const done = (action: string): number =>
    trail.filter((record) => record.action === action && record.decision === 'allow').length;
  const inProduction = versions.filter(({ stage }) => stage === 'Production').length;
  const active = deployments.filter((deployment) => deployment.status === 'active').length;
  const isConsistent =
    status === 'ok' &&
    records === trail.length &&
    versions.length === done('registry.register') &&
    deployments.length === done('canary.deploy') &&
    deployments.length - active === done('canary.promote') + done('canary.rollback') &&
    inProduction <= 1 &&
    active <= 1;
  const found = `${records} audit records ${status}, ${versions.length} versions, ${inProduction} in production, ${active} active canaries`;
  if (!isConsistent) throw new Error(`inconsistent: ${found}`);
  return found;
}

const began = performance.now();
await runFor(60_000);
const whole = performance.now() - began;
console.log(`undisturbed, ${Math.round(whole)} ms: ${inspect()}`);
for (let round = 1; round <= rounds; round++) {
  const ms = Math.round(whole * (0.4 + 0.6 * Math.random()));
  console.log(`round ${round}: ${await runFor(ms)} after ${ms} ms: ${inspect()}`);
}
console.log(`${rounds} rounds, consistent every time`);
