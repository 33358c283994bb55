import { AsyncResource } from 'node:async_hooks';

/** What belonged to no call when the library was loaded, and does not from then on. */
const nobody = new AsyncResource('BondXMLOps');

/**
 * A task for a timer that outlives the call which starts it: it does not run in that call's async context, so that neither
 * a trace nor whatever else a service keeps in an AsyncLocalStorage is prolonged by it.
 */
export const inBackground =
  (task: () => void): (() => void) =>
  () =>
    nobody.runInAsyncScope(task);
