import { once } from 'node:events';
import { isLoopback } from '../../server/security/allowed-hosts.js';
import { serve } from '../../server/serve.js';
import { exitCode } from '../exit-code.js';
import { openInBrowser } from '../open-in-browser.js';
import type { Session } from '../session.js';

export interface UiOptions {
  readonly port?: number;
  readonly host?: string;
  readonly allowedHost?: readonly string[];
  readonly open?: boolean;
}

/** Serves the dashboard until Ctrl-C, or until the system asks it to end; a second time ends it at once. */
export async function ui({ config, output, who, token, signal }: Session, options: UiOptions): Promise<number> {
  const { port, host, allowedHost, open = false } = options;
  const isLocal = host === undefined || isLoopback(host);
  const server = await serve(config, {
    ...who,
    ...(isLocal && token !== undefined && { token }),
    ...(port !== undefined && { port }),
    ...(host !== undefined && { host }),
    ...(allowedHost !== undefined && { allowedHosts: allowedHost }),
  });
  const how = isLocal ? 'who opens this address acts as you' : 'callers show tokens of their own';
  output.result({ url: server.url }, `the dashboard is at ${server.url}\n${how}; Ctrl-C ends it`);
  if (open) openInBrowser(server.entrance(), (message) => output.note(message));
  if (!signal.aborted) await once(signal, 'abort');
  await server.close();
  return exitCode.ok;
}
