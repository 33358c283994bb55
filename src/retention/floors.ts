import type { MLOpsConfig } from '../config/mlops-config.js';

/** Days that a framework asks records to be kept for at least. Those that are not here name no figure. */
const floors: Readonly<Record<string, number>> = {
  // Five years: Commission Delegated Regulation (EU) 2017/565, article 72, and MiFID II, article 16(7).
  'MiFID II': 1_827,
};

/** What a law asks for, and which of the policy's frameworks does. */
export function legalFloor({ policy }: MLOpsConfig): { readonly days: number; readonly framework?: string } {
  return policy.security.regulatoryFrameworks.reduce<{ readonly days: number; readonly framework?: string }>(
    (most, framework) => {
      const days = floors[framework] ?? 0;
      return days > most.days ? { days, framework } : most;
    },
    { days: 0 },
  );
}
