import { describe, expect, it } from 'vitest';
import { createRandom, watchStream, type JsonObject, type StreamDetectorName } from '@bondx/mlops';

/** Errors (0 or 1), rare at first and frequent from observation 1001 on: what every detector can take. */
const stream = (): number[] => {
  const random = createRandom(4);
  return Array.from({ length: 2000 }, (_, i) => (random.next() < (i < 1000 ? 0.1 : 0.7) ? 1 : 0));
};

const detectors: StreamDetectorName[] = ['adwin', 'cusum', 'ddm', 'kswin', 'page_hinkley'];

describe('watchStream', () => {
  it.each(detectors)('%s finds a change soon, and the same ones when restarted after each observation', (detector) => {
    const settings = detector === 'cusum' ? { settings: { mean: 0.1, standardDeviation: 0.3 } } : {};
    const watch = watchStream({ detector, ...settings });
    const alarms = stream().flatMap((value) => watch.add(value) ?? []);
    const found = alarms.find(({ at }) => at > 1000);
    expect(found!.at).toBeLessThan(1200);
    expect(found).toEqual({ detector, at: found!.at, value: stream()[found!.at - 1] });

    let state: JsonObject = watchStream({ detector, ...settings }).state();
    const again = stream().flatMap((value) => {
      const restarted = watchStream({ detector, state: JSON.parse(JSON.stringify(state)) as JsonObject });
      const alarm = restarted.add(value);
      state = restarted.state();
      return alarm ?? [];
    });
    expect(again).toEqual(alarms);
    expect(state).toEqual(watch.state());
  });

  it('refuses what it cannot use, and does not count it', () => {
    const watch = watchStream({ detector: 'adwin' });
    expect(() => watch.add(NaN)).toThrow('finite');
    expect(() => watch.add(Number.MAX_VALUE)).toThrow('numbers up to 1e+150, got 1.7976931348623157e+308');
    watch.add(1);
    expect(watch.state()['observed']).toBe(1);
    expect(watch.value()).toMatchObject({ status: 'stable', count: 1 });
    expect(() => watchStream({ detector: 'magic' as never })).toThrow('detector');
    expect(() => watchStream({ detector: 'ddm', settings: {}, state: watch.state() })).toThrow('leave settings out');
    expect(() => watchStream({ detector: 'ddm', state: watch.state() })).toThrow('expected ddm');
    expect(() => watchStream({ detector: 'ddm', state: {} })).toThrow('not an object');
  });
});
