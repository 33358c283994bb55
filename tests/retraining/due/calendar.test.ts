import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frequency, periodOf } from '../../../src/retraining/due/calendar.js';

const name = (day: string, frequency: Frequency): string => periodOf(Date.parse(day), frequency).name;

describe('periods of the calendar', () => {
  it('are named', () => {
    expect(name('2026-01-31T23:59:59.999Z', 'monthly')).toBe('2026-01');
    expect(name('2026-04-01', 'quarterly')).toBe('2026-Q2');
    expect(name('2026-12-31', 'quarterly')).toBe('2026-Q4');
  });

  // ISO 8601: the week of the year's first Thursday is its first week.
  it.each([
    ['2026-01-01', '2026-W01'],
    ['2025-12-29', '2026-W01'],
    ['2025-12-28', '2025-W52'],
    ['2021-01-03', '2020-W53'],
    ['2024-12-30', '2025-W01'],
  ])('%s is in week %s', (day, week) => {
    expect(name(day, 'weekly')).toBe(week);
  });

  it('begin at their first instant, and end where the next begins', () => {
    const instants = fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2100, 0) });
    fc.assert(
      fc.property(instants, fc.constantFrom<Frequency>('weekly', 'monthly', 'quarterly'), (at, frequency) => {
        const period = periodOf(at, frequency);
        expect(period.startsAt).toBeLessThanOrEqual(at);
        expect(periodOf(period.startsAt, frequency)).toEqual(period);
        expect(periodOf(period.startsAt - 1, frequency).name).not.toBe(period.name);
        expect(periodOf(period.endsAt - 1, frequency)).toEqual(period);
        expect(periodOf(period.endsAt, frequency).startsAt).toBe(period.endsAt);
      }),
    );
  });
});
