import { describe, expect, it } from 'vitest';
import { cohortLengthMs } from '../../../src/canary/evidence/evidence-settings.js';

const hour = 3_600_000;

describe('a cohort of requests that wait for their labels', () => {
  it('lasts an eighth of the window, at least an hour, and is one where labels come at once', () => {
    expect([-1, 0].map(cohortLengthMs)).toEqual([0, 0]);
    expect([1, hour, 8 * hour].map(cohortLengthMs)).toEqual([hour, hour, hour]);
    expect(cohortLengthMs(48 * hour)).toBe(6 * hour);
    expect(cohortLengthMs(48 * hour + 1)).toBe(6 * hour + 1);
  });
});
