import { describe, expect, it } from 'vitest';
import { calibrate, candidates, isMiscalibrated } from '../../../bench/canary/calibration.js';
import { scenarios } from '../../../bench/canary/scenarios.js';

describe('calibration', () => {
  it.each(scenarios.filter(({ requests }) => requests === 10_000).map(({ name }) => name))(
    'errs no more often than stated, and replays: %s',
    (name) => {
      const scenario = scenarios.find((one) => one.name === name)!;
      for (const candidate of candidates) {
        const row = calibrate(scenario, candidate, 4);
        expect(isMiscalibrated(row), JSON.stringify(row)).toBe(false);
        expect(row.replayed).toBe(4);
      }
    },
    60_000,
  );
});
