import { describe, expect, it } from 'vitest';
import { runFlushSoak, whyNoStrace } from '../../scripts/soak/flush-soak.js';
import { runKillSoak } from '../../scripts/soak/kill-soak.js';
import { temporaryDirectory } from '../adapters/filesystem/temporary-directory.js';

const nothingWrong = { lost: 0, partial: 0, damaged: 0, notes: [] };

it('four writers killed at random moments lose nothing they acknowledged and leave nothing in part', async () => {
  const result = await runKillSoak({ directory: await temporaryDirectory(), cycles: 3 });
  expect(result).toMatchObject({ ...nothingWrong, kills: 12 });
  expect(result.acknowledged).toBeGreaterThan(0);
}, 120_000);

const reason = whyNoStrace();

describe.skipIf(reason !== undefined)(`flushes that fail${reason === undefined ? '' : ` (${reason})`}`, () => {
  it('are reported, are not retried, and take nothing with them that was acknowledged', async () => {
    const result = await runFlushSoak(await temporaryDirectory(), 8, 10);
    expect(result).toMatchObject({ ...nothingWrong, runs: 8 });
    expect(result.failedOpening).toBeGreaterThan(0);
    expect(result.failedWriting).toBeGreaterThan(0);
  }, 120_000);
});
