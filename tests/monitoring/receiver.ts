import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly payload: {
    readonly deliveryId: string;
    readonly notice: string;
    readonly alert: { readonly key: string; readonly title: string };
  };
}

/** How the receiver treats the next requests. `stall` never answers. */
export type Mood = 'accept' | 'fail' | 'stall' | 'redirect';

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Those that were answered with success. */
  readonly accepted: Received[];
  mood: Mood;
  /** Called with every request, before it is answered. */
  onRequest: () => void;
  close(): Promise<void>;
}

/** An HTTP server that takes alerts, or does not. */
export async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(request, response, Buffer.concat(chunks).toString('utf8')));
  });
  const receiver: Receiver = {
    url: '',
    received: [],
    accepted: [],
    mood: 'accept',
    onRequest: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const got: Received = { headers: request.headers, body, payload: JSON.parse(body) as Received['payload'] };
    receiver.received.push(got);
    receiver.onRequest();
    if (receiver.mood === 'stall') return;
    if (receiver.mood === 'accept') receiver.accepted.push(got);
    const status = { accept: 204, fail: 503, redirect: 302 }[receiver.mood];
    response.writeHead(status, receiver.mood === 'redirect' ? { location: 'http://169.254.169.254/' } : {});
    response.end();
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(receiver, { url: `http://127.0.0.1:${port}/hook` });
}
