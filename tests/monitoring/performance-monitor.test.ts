import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PerformanceMonitor, mergeWindows, prometheusText, summarizeWindow } from '@bondx/mlops';
import { FakeClock } from '@bondx/mlops/testing';

const spread = { modelName: 'spread', version: '1.0.0' };

function setUp(options = {}) {
  const clock = new FakeClock();
  return { clock, monitor: new PerformanceMonitor({ clock, ...options }) };
}

describe('a performance monitor', () => {
  it('tells quality, latency, errors and throughput of each version', () => {
    const { clock, monitor } = setUp();
    for (let i = 0; i < 100; i++) {
      monitor.record({ ...spread, latencyMs: i + 1, prediction: 10, actual: i % 2 === 0 ? 9 : 13, isError: i < 5 });
    }
    monitor.record({ ...spread, version: '1.1.0', latencyMs: 1 });
    clock.advance(10_000);
    const summary = monitor.summary('spread', '1.0.0')!;
    expect(summary).toMatchObject({ requests: 100, throughput: 10, errorRate: 0.05, latency: { mean: 50.5 } });
    expect(summary.quality).toEqual({ count: 100, mae: 2, mse: 5, rmse: Math.sqrt(5), bias: -1 });
    expect(monitor.versions()).toEqual([spread, { ...spread, version: '1.1.0' }]);
    expect(monitor.summary('spread', '9.0.0')).toBeUndefined();
  });

  it('gives quantiles that are at least the true ones, by at most one bucket', () => {
    const latencies = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(latencies, (values) => {
        const { monitor } = setUp();
        for (const latencyMs of values) monitor.record({ ...spread, latencyMs });
        const sorted = [...values].sort((a, b) => a - b);
        const { latency } = monitor.summary('spread', '1.0.0')!;
        for (const [p, found] of [
          [0.5, latency.p50!],
          [0.95, latency.p95!],
          [0.99, latency.p99!],
        ] as const) {
          const exact = sorted[Math.ceil(p * sorted.length) - 1]!;
          expect(found).toBeGreaterThanOrEqual(exact);
          expect(found).toBeLessThanOrEqual(exact * 1.125 + 1e-9);
        }
      }),
    );
  });

  it('keeps windows that add up, however they are split over processes', () => {
    const observations = fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 299_999 }),
        side: fc.boolean(),
        latencyMs: fc.integer({ min: 0, max: 999 }),
      }),
      { minLength: 1, maxLength: 50 },
    );
    fc.assert(
      fc.property(observations, (all) => {
        const ordered = [...all].sort((a, b) => a.at - b.at);
        const clock = new FakeClock();
        const [whole, left, right] = [1, 2, 3].map(() => new PerformanceMonitor({ clock })) as [
          PerformanceMonitor,
          PerformanceMonitor,
          PerformanceMonitor,
        ];
        let now = 0;
        for (const { at, side, latencyMs } of ordered) {
          clock.advance(at - now);
          now = at;
          const observation = { ...spread, latencyMs, prediction: latencyMs, actual: 0 };
          whole.record(observation);
          (side ? left : right).record(observation);
        }
        const parts = [left, right].flatMap((one) => [...one.windows('spread', '1.0.0')]);
        const stored = JSON.parse(JSON.stringify(parts)) as typeof parts;
        const merged = mergeWindows(stored);
        const direct = mergeWindows(whole.windows('spread', '1.0.0'));
        expect({ ...merged, from: direct.from }).toEqual(direct);
        expect(summarizeWindow(merged).quality).toEqual(summarizeWindow(direct).quality);
      }),
    );
  });

  it('merges a list of windows, and nothing else', () => {
    const { monitor } = setUp();
    monitor.record({ ...spread, latencyMs: 1 });
    const [window] = monitor.windows('spread', '1.0.0');
    expect(() => mergeWindows(window as never)).toThrow('windows must be a list of windows of one version');
  });

  it('forgets old windows and keeps what it counted since it began', () => {
    const { clock, monitor } = setUp({ windowMs: 1_000, keep: 3 });
    for (let i = 0; i < 10; i++) {
      monitor.record({ ...spread, latencyMs: 1 });
      clock.advance(1_000);
    }
    expect(monitor.windows('spread', '1.0.0')).toHaveLength(3);
    expect(monitor.summary('spread', '1.0.0')!.requests).toBe(3);
    expect(monitor.totals()[0]!.requests).toBe(10);
  });

  it('measures on once a clock that was ahead is right, and keeps its counts', () => {
    const { clock, monitor } = setUp({ keep: 5 });
    const serve = (minutes: number): void => {
      for (let i = 0; i < minutes; i++) {
        for (let n = 0; n < 60; n++) monitor.record({ ...spread, latencyMs: 1 });
        clock.advance(60_000);
      }
    };
    clock.advance(3_600_000);
    serve(3);
    clock.advance(-3_600_000);
    serve(4);
    expect(monitor.summary('spread', '1.0.0')).toMatchObject({ requests: 240, throughput: 1 });
    serve(20);
    expect(monitor.windows('spread', '1.0.0')).toHaveLength(5);
    expect(monitor.totals()).toMatchObject([{ requests: 27 * 60 }]);
    clock.advance(-10); // as when time is kept in step
    serve(1);
    expect(monitor.totals()).toMatchObject([{ requests: 28 * 60 }]);
  });

  it('never throws, leaves nonsense out, and is not filled by names that requests choose', () => {
    const { monitor } = setUp();
    expect(monitor.record(undefined as never)).toBe(false);
    monitor.record({ ...spread, latencyMs: NaN, prediction: Infinity, actual: 1 });
    monitor.record({ ...spread, latencyMs: -1 });
    expect(monitor.summary('spread', '1.0.0')).toMatchObject({
      requests: 2,
      latency: { p50: null },
      quality: { count: 0 },
    });
    for (let i = 0; i < 1500; i++) monitor.record({ modelName: 'm', version: `${i}` });
    expect(monitor.versions()).toHaveLength(1000);
    expect(monitor.dropped).toBe(501);
  });

  it('leaves out what names no version, and goes on telling of the others', () => {
    const { monitor } = setUp();
    monitor.record(spread);
    const nobody = { modelName: 'spread', version: undefined as never, prediction: 1, actual: 1 }; // a route not loaded yet
    expect(monitor.record(nobody)).toBe(false);
    expect(monitor.recordActual(nobody)).toBe(false);
    expect(monitor.recordActual(undefined as never)).toBe(false);
    expect(monitor.dropped).toBe(1);
    expect(prometheusText(monitor)).toContain('bondx_mlops_requests_total{model="spread",version="1.0.0"} 1');
  });

  it('takes labels that come later', () => {
    const { monitor } = setUp();
    monitor.record({ ...spread, prediction: 5 });
    monitor.recordActual({ ...spread, prediction: 5, actual: 3 });
    expect(monitor.summary('spread', '1.0.0')).toMatchObject({ requests: 1, quality: { count: 1, mae: 2 } });
  });
});

describe('the Prometheus text', () => {
  it('has counters and a histogram whose buckets only grow, with labels escaped', () => {
    const { monitor } = setUp();
    for (const latencyMs of [0.2, 3, 3, 700, 1e6]) {
      monitor.record({ modelName: 'a"b\\c\nd', version: '1', latencyMs, prediction: 2, actual: 1 });
    }
    const text = prometheusText(monitor);
    const labels = 'model="a\\"b\\\\c\\nd",version="1"';
    expect(text).toContain(`# TYPE bondx_mlops_requests_total counter\nbondx_mlops_requests_total{${labels}} 5\n`);
    expect(text).toContain(`bondx_mlops_latency_seconds_bucket{${labels},le="0.004"} 3\n`);
    expect(text).toContain(`bondx_mlops_latency_seconds_bucket{${labels},le="+Inf"} 5\n`);
    const counts = [...text.matchAll(/le="[^"]+"\} (\d+)/g)].map((match) => Number(match[1]));
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    for (const line of text.trim().split('\n')) expect(line).toMatch(/^(# (HELP|TYPE) \S+ .+|[a-z_]+\{.*\} [\d.e+]+)$/);
  });
});
