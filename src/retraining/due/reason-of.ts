import type { PerformanceReport } from '../performance/performance-report.js';
import type { RetrainingCause, RetrainingTrigger } from '../retraining-plan.js';

/** What a report says, in a few words. */
export function reasonOf(trigger: RetrainingTrigger, cause: RetrainingCause): string {
  const { reportId, verdict = 'no verdict', driftedFeatures = [] } = cause;
  if (trigger === 'manual') return 'by hand';
  if (trigger === 'schedule') return 'scheduled';
  const { metric, registered, current } = cause as Partial<PerformanceReport>;
  const detail =
    driftedFeatures.length > 0
      ? `: ${driftedFeatures.join(', ')}`
      : metric === undefined
        ? ''
        : `: ${metric} ${registered} at registration, ${current} now`;
  return reportId === undefined
    ? `${trigger}, without a report`
    : `${trigger} report ${reportId} (${verdict}${detail})`;
}
