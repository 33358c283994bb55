import { CanaryDeploymentManager } from '../canary/canary-deployment-manager.js';
import type { MLOpsConfig } from '../config/mlops-config.js';
import { DriftMonitor } from '../drift/drift-monitor.js';
import { AuditLog } from '../governance/audit-log.js';
import { Alerts } from '../monitoring/alerts/alerts.js';
import { ModelRegistry } from '../registry/model-registry.js';
import type { ContextOptions } from '../runtime/context.js';
import type { Principal } from '../runtime/principal.js';
import { ExperimentTracker } from '../tracking/experiment-tracker.js';
import { VerifiedLog } from './verified-log.js';

/** The public classes, used by one caller. Everything that a page shows or does goes through them. */
export interface Services {
  readonly tracker: ExperimentTracker;
  readonly registry: ModelRegistry;
  readonly monitor: DriftMonitor;
  /** Reads canaries. */
  readonly canaries: CanaryDeploymentManager;
  /** Changes one; what follows it for that ends with it. */
  readonly changeCanary: <T>(work: (canaries: CanaryDeploymentManager) => Promise<T>) => Promise<T>;
  readonly alerts: Alerts;
  /** Reads the audit trail. */
  readonly withAudit: <T>(work: (audit: AuditLog) => Promise<T>) => Promise<T>;
  readonly verifiedLog: VerifiedLog;
}

/** The public classes over one store, for as many callers as there are. */
export class SharedServices {
  readonly #tracker: ExperimentTracker;
  readonly #registry: ModelRegistry;
  readonly #monitor: DriftMonitor;
  readonly #canaries: CanaryDeploymentManager;
  readonly #alerts: Alerts;
  readonly #verifiedLog = new VerifiedLog();

  constructor(
    private readonly config: MLOpsConfig,
    private readonly options: ContextOptions,
  ) {
    this.#tracker = new ExperimentTracker(config, options);
    this.#registry = new ModelRegistry(config, options);
    this.#monitor = new DriftMonitor(config, options);
    this.#canaries = new CanaryDeploymentManager(config, this.#registry);
    this.#alerts = new Alerts(config, options);
  }

  /** @param principal undefined: whoever the policy lets stand in */
  as(principal: Principal | undefined): Services {
    const { config } = this;
    const options = principal === undefined ? this.options : { ...this.options, principal };
    const withAudit = async <T>(work: (audit: AuditLog) => Promise<T>): Promise<T> => {
      await using audit = new AuditLog(config, options);
      return await work(audit);
    };
    if (principal === undefined) {
      return {
        tracker: this.#tracker,
        registry: this.#registry,
        monitor: this.#monitor,
        canaries: this.#canaries,
        changeCanary: (work) => work(this.#canaries),
        alerts: this.#alerts,
        withAudit,
        verifiedLog: this.#verifiedLog,
      };
    }
    return {
      tracker: this.#tracker.withPrincipal(principal),
      registry: this.#registry.withPrincipal(principal),
      monitor: this.#monitor.withPrincipal(principal),
      canaries: this.#canaries.withPrincipal(principal),
      changeCanary: async (work) => {
        await using canaries = this.#canaries.withPrincipal(principal);
        return await work(canaries);
      },
      alerts: this.#alerts.withPrincipal(principal),
      withAudit,
      verifiedLog: this.#verifiedLog,
    };
  }

  async close(): Promise<void> {
    try {
      await this.#canaries.close();
    } finally {
      await Promise.all([this.#tracker, this.#monitor, this.#alerts, this.#registry].map((one) => one.close()));
    }
  }
}
