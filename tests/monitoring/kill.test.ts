import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from './receiver.js';

const folder = mkdtempSync(join(tmpdir(), 'alerts-kill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let receiver: Receiver;
beforeEach(async () => (receiver = await startReceiver()));
afterEach(async () => receiver.close());

interface Run {
  readonly child: ChildProcess;
  readonly stored: string[];
  readonly ended: Promise<unknown>;
}

function start(place: string, first: number, count: number, shiftMs: number, onLine?: (line: string) => void): Run {
  const args = ['tests/monitoring/children/raise-alerts.ts', place, receiver.url];
  const child = spawn(process.execPath, ['--import', 'tsx', ...args, String(first), String(count), String(shiftMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stored: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    if (line !== 'end') stored.push(line);
    onLine?.(line);
  });
  return { child, stored, ended: once(child, 'close') };
}

const titles = (): string[] => receiver.accepted.map(({ payload }) => payload.alert.title).sort();

describe('an alert', () => {
  it('that was stored when its process was killed with SIGKILL arrives from the next one', async () => {
    const place = join(folder, 'before');
    const first = start(place, 0, 3, 0, (line) => {
      if (line === '2') first.child.kill('SIGKILL');
    });
    receiver.mood = 'stall';
    await first.ended;
    expect(first.child.signalCode).toBe('SIGKILL');
    expect(first.stored).toEqual(['0', '1', '2']);
    receiver.mood = 'accept';
    await start(place, 3, 1, 10_000).ended; // later than what a killed attempt holds
    expect(titles()).toEqual(['alert 0', 'alert 1', 'alert 2', 'alert 3']);
  }, 30_000);

  it('whose delivery was under way arrives again under the same idempotency key', async () => {
    const place = join(folder, 'during');
    receiver.mood = 'stall';
    const first = start(place, 0, 2, 0);
    receiver.onRequest = () => first.child.kill('SIGKILL');
    await first.ended;
    expect(first.stored).toEqual(['0', '1']);
    expect(receiver.received).toHaveLength(1);
    const interrupted = receiver.received[0]!.headers['idempotency-key'];
    receiver.onRequest = () => undefined;
    receiver.mood = 'accept';
    await start(place, 2, 0, 10_000).ended;
    expect(titles()).toEqual(['alert 0', 'alert 1']);
    expect(receiver.accepted.map(({ headers }) => headers['idempotency-key'])).toContain(interrupted);
  }, 30_000);

  it('is delivered once, though the receiver fails, stalls and recovers and every process on the way is killed', async () => {
    const place = join(folder, 'throughout');
    const minutes = 60_000;
    const killed = [];
    for (const [i, mood] of (['fail', 'stall', 'redirect'] as const).entries()) {
      receiver.mood = mood;
      const run = start(place, 2 * i, 2, 10 * minutes * i); // later than what the one before waits for, or holds
      receiver.onRequest = () => run.child.kill('SIGKILL');
      await run.ended;
      expect(run.stored).toEqual([String(2 * i), String(2 * i + 1)]);
      killed.push(run.child.signalCode);
    }
    expect(killed).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL']);
    receiver.onRequest = () => undefined;
    receiver.mood = 'accept';
    await start(place, 6, 0, 60 * minutes).ended;
    await start(place, 6, 0, 120 * minutes).ended; // has nothing left to deliver
    expect(titles()).toEqual(['alert 0', 'alert 1', 'alert 2', 'alert 3', 'alert 4', 'alert 5']);
    const keyOf = new Map(
      receiver.accepted.map(({ headers, payload }) => [payload.alert.title, headers['idempotency-key']]),
    );
    for (const { headers, payload } of receiver.received) {
      expect(headers['idempotency-key']).toBe(keyOf.get(payload.alert.title));
    }
  }, 60_000);
});
