import { expect, it } from 'vitest';
import { runMoveSoak } from '../../scripts/soak/move-soak.js';
import { temporaryDirectory } from '../adapters/filesystem/temporary-directory.js';

it('a log verifies and keeps what was acknowledged, whenever a process is killed that removes its oldest records', async () => {
  const result = await runMoveSoak({ directory: await temporaryDirectory(), cycles: 4, records: 1_200 });
  expect(result).toMatchObject({ lost: 0, streams: 1, notes: [] });
  expect(result.kills + result.done).toBeGreaterThanOrEqual(4);
  expect(result.acknowledged).toBeGreaterThan(0);
}, 120_000);
