import { thrownText } from './thrown-text.js';

/**
 * Tells a listener of the application. What it throws, or rejects with where it is asynchronous, fails nothing that it is told
 * of: a rejection that nobody handles would end the process.
 */
export function tell<Args extends readonly unknown[]>(
  listener: (...args: Args) => unknown,
  args: Args,
  onFailure: (error: unknown) => void,
): void {
  void (async () => listener(...args))().catch(onFailure);
}

/** For failures that nobody else is to hear of. */
export const warnOf =
  (what: string) =>
  (error: unknown): void =>
    process.emitWarning(`${what} failed: ${thrownText(error)}`, 'MLOpsWarning');

/** A listener that is told often: of its failures the first is warned of. */
export function teller<Args extends readonly unknown[]>(
  what: string,
  listener: (...args: Args) => unknown,
): (...args: Args) => void {
  let warn = warnOf(what);
  const warnOnce = (error: unknown): void => {
    warn(error);
    warn = () => undefined;
  };
  return (...args) => tell(listener, args, warnOnce);
}
