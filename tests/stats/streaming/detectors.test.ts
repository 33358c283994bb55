import { describe, expect, test } from 'vitest';
import { normalQuantile } from '../../../src/stats/distributions/normal.js';
import { adwin } from '../../../src/stats/streaming/adwin.js';
import { cusum, cusumThreshold } from '../../../src/stats/streaming/cusum.js';
import { ddm } from '../../../src/stats/streaming/ddm.js';
import type { Detector, DetectorState, DetectorValue } from '../../../src/stats/streaming/detector.js';
import { kswin } from '../../../src/stats/streaming/kswin.js';
import { pageHinkley } from '../../../src/stats/streaming/page-hinkley.js';
import { createRandom } from '../../../src/util/random.js';
import { uniforms } from '../../reference/samples.js';
import { expectClose, referenceCases } from '../reference.js';

interface Stream {
  readonly seed: number;
  readonly n: number;
  readonly changes: readonly [number, number][];
}
interface FirstAlarm {
  readonly index: number;
  readonly width: number;
  readonly mean: number;
}
interface Case {
  readonly stream: Stream;
  readonly adwin: FirstAlarm | null;
  readonly adwinSensitive: FirstAlarm | null;
  readonly pageHinkley: number[];
  readonly pageHinkleyDefault: number[];
  readonly ddm: { readonly drifts: number[]; readonly warnings: number };
  readonly kswin: number[];
}

const cases = referenceCases<Case>('streaming');
const streamOf = ({ seed, n, changes }: Stream): number[] => {
  const next = uniforms(seed);
  return Array.from({ length: n }, (_, i) => next() + (changes.findLast(([start]) => start <= i)?.[1] ?? 0));
};

function alarms<Options, State extends DetectorState, Value extends DetectorValue>(
  detector: Detector<Options, State, Value>,
  state: State,
  values: readonly number[],
): { index: number; value: Value }[] {
  return values.flatMap((value, index) => {
    detector.add(state, value);
    const result = detector.value(state);
    return result.status === 'drift' ? [{ index, value: result }] : [];
  });
}

const indices = (found: readonly { index: number }[]): number[] => found.map(({ index }) => index);

describe.each(cases)('on the stream $stream', (expected) => {
  const values = streamOf(expected.stream);

  test.each([
    ['defaults', {}, expected.adwin],
    ['sensitive', { delta: 0.2, clock: 8, minWindowLength: 10, gracePeriod: 20 }, expected.adwinSensitive],
  ])('ADWIN first alarms where river does, with the same window: %s', (_, options, first) => {
    const found = alarms(adwin, adwin.create(options), values)[0];
    expect(found?.index).toBe(first?.index);
    expect(found?.value.count).toBe(first?.width);
    if (found !== undefined) expectClose(found.value.mean, first!.mean, 1e-9);
  });

  test('Page–Hinkley alarms exactly where river does', () => {
    expect(indices(alarms(pageHinkley, pageHinkley.create({ threshold: 10 }), values))).toEqual(expected.pageHinkley);
    expect(indices(alarms(pageHinkley, pageHinkley.create(), values))).toEqual(expected.pageHinkleyDefault);
  });

  test('DDM alarms and warns exactly where river does', () => {
    const state = ddm.create();
    const drifts: number[] = [];
    let warnings = 0;
    values.forEach((value, i) => {
      ddm.add(state, value > 0.9 ? 1 : 0);
      const { status } = ddm.value(state);
      if (status === 'drift') drifts.push(i);
      if (status === 'warning') warnings++;
    });
    expect({ drifts, warnings }).toEqual(expected.ddm);
  });

  test('KSWIN alarms where its definition in scipy does', () => {
    expect(indices(alarms(kswin, kswin.create(), values.slice(0, 3000)))).toEqual(expected.kswin);
  });
});

describe('ADWIN', () => {
  test('keeps what followed the change and forgets what preceded it', () => {
    const state = adwin.create();
    const found = alarms(adwin, state, streamOf({ seed: 9, n: 4000, changes: [[2000, 1]] }));
    expect(found[0]!.index).toBeLessThan(2100);
    const { count, mean } = adwin.value(state);
    expect(count).toBeLessThanOrEqual(2050);
    expect(mean).toBeCloseTo(1.5, 1);
  });

  test('window statistics are those of the observations in it', () => {
    const state = adwin.create();
    const values = streamOf({ seed: 3, n: 1000, changes: [] });
    values.forEach((value) => adwin.add(state, value));
    const mean = values.reduce((sum, value) => sum + value, 0) / 1000;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 1000;
    const window = adwin.value(state);
    expect(window.count).toBe(1000);
    expectClose(window.mean, mean);
    expectClose(window.variance, variance);
    expect(state.buckets.length).toBeLessThanOrEqual(5 * Math.ceil(Math.log2(1000)));
  });

  test.each([
    [0, 1e100],
    [3, 1e4],
    [9, -1e9],
    [10, 1e9],
    [200, 1e150],
    [200, -999],
  ])('one observation out of place hides no later change: the one at %d is %d', (at, value) => {
    const values = streamOf({ seed: 9, n: 4000, changes: [[2000, 1]] });
    const [clean] = alarms(adwin, adwin.create(), values);
    const found = alarms(adwin, adwin.create(), values.with(at, value));
    expect(found[0]!.index).toBe(clean!.index);
    expect(found[0]!.value.mean).toBeCloseTo(clean!.value.mean, 1);
  });

  test.each([1e3, 1e20, -1e100])('a change of the mean to %d is found as any other', (height) => {
    const values = streamOf({ seed: 9, n: 3000, changes: [[2000, height]] });
    expect(alarms(adwin, adwin.create(), values)[0]!.index).toBeLessThan(2064);
  });

  test('goes on from a state of a release that put the first observations together at once', () => {
    const values = streamOf({ seed: 9, n: 4000, changes: [[2000, 1]] });
    const old = { size: 2, total: values[0]! + values[1]!, squares: (values[0]! - values[1]!) ** 2 / 2 };
    const single = values.slice(2, 7).map((total) => ({ size: 1, total, squares: 0 }));
    const state = adwin.restore({ ...adwin.create(), buckets: [old, ...single], observations: 7 });
    const whole = adwin.create();
    for (const value of values.slice(0, 7)) adwin.add(whole, value);
    const [found] = alarms(adwin, state, values.slice(7));
    expect(found!.index).toBe(alarms(adwin, whole, values.slice(7))[0]!.index);
  });
});

describe('CUSUM', () => {
  test('threshold is that of published tables', () => {
    // Montgomery, Introduction to Statistical Quality Control: k = ½, h = 4 has run length 168, h = 5 has 465.
    expectClose(cusumThreshold(0.5, 168), 4, 0.01);
    expectClose(cusumThreshold(0.5, 465), 5, 0.01);
  });

  test.each([
    [200, 1],
    [1000, 0.5],
    [1000, 2],
  ])('false alarms come every %d observations for a shift of %d, within 15%%', (averageRunLength, shift) => {
    const random = createRandom(averageRunLength + shift);
    const state = cusum.create({ mean: 3, standardDeviation: 2, averageRunLength, shift });
    const n = 400 * averageRunLength;
    let count = 0;
    for (let i = 0; i < n; i++) {
      cusum.add(state, 3 + 2 * normalQuantile(random.next() + 2 ** -33));
      if (cusum.value(state).status === 'drift') count++;
    }
    // 400 alarms are expected, with a standard error of 5%.
    expect(n / count / averageRunLength).toBeGreaterThan(0.8);
    expect(n / count / averageRunLength).toBeLessThan(1.25);
  });

  test.each([
    [1, 'up'],
    [-1, 'down'],
  ])('finds a change of %d standard deviation and its direction within twenty observations', (change, direction) => {
    const random = createRandom(direction);
    let steps = 0;
    for (let round = 0; round < 100; round++) {
      const state = cusum.create();
      do {
        cusum.add(state, change + normalQuantile(random.next() + 2 ** -33));
        steps++;
      } while (cusum.value(state).status !== 'drift');
      expect(cusum.value(state).direction).toBe(direction);
    }
    expect(steps / 100).toBeLessThan(20);
  });
});

interface AnyDetector {
  readonly create: (options?: object) => DetectorState;
  readonly add: (state: DetectorState, value: number) => void;
  readonly value: (state: DetectorState) => DetectorValue;
  readonly restore: (json: unknown) => DetectorState;
}

describe.each(Object.entries({ adwin, cusum, ddm, kswin, pageHinkley }))('%s', (name, specific) => {
  const detector = specific as unknown as AnyDetector;
  const values = streamOf({ seed: 1, n: 800, changes: [[300, 3]] }).map((value) =>
    name === 'ddm' ? (value > 0.8 ? 1 : 0) : value,
  );

  test('goes on after serialization as if nothing had happened', () => {
    const whole = detector.create();
    let stored = detector.create();
    values.forEach((value, i) => {
      detector.add(whole, value);
      detector.add(stored, value);
      if (i % 37 === 0) stored = detector.restore(JSON.parse(JSON.stringify(stored)));
      expect(detector.value(stored)).toEqual(detector.value(whole));
    });
  });

  test('starts stable and alarms on a large change', () => {
    const state = detector.create();
    expect(detector.value(state)).toMatchObject({ status: 'stable', count: 0 });
    const seen = values.map((value) => {
      detector.add(state, value);
      return detector.value(state).status;
    });
    expect(seen.slice(300)).toContain('drift');
  });

  test('refuses what is no observation, and is left as it was', () => {
    const state = detector.create();
    detector.add(state, 1);
    const before = structuredClone(state);
    expect(() => detector.add(state, NaN)).toThrow(/got NaN/);
    expect(() => detector.add(state, Infinity)).toThrow(/got Infinity/);
    expect(state).toEqual(before);
  });

  test('refuses states it cannot read', () => {
    const state = detector.create();
    expect(() => detector.restore(null)).toThrow(/not an object with options/);
    expect(() => detector.restore({ ...state, kind: 'other' })).toThrow(/is of a detector other/);
    expect(() => detector.restore({ ...state, version: 2 })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }) as Error,
    );
    for (const field of Object.keys(state).filter((key) => !['kind', 'version', 'options'].includes(key))) {
      expect(() => detector.restore({ ...state, [field]: {} })).toThrow(`has no valid field ${field}`);
    }
  });
});

test.each([
  [() => adwin.create({ delta: 2 }), /delta is 2/],
  [() => adwin.create({ clock: 0 }), /clock is 0/],
  [() => adwin.create({ gracePeriod: 1 }), /gracePeriod is 1/],
  [() => cusum.create({ standardDeviation: 0 }), /standardDeviation is 0/],
  [() => cusum.create({ mean: NaN }), /mean is NaN/],
  [() => cusum.create({ shift: -1 }), /shift is -1/],
  [() => cusum.create({ averageRunLength: 1 }), /averageRunLength is 1/],
  [() => ddm.create({ warmStart: 0 }), /warmStart is 0/],
  [() => ddm.create({ warningThreshold: 0 }), /warningThreshold is 0/],
  [() => ddm.create({ driftThreshold: 1 }), /driftThreshold is 1/],
  [() => kswin.create({ alpha: 0 }), /alpha is 0/],
  [() => kswin.create({ statSize: 1.5 }), /statSize is 1.5/],
  [() => kswin.create({ windowSize: 20 }), /windowSize is 20/],
  [() => pageHinkley.create({ threshold: 0 }), /threshold is 0/],
  [() => pageHinkley.create({ delta: -1 }), /delta is -1/],
  [() => pageHinkley.create({ minInstances: 0 }), /minInstances is 0/],
  [() => pageHinkley.create({ alpha: 2 }), /alpha is 2/],
])('options out of range are refused: %s', (create, message) => {
  expect(create).toThrow(message);
});
