import { modelOrStore } from '../governance/access/scope.js';
import type { ControlPlane } from '../governance/control-plane.js';
import type { Clock } from '../util/clock.js';
import type { CanaryDecision } from './deployment.js';
import { listDeployments } from './deployment-pages.js';
import { acquireLease } from './lease.js';

/** How {@link CanaryDeploymentManager.automate} steers a canary by itself. */
export interface AutomateOptions {
  /** How often each deployment is evaluated, milliseconds; 10,000 unless told. */
  readonly everyMs?: number;
  /** Only this model's deployments. */
  readonly modelName?: string;
  /** Told of every decision, after it was carried out; with `failures` where gates refused the promotion. */
  readonly onDecision?: (decision: CanaryDecision) => unknown;
  /** Told of evaluations that failed; they are tried again. Without it, a warning is printed. */
  readonly onError?: (error: unknown) => unknown;
}

/** Automatic mode, until it is stopped. */
export interface Automation {
  /** Waits for an evaluation under way. */
  stop(): Promise<void>;
}

/** A lease lasts so many rounds: a process that dies is replaced after that. */
const leaseRounds = 3;

/** The ids of the deployments that this process is to evaluate now; of all processes that ask, one gets each. */
export async function leasedDeployments(
  control: ControlPlane,
  clock: Clock,
  holder: string,
  { everyMs = 10_000, modelName }: AutomateOptions,
): Promise<readonly string[]> {
  return control.access('canary.read', modelOrStore(modelName), async (storage) => {
    const leased: string[] = [];
    for (const status of ['shadow', 'active'] as const) {
      let cursor: string | undefined;
      do {
        const options = {
          status,
          ...(modelName !== undefined && { modelName }),
          ...(cursor !== undefined && { cursor }),
        };
        const page = await listDeployments(storage, options);
        for (const { deploymentId } of page.deployments) {
          const ttlMs = leaseRounds * everyMs;
          if (await acquireLease(storage, deploymentId, holder, clock.now(), ttlMs)) leased.push(deploymentId);
        }
        cursor = page.cursor;
      } while (cursor !== undefined);
    }
    return leased;
  });
}
