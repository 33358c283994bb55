/** `skipped`: there was nothing to check, such as no canary or no backups wanted; it counts for nothing. */
export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy' | 'skipped';

/** What one check of health found. */
export interface HealthCheck {
  readonly name: string;
  readonly status: HealthStatus;
  /** One sentence for a person. */
  readonly reason: string;
  /** Numbers and names behind it. */
  readonly detail: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  readonly durationMs: number;
}

/** The worst of the checks decides. */
export interface HealthReport {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  /** ISO 8601, UTC. */
  readonly checkedAt: string;
  readonly checks: readonly HealthCheck[];
}
