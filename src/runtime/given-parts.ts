import { describe, refuse } from '../util/check.js';

/** What a part that is given is called, and what has to be there to be called. */
const parts = {
  storage: ['a Storage', 'get query read commit close'],
  artifacts: ['an ArtifactStore', 'put get stat delete list close'],
  clock: ['a Clock', 'now'],
  ids: ['an IdSource', 'next'],
  random: ['a Random', 'next split'],
  keys: ['a KeyService', 'list sign publicKey wrap unwrap secret'],
  logger: ['a Logger', 'debug info warn error'],
  telemetry: ['a Telemetry', 'begin'],
} as const;

/** Refuses what cannot be worked with, before anything is begun. @throws MLOpsError `INVALID_INPUT` */
export function checkParts(options: Readonly<Partial<Record<keyof typeof parts, unknown>>>): void {
  for (const [name, [what, methods]] of Object.entries(parts)) {
    const given = options[name as keyof typeof parts];
    if (given === undefined) continue;
    if (given instanceof Promise) refuse(`${name} is a promise: await what opens it, and pass what that resolves to`);
    const members = Object(given) as Readonly<Record<string, unknown>>;
    const missing = methods.split(' ').find((method) => typeof members[method] !== 'function');
    if (missing !== undefined) refuse(`${name} must be ${what}, got ${describe(given)} without the method ${missing}`);
  }
  for (const name of ['storage', 'artifacts'] as const) {
    const given = options[name] as { readonly capabilities?: unknown } | undefined;
    if (given !== undefined && typeof given.capabilities !== 'object') {
      refuse(`${name} must be ${parts[name][0]}, got an object without capabilities`);
    }
  }
}
