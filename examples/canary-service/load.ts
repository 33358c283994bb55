/** Clients of the service, in a process of their own. Usage: load <port>; ends on the message `stop`. */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '@bondx/mlops/testing';
import { type Bond, drawBond } from './market.js';
import type { Answer, LoadReport, Slice, Tally } from './messages.js';

const port = Number(process.argv[2]);
const clients = 8;
/** Pause of a client between two requests: the service shares the machine with all the rest of this. */
const pauseMs = 8;
const sliceMs = 250;
const random = createRandom('load');
const agent = new Agent({ keepAlive: true, maxSockets: clients });
const tallies = new Map<string, Tally>();
const slices: Slice[] = [];
let [sent, answered, retried] = [0, 0, 0];
let isStopping = false;

process.on('message', () => (isStopping = true));
await Promise.all(Array.from({ length: clients }, client));
agent.destroy();
const report: LoadReport = { sent, answered, retried, tallies: [...tallies.values()], slices };
process.send?.(report, () => process.disconnect());

async function client(): Promise<void> {
  while (!isStopping) {
    const bond = drawBond(random, 20);
    sent++;
    note(await askUntilAnswered(`client-${Math.floor(random.next() * 5000)}`, bond));
    await sleep(pauseMs);
  }
}

/** A worker that dies breaks the requests it holds; they are asked again. */
async function askUntilAnswered(key: string, bond: Bond): Promise<Answer> {
  for (;;) {
    try {
      return await ask(key, bond);
    } catch {
      retried++;
      await sleep(20);
    }
  }
}

function ask(key: string, { spread_bps: actual, ...features }: Bond): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method: 'POST', path: '/spread', agent };
    const asked = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve(JSON.parse(body) as Answer));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(JSON.stringify({ key, features, actual }));
  });
}

function note({ pid, version, deploymentId, reason }: Answer): void {
  const now = Date.now();
  answered++;
  const at = Math.floor(now / sliceMs) * sliceMs;
  if (slices.at(-1)?.at !== at) slices.push({ at, versions: {} });
  const { versions } = slices.at(-1)!;
  versions[version ?? 'none'] = (versions[version ?? 'none'] ?? 0) + 1;
  if (deploymentId === undefined) return;
  const name = `${deploymentId}/${pid}`;
  let tally = tallies.get(name);
  if (tally === undefined) tallies.set(name, (tally = { pid, deploymentId, routed: 0, recorded: 0, arrivedAt: [] }));
  tally.routed++;
  if (reason === 'canary' || reason === 'production' || reason === 'shadow') tally.recorded++;
  tally.arrivedAt.push(now);
}
