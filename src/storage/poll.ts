/**
 * Calls `look` every so often until the signal fires, each call once the one before has ended. Keeps no process alive.
 *
 * @param look handles its own errors
 */
export function poll(look: () => Promise<void> | void, intervalMs: number, signal: AbortSignal): void {
  let timer: NodeJS.Timeout;
  const again = (): void => {
    if (!signal.aborted) timer = setTimeout(() => void round(), intervalMs).unref();
  };
  const round = async (): Promise<void> => {
    await look();
    again();
  };
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  again();
}
