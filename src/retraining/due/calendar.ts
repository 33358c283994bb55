/** How often a model is retrained by the calendar. */
export type Frequency = 'weekly' | 'monthly' | 'quarterly';

/** A period of the calendar, in UTC. */
export interface Period {
  /** Such as `2026-W05`, `2026-01` or `2026-Q1`. */
  readonly name: string;
  /** Its first instant, UTC milliseconds. */
  readonly startsAt: number;
  /** The first instant of the next one. */
  readonly endsAt: number;
}

const dayMs = 86_400_000;

/** The period that an instant lies in; weeks are those of ISO 8601, from Monday. */
export function periodOf(at: number, frequency: Frequency): Period {
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  switch (frequency) {
    case 'weekly':
      return weekOf(date);
    case 'monthly':
      return {
        name: `${year}-${String(month + 1).padStart(2, '0')}`,
        startsAt: Date.UTC(year, month),
        endsAt: Date.UTC(year, month + 1),
      };
    case 'quarterly': {
      const quarter = Math.floor(month / 3);
      const [startsAt, endsAt] = [Date.UTC(year, 3 * quarter), Date.UTC(year, 3 * quarter + 3)];
      return { name: `${year}-Q${quarter + 1}`, startsAt, endsAt };
    }
  }
}

/** The week belongs to the year that its Thursday lies in. */
function weekOf(date: Date): Period {
  const daysSinceMonday = (date.getUTCDay() + 6) % 7;
  const startsAt = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() - daysSinceMonday);
  const thursday = new Date(startsAt + 3 * dayMs);
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() - Date.UTC(year, 0)) / (7 * dayMs)) + 1;
  return { name: `${year}-W${String(week).padStart(2, '0')}`, startsAt, endsAt: startsAt + 7 * dayMs };
}
