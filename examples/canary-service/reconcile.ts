import type { CanaryStatus } from '@bondx/mlops';
import type { LoadReport } from './messages.js';

/** Something that must be so. */
export interface Finding {
  readonly what: string;
  readonly isSo: boolean;
}

/**
 * Holds what the clients were told against what the workers stored. A worker that ended in order stored everything; of the
 * killed one may be missing what it had seen since it last stored, which its report dates.
 */
export function reconcile(load: LoadReport, statuses: readonly CanaryStatus[], killed: number): Finding[] {
  const { sent, answered, retried } = load;
  const findings: Finding[] = [
    { what: `${answered} of ${sent} requests were answered, ${retried} at a second try`, isSo: answered === sent },
  ];
  for (const { deployment, processes } of statuses) {
    const { deploymentId, candidateVersion } = deployment;
    let [told, stored] = [0, 0];
    for (const tally of load.tallies.filter((one) => one.deploymentId === deploymentId)) {
      const found = processes.find(({ pid }) => pid === tally.pid);
      const routed = found === undefined ? 0 : found.routed.canary + found.routed.production + found.routed.shadow;
      const seen = found === undefined ? 0 : found.outcomes + found.late + found.droppedShadow;
      if (tally.pid !== killed) {
        told += tally.routed;
        stored += routed;
        if (routed !== tally.routed || seen !== tally.recorded) {
          const what = `${candidateVersion}, worker ${tally.pid}: ${tally.routed} answers and ${tally.recorded} outcomes, stored ${routed} and ${seen}`;
          findings.push({ what, isSo: false });
        }
        continue;
      }
      const storedAt = found === undefined ? 0 : Date.parse(found.flushedAt);
      const afterwards = tally.arrivedAt.filter((at) => at >= storedAt).length;
      const lost = tally.routed - routed;
      findings.push({
        what: `${candidateVersion}, killed worker ${killed}: ${tally.routed} answers, ${routed} stored; the ${lost} lost are among the ${afterwards} since it last stored`,
        // Requests it had counted and not answered any more were asked again elsewhere.
        isSo: lost <= afterwards && lost >= -retried,
      });
    }
    findings.push({
      what: `${candidateVersion}: the other workers stored all ${told} requests`,
      isSo: told === stored,
    });
  }
  return findings;
}
