import { expect, it } from 'vitest';
import { runPromotionRace } from '../../scripts/soak/promotion-race.js';
import { temporaryDirectory } from '../adapters/filesystem/temporary-directory.js';

it('of eight processes that promote versions of one model at once, one wins and the others are told', async () => {
  const result = await runPromotionRace(await temporaryDirectory(), 3);
  expect(result).toEqual({ rounds: 3, winners: { 1: 3 }, others: { CONFLICT: 21 }, problems: [] });
}, 120_000);
