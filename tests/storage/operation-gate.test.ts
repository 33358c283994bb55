import { expect, it } from 'vitest';
import { OperationGate } from '../../src/storage/operation-gate.js';

it('closing waits for every operation under way, failed ones too, and releases once', async () => {
  const gate = new OperationGate('this thing');
  const events: string[] = [];
  let finish: () => void = () => undefined;
  const slow = gate.run(() => new Promise<void>((resolve) => (finish = resolve)));
  const failing = gate.run(() => Promise.reject(new RangeError('failed'))).catch(() => events.push('failed'));
  const closing = Promise.all([
    gate.close(() => void events.push('released')),
    gate.close(() => void events.push('released twice')),
  ]);
  await failing;
  expect(events).toEqual(['failed']);
  finish();
  await Promise.all([slow, closing]);
  expect(events).toEqual(['failed', 'released']);
});

it('turns operations away once closing began', async () => {
  const gate = new OperationGate('this thing');
  const closing = gate.close();
  await expect(gate.run(() => 1)).rejects.toMatchObject({
    code: 'CLOSED',
    message: expect.stringContaining('this thing') as string,
  });
  expect(() => gate.assertOpen()).toThrow('this thing was closed');
  await closing;
});
