import type { ControlPlane } from '../../governance/control-plane.js';
import type { ModelLoader } from '../../models/async-model.js';
import type { Context } from '../../runtime/context.js';
import type { HealthCheck } from './health-report.js';

/** What a check is made with. */
export interface CheckInputs {
  readonly context: Context;
  readonly control: ControlPlane;
  readonly fullAudit: boolean;
  readonly loaders: readonly ModelLoader[];
}

/** What a check found. */
export interface CheckResult extends Pick<HealthCheck, 'status' | 'reason'> {
  readonly detail?: HealthCheck['detail'];
}

export interface Check {
  readonly name: string;
  /** What it counts as when it fails or takes too long. */
  readonly failure: 'degraded' | 'unhealthy';
  run(inputs: CheckInputs): Promise<CheckResult>;
}
