import type { CanaryDeploymentManager, Outcome } from '@bondx/mlops';

/** What is measured: so many calls in a row, with something computed from their results. */
export type Calls = (calls: number) => number;

/** Models of a manager, each with a canary. */
export interface Serving {
  readonly manager: CanaryDeploymentManager;
  readonly names: readonly string[];
}

/**
 * 1,000 keys of 36 bytes, made anew for each subject: requests bring strings of their own, and some libraries change how the
 * engine keeps the strings they are given.
 */
export const freshKeys = (): readonly string[] =>
  Array.from({ length: 1000 }, (_, i) =>
    Buffer.from(`0190c3a0-0000-7000-8000-${String(i).padStart(12, '0')}`).toString(),
  );

/** Routes to each model in turn. */
export function routing({ manager, names }: Serving): Calls {
  const keys = freshKeys();
  return (calls) => {
    let canaries = 0;
    for (let i = 0, n = 0, k = 0; i < calls; i++) {
      if (manager.routePrediction({ modelName: names[n]!, routingKey: keys[k]! }).routeToCanary) canaries++;
      if (++n === names.length) n = 0;
      if (++k === keys.length) k = 0;
    }
    return canaries;
  };
}

/** Routes by requests that exist already, so that all that is allocated is the router's. */
export function routingPrepared({ manager, names }: Serving): Calls {
  const requests = freshKeys().map((routingKey) => ({ modelName: names[0]!, routingKey }));
  return (calls) => {
    let canaries = 0;
    for (let i = 0, k = 0; i < calls; i++) {
      if (manager.routePrediction(requests[k]!).routeToCanary) canaries++;
      if (++k === requests.length) k = 0;
    }
    return canaries;
  };
}

/** What a result of routing takes by itself: such an object, and an id that is put together of two texts. */
export function bareResults(): Calls {
  const [beginning, ends] = ['0190c3a0-0000-7000-8000-012345678', freshKeys().map((key) => key.slice(-3))];
  return (calls) => {
    let kept = 0;
    for (let i = 0, k = 0; i < calls; i++) {
      last = {
        routeToCanary: (i & 31) === 0,
        requestId: beginning + ends[k]!,
        version: '1.0.0',
        deploymentId: '1',
        step: 0,
        unit: i,
        reason: 'production',
      };
      kept += last.unit & 1;
      if (++k === ends.length) k = 0;
    }
    return kept;
  };
}

export let last: { readonly unit: number } & Record<string, unknown> = { unit: 0 };

/** Records labelled outcomes of routed requests, said in full. */
export function recording({ manager, names }: Serving): Calls {
  const routed = routesOf({ manager, names });
  return (calls) => {
    let counted = 0;
    for (let i = 0, k = 0; i < calls; i++) {
      const { modelName, version, requestId, deploymentId, step, unit } = routed[k]!;
      const prediction = 100 + (i & 15) + 0.25;
      const answer = { prediction, actual: 107.5, latencyMs: 1.5 + (i & 7) };
      const { actual, latencyMs } = answer;
      const outcome = { modelName, version, requestId, deploymentId, step, unit, prediction, actual, latencyMs };
      if (manager.recordOutcome(outcome)) counted++;
      if (++k === routed.length) k = 0;
    }
    return counted;
  };
}

/** Records outcomes that exist already. */
export function recordingPrepared(serving: Serving): Calls {
  const outcomes = routesOf(serving).map((route, i): Outcome => ({
    prediction: 100 + (i & 15) + 0.25,
    actual: 107.5,
    latencyMs: 1.5 + (i & 7),
    ...route,
  }));
  return (calls) => {
    let counted = 0;
    for (let i = 0, k = 0; i < calls; i++) {
      if (serving.manager.recordOutcome(outcomes[k]!)) counted++;
      if (++k === outcomes.length) k = 0;
    }
    return counted;
  };
}

const routesOf = ({ manager, names }: Serving) =>
  freshKeys().map((routingKey, i) => {
    const modelName = names[i % names.length]!;
    const { version, requestId, deploymentId, step, unit } = manager.routePrediction({ modelName, routingKey });
    return { modelName, version: version!, requestId, deploymentId: deploymentId!, step: step!, unit };
  });

/** Evaluates a flag of another SDK. */
export function evaluating(flag: (key: string) => boolean): Calls {
  const keys = freshKeys();
  return (calls) => {
    let on = 0;
    for (let i = 0, k = 0; i < calls; i++) {
      if (flag(keys[k]!)) on++;
      if (++k === keys.length) k = 0;
    }
    return on;
  };
}
