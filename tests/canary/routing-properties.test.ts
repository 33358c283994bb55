import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketingVersion } from '../../src/canary/bucketing.js';
import type { StoredDeployment } from '../../src/canary/deployment.js';
import { Router } from '../../src/canary/router.js';
import { uuidSource } from '../../src/util/ids.js';

/** Chance of a single comparison to fail though all is well: below 1e-9. */
const sigmas = 6.2;

/** A router with one model whose canary has a share. */
function routerOf(salt: string, share: number, mode: 'split' | 'shadow' = 'split'): Router {
  const router = new Router(uuidSource);
  set(router, salt, share, mode);
  return router;
}

function set(router: Router, salt: string, share: number, mode: 'split' | 'shadow' = 'split'): void {
  const deployment: Partial<StoredDeployment> = {
    deploymentId: salt,
    candidateVersion: '2.0.0',
    productionVersion: '1.0.0',
    status: mode === 'split' ? 'active' : 'shadow',
    steps: [{ step: 0, mode, share, beganAt: 0 }],
    salt,
    bucketing: bucketingVersion,
  };
  router.set('m', '1.0.0', deployment as StoredDeployment);
}

const isChosen = (router: Router, routingKey: string): boolean =>
  router.route({ modelName: 'm', routingKey }).routeToCanary;

/** Ways in which systems name their clients, orders or requests; each gives any number of distinct keys. */
const keyKinds: fc.Arbitrary<(i: number) => string> = fc.oneof(
  fc.constant((i: number) => String(i)),
  fc.nat(1e9).map((from) => (i: number) => String(from + i).padStart(12, '0')),
  fc.string({ unit: 'binary', maxLength: 40 }).map((prefix) => (i: number) => `${prefix}${i}`),
  fc.string({ unit: 'grapheme', maxLength: 10 }).map((end) => (i: number) => `${i.toString(36)}@${end}.example`),
  fc.nat(0xffff).map((node) => (i: number) => {
    const stamp = (0x190c3a00000 + i).toString(16).padStart(12, '0');
    return `${stamp.slice(0, 8)}-${stamp.slice(8)}-7000-8000-${node.toString(16).padStart(12, '0')}`;
  }),
  fc.nat(255).map((byte) => (i: number) => String.fromCharCode(byte).repeat(1 + (i % 7)) + '\u20ac'.repeat(i / 7)),
);

/** Salts as deployments have them (ids a millisecond apart), and others. */
const salts = fc.oneof(
  fc.nat(0xfff).map((i) => `0190c3a0-0000-7000-8000-000000000${i.toString(16).padStart(3, '0')}`),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
);
const shares = fc.oneof(fc.constantFrom(0.001, 0.01, 0.05, 0.5), fc.double({ min: 0.001, max: 0.999, noNaN: true }));
const options = { numRuns: 60 };

describe('the share of the canary', () => {
  it('is the one asked for, within binomial bounds, whatever the keys look like', () => {
    fc.assert(
      fc.property(keyKinds, salts, shares, (keyOf, salt, share) => {
        const router = routerOf(salt, share);
        const n = 2_000;
        let chosen = 0;
        for (let i = 0; i < n; i++) if (isChosen(router, keyOf(i))) chosen++;
        // The binomial tail is heavier than the normal one where few are expected: one more in ten, and five.
        const slack = sigmas * Math.sqrt(n * share * (1 - share)) + 5;
        expect(Math.abs(chosen - n * share)).toBeLessThan(slack);
      }),
      options,
    );
  });

  it('takes an empty key for none: who has none to give would else be on one side with all others', () => {
    const router = routerOf('0190c3a0-0000-7000-8000-000000000000', 0.5);
    const chosen = Array.from({ length: 400 }, () => isChosen(router, '')).filter(Boolean).length;
    expect(Math.abs(chosen - 200)).toBeLessThan(sigmas * 10);
  });

  it('is the one asked for without keys, and in shadow mode too', () => {
    for (const [mode, share] of [
      ['split', 0.05],
      ['shadow', 0.3],
    ] as const) {
      const router = routerOf('s', share, mode);
      const n = 20_000;
      let chosen = 0;
      for (let i = 0; i < n; i++) {
        const { routeToCanary, reason } = router.route({ modelName: 'm' });
        if (routeToCanary || reason === 'shadow') chosen++;
      }
      expect(Math.abs(chosen - n * share)).toBeLessThan(sigmas * Math.sqrt(n * share * (1 - share)));
    }
    const all = routerOf('s', 1, 'shadow');
    for (let i = 0; i < 1000; i++) expect(all.route({ modelName: 'm' }).reason).toBe('shadow');
  });
});

describe('two deployments', () => {
  it('assign the same keys independently of each other', () => {
    const several = fc.double({ min: 0.1, max: 0.9, noNaN: true });
    fc.assert(
      fc.property(keyKinds, salts, salts, several, several, (keyOf, salt, other, share, otherShare) => {
        fc.pre(salt !== other);
        const [one, two] = [routerOf(salt, share), routerOf(other, otherShare)];
        const n = 2_000;
        const table = [0, 0, 0, 0];
        for (let i = 0; i < n; i++) table[2 * Number(isChosen(one, keyOf(i))) + Number(isChosen(two, keyOf(i)))]!++;
        // z of the product of the standardized assignments, which has mean 0 when they are independent.
        const weights = [0, 1, 2, 3].map((cell) => ((cell >> 1) - share) * ((cell & 1) - otherShare));
        const sum = table.reduce((total, count, cell) => total + count * weights[cell]!, 0);
        const deviation = Math.sqrt(n * share * (1 - share) * otherShare * (1 - otherShare));
        expect(Math.abs(sum) / deviation).toBeLessThan(sigmas + 1);
      }),
      options,
    );
  });
});

describe('a ramp', () => {
  it('keeps every key that has reached the canary there while the share grows', () => {
    const ramp = fc.array(shares, { minLength: 2, maxLength: 6 }).map((steps) => steps.sort((a, b) => a - b));
    fc.assert(
      fc.property(keyKinds, salts, ramp, (keyOf, salt, steps) => {
        const router = routerOf(salt, steps[0]!);
        const keys = Array.from({ length: 300 }, (_, i) => keyOf(i));
        let inCanary = new Set<string>();
        for (const share of steps) {
          set(router, salt, share);
          const now = new Set(keys.filter((key) => isChosen(router, key)));
          for (const key of inCanary) expect(now.has(key)).toBe(true);
          inCanary = now;
        }
      }),
      options,
    );
  });
});
