import { describe, expect, it } from 'vitest';
import { EvidenceCollector } from '../../../src/canary/evidence/evidence-collector.js';
import type { EvidenceSettings } from '../../../src/canary/evidence/evidence-settings.js';
import { otherSegment, segmentLimit } from '../../../src/canary/evidence/segment-map.js';

const settings: EvidenceSettings = {
  task: 'regression',
  cohortMs: 0,
  latencyBudgetMs: null,
  missBudget: null,
  lossBound: null,
};

/** Names in no order, a whole number among them, as many as a process tells apart. */
const names = ['banks', '7', 'Energy', ...Array.from({ length: segmentLimit - 3 }, (_, i) => `s${(i * 29) % 61}`)];

class Segments {
  readonly #collector = new EvidenceCollector(settings);

  record(...segments: readonly unknown[]): this {
    for (const segment of segments as string[]) {
      this.#collector.record('canary', 0, 1, 0, { segment });
      this.#collector.recordPair(0, 1, 0, { canary: {}, production: {}, segment });
    }
    return this;
  }

  /** Requests by segment, of the canary and of pairs. */
  take(): readonly (readonly [name: string, requests: number, pairs: number])[] {
    const stratum = this.#collector.take()?.strata[0];
    if (stratum === undefined) return [];
    const { canary, pairs } = stratum;
    expect(Object.keys(pairs.segments)).toEqual(Object.keys(canary.segments));
    return Object.entries(canary.segments).map(([name, { cells }]) => [
      name,
      cells.requests.reduce((sum, count) => sum + count, 0),
      pairs.segments[name]!.requests,
    ]);
  }
}

describe('segments', () => {
  it('are told apart up to the limit, in the order of their names; later ones are counted together', () => {
    const segments = new Segments().record(...names, 'late', 'later', ...names, 'late');
    const ordered = [...names].sort();
    expect(ordered[0]).toBe('7'); // where a record puts it whatever the order
    const expected = ordered.map((name) => [name, 2, 2] as const);
    expect(new Set(segments.take())).toEqual(new Set([...expected, [otherSegment, 3, 3]]));
  });

  it('come in one order, whatever came first', () => {
    const taken = new Segments()
      .record(...names)
      .take()
      .map(([name]) => name);
    expect(taken).toEqual([...names].sort());
    expect(
      new Segments()
        .record(...[...names].reverse())
        .take()
        .map(([name]) => name),
    ).toEqual(taken);
  });

  it('without news are left out, and their names are still known', () => {
    const segments = new Segments().record(...names);
    segments.take();
    expect(segments.record('banks', 'late').take()).toEqual([
      [otherSegment, 1, 1],
      ['banks', 1, 1],
    ]);
  });

  it('make room for others once their stratum had no news', () => {
    const segments = new Segments().record(...names);
    segments.take();
    expect(segments.take()).toEqual([]);
    expect(segments.record('late').take()).toEqual([['late', 1, 1]]);
  });

  it('that a record could not hold are counted with the others', () => {
    const unstorable = ['__proto__', 'constructor', 'prototype', 'lone \ud800', 7, null, { name: 'energy' }];
    const segments = new Segments().record(...unstorable, 'energy').take();
    expect(segments).toEqual([
      [otherSegment, unstorable.length, unstorable.length],
      ['energy', 1, 1],
    ]);
  });
});
