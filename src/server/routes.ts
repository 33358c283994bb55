import { alerts } from './pages/alerts.js';
import { audit } from './pages/audit.js';
import { canaries, canary } from './pages/canaries.js';
import { drift, driftReport, modelDrift } from './pages/drift.js';
import { compare, experimentRuns, experiments } from './pages/experiments.js';
import { modelVersion, models } from './pages/models.js';
import type { ShowPage } from './visit.js';

/** A page by its path; `:` stands for a part that varies. */
type Route = readonly [path: string, page: ShowPage];

/** @param version changes whenever a canary does */
const routes = (version: () => Promise<string>): readonly Route[] => [
  ['', experiments],
  ['experiments', experiments],
  ['experiments/:', experimentRuns],
  ['compare', compare],
  ['models', models],
  ['models/:/:', modelVersion],
  ['drift', drift],
  ['drift/:', modelDrift],
  ['drift-reports/:', driftReport],
  ['canaries', canaries],
  ['canaries/:', canary(version)],
  ['alerts', alerts],
  ['audit', audit],
];

/** The path of every page. */
export const pagePaths: readonly string[] = routes(async () => '').map(([path]) => path);

/** Finds the page of a path, and the parts of the path that vary. */
export function findPage(
  parts: readonly string[],
  version: () => Promise<string>,
): { readonly page: ShowPage; readonly params: readonly string[] } | undefined {
  for (const [path, page] of routes(version)) {
    const wanted = path.split('/');
    if (wanted.length === parts.length && wanted.every((part, i) => part === ':' || part === parts[i])) {
      return { page, params: parts.filter((_, i) => wanted[i] === ':') };
    }
  }
  return undefined;
}
