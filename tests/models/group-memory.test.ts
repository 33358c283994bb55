import { readdir } from 'node:fs/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { sessionMemory } from '../../src/models/command/group-memory.js';

vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof import('node:fs/promises')>();
  return { ...actual, readdir: vi.fn(actual.readdir) };
});
afterEach(() => void vi.mocked(readdir).mockReset());

it.skipIf(process.platform !== 'linux')(
  'tells nothing while no more files can be opened: a rejection would end the process',
  async () => {
    vi.mocked(readdir).mockRejectedValueOnce(Object.assign(new Error('too many open files'), { code: 'EMFILE' }));
    expect(await sessionMemory(process.pid)).toBe(0);
  },
);
