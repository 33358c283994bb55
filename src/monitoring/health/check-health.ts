import type { MLOpsConfig } from '../../config/mlops-config.js';
import { ControlPlane } from '../../governance/control-plane.js';
import type { ModelLoader } from '../../models/async-model.js';
import { type Context, type ContextOptions, createContext } from '../../runtime/context.js';
import { checkList, checkObject, checkOneOf, checkOptions, refuse } from '../../util/check.js';
import { toIso } from '../../util/clock.js';
import { deepFreeze } from '../../util/freeze.js';
import type { Check, CheckInputs, CheckResult } from './check.js';
import type { HealthStatus, HealthCheck, HealthReport } from './health-report.js';
import { auditCheck } from './checks/audit.js';
import { backupCheck } from './checks/backups.js';
import { canaryCheck } from './checks/canaries.js';
import { clockCheck } from './checks/clock.js';
import { diskCheck } from './checks/disk.js';
import { driftCheck } from './checks/drift.js';
import { modelCheck } from './checks/models.js';
import { artifactCheck, storageCheck } from './checks/stores.js';
import { isError } from '../../util/is-error.js';

/** Which checks {@link checkHealth} makes, and how long each may take. */
export interface CheckHealthOptions {
  /**
   * `live`: this process answers, nothing else is looked at, for liveness probes. `ready`: records, files and production
   * models can be used, for readiness probes. `all` unless told.
   */
  readonly probe?: 'live' | 'ready' | 'all';
  /** Longest time of each check, milliseconds; 5,000 unless told. One that takes longer fails, and no other with it. */
  readonly timeoutMs?: number;
  /** Check the whole audit chain and not only its last records. */
  readonly fullAudit?: boolean;
  /** Readers of model formats that the core does not read. */
  readonly loaders?: readonly ModelLoader[];
}

const readinessChecks: readonly Check[] = [storageCheck, artifactCheck, modelCheck];
const allChecks: readonly Check[] = [
  ...readinessChecks,
  driftCheck,
  canaryCheck,
  auditCheck,
  diskCheck,
  clockCheck,
  backupCheck,
];

const defaultTimeoutMs = 5_000;

export const healthOptionNames = ['probe', 'timeoutMs', 'fullAudit', 'loaders'];

/**
 * Whether everything that serving models takes is in order, with a reason for each check. Never rejects for what a check
 * finds: a store that cannot be opened is a finding.
 *
 * @example
 * const { status } = await checkHealth(config, { probe: 'ready' }); // 'healthy'
 * @throws MLOpsError `INVALID_INPUT` for wrong options; `UNAUTHENTICATED`, `FORBIDDEN`
 */
export async function checkHealth(
  config: MLOpsConfig,
  options: CheckHealthOptions & ContextOptions = {},
): Promise<HealthReport> {
  const { probe, timeoutMs, fullAudit, loaders, ...contextOptions } = checkObject(options, 'what checkHealth is given');
  const context = createContext(config, contextOptions);
  const given = { probe, timeoutMs, fullAudit, loaders };
  const chosen = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  let isLate = true;
  try {
    const report = await healthOf(context, chosen);
    isLate = report.checks.some(({ durationMs }) => durationMs >= (timeoutMs ?? defaultTimeoutMs));
    return report;
  } finally {
    const released = context.stores.release().catch(() => undefined); // what could not be opened need not be closed
    if (!isLate) await released; // closing waits for what is under way, and a store that does not answer never ends it
  }
}

/** As {@link checkHealth}, for an instance's context. */
export async function healthOf(context: Context, options: CheckHealthOptions): Promise<HealthReport> {
  checkOptions(options, healthOptionNames, 'checkHealth');
  const probe = checkOneOf(options.probe ?? 'all', ['live', 'ready', 'all'], 'probe');
  const { timeoutMs = defaultTimeoutMs, fullAudit = false, loaders = [] } = options;
  checkList(loaders, 'loaders', 'readers of model formats');
  if (!(timeoutMs > 0 && timeoutMs <= 3_600_000))
    refuse(`timeoutMs must be above 0, at most 3600000, got ${timeoutMs}`);
  if (probe !== 'live') await new ControlPlane(context).authorizeWithoutStore('monitoring.read');
  const inputs = { context, control: new ControlPlane(context, 'library'), fullAudit, loaders };
  return report({ live: [], ready: readinessChecks, all: allChecks }[probe], inputs, timeoutMs);
}

/** Readiness for a server that tells its callers nothing but yes or no: nobody is calling, the library checks itself. */
export const readinessOf = (context: Context): Promise<HealthReport> =>
  report(
    readinessChecks,
    { context, control: new ControlPlane(context, 'library'), fullAudit: false, loaders: [] },
    defaultTimeoutMs,
  );

async function report(wanted: readonly Check[], inputs: CheckInputs, timeoutMs: number): Promise<HealthReport> {
  const checks = await Promise.all(wanted.map((check) => runCheck(check, inputs, timeoutMs)));
  const { context } = inputs;
  return deepFreeze({ status: worst(checks), checkedAt: toIso(context.clock.now()), checks });
}

async function runCheck(check: Check, inputs: CheckInputs, timeoutMs: number): Promise<HealthCheck> {
  const began = performance.now();
  const result = await withDeadline(check, inputs, timeoutMs);
  const durationMs = Math.round((performance.now() - began) * 1000) / 1000;
  return { name: check.name, status: result.status, reason: result.reason, detail: result.detail ?? {}, durationMs };
}

async function withDeadline(check: Check, inputs: CheckInputs, timeoutMs: number): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<CheckResult>((resolve) => {
    const late = { status: check.failure, reason: `no answer within ${timeoutMs} ms` };
    timer = setTimeout(() => resolve(late), timeoutMs);
  });
  // Within a promise, so that what throws at once is caught as well.
  const run = Promise.resolve()
    .then(() => check.run(inputs))
    .catch((error: unknown) => ({
      status: check.failure,
      reason: isError(error) ? error.message : String(error),
    }));
  try {
    return await Promise.race([run, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

function worst(checks: readonly { readonly status: HealthStatus }[]): HealthReport['status'] {
  const found = new Set(checks.map(({ status }) => status));
  return found.has('unhealthy') ? 'unhealthy' : found.has('degraded') ? 'degraded' : 'healthy';
}
