import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adviseStep, planSteps } from '../../src/canary/rollout-steps.js';
import {
  type DeploymentAction,
  type DeploymentStatus,
  hasEnded,
  isServing,
  nextStatus,
} from '../../src/canary/transitions.js';

const statuses: DeploymentStatus[] = ['shadow', 'active', 'paused', 'halted', 'promoted', 'rolled_back'];
const actions: DeploymentAction[] = ['adjust', 'pause', 'resume', 'promote', 'rollback', 'halt'];

const after = (status: DeploymentStatus, action: DeploymentAction, share: number): DeploymentStatus | 'refused' => {
  try {
    return nextStatus('d', status, action, share);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ILLEGAL_STATE' });
    return 'refused';
  }
};

describe('the table of transitions', () => {
  it('has no way back from a halt or an end to traffic, by any sequence of actions', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<DeploymentStatus>('halted', 'promoted', 'rolled_back'),
        fc.array(fc.tuple(fc.constantFrom(...actions), fc.constantFrom(0, 0.1)), { maxLength: 10 }),
        (from, steps) => {
          let status = from;
          for (const [action, share] of steps) {
            const next = after(status, action, share);
            if (next !== 'refused') status = next;
            expect(isServing(status)).toBe(false);
          }
        },
      ),
    );
  });

  it('lets every deployment that has not ended be halted or be halted already, and be rolled back', () => {
    for (const status of statuses.filter((known) => !hasEnded(known))) {
      if (status !== 'halted') expect(after(status, 'halt', 0.1)).toBe('halted');
      expect(after(status, 'rollback', 0.1)).toBe('rolled_back');
    }
    for (const status of statuses.filter(hasEnded)) {
      for (const action of actions) expect(after(status, action, 0.1)).toBe('refused');
    }
  });

  it('goes by the share whether requests are split or shadowed', () => {
    expect(after('shadow', 'adjust', 0.01)).toBe('active');
    expect(after('active', 'adjust', 0)).toBe('shadow');
    expect(after('paused', 'resume', 0)).toBe('shadow');
    expect(after('paused', 'adjust', 0.2)).toBe('paused');
  });

  it('says what is possible instead', () => {
    expect(() => nextStatus('d7', 'halted', 'resume', 0.1)).toThrow(
      'deployment d7 is halted and cannot resume; possible are rollback',
    );
  });
});

describe('steps', () => {
  it('are refused when they do not grow, pass the limit or ask for what cannot be', () => {
    for (const bad of [
      [],
      [{ traffic: 0.05 }, { traffic: 0.05 }],
      [{ traffic: 0.3 }],
      [{ traffic: 1 }],
      [{ traffic: 0.1, hours: -1 }],
      [{ traffic: 0.1, requests: 0.5 }],
      [{ traffic: 0.1, minutes: 5 }],
      [null],
    ])
      expect(() => planSteps(bad as never, 0.2), JSON.stringify(bad)).toThrow();
  });

  it('advance only when both the time and the evidence are there', () => {
    const steps = planSteps([{ traffic: 0, hours: 2, requests: 100 }, { traffic: 0.05 }], 0.2);
    const at = (hours: number, requests: number) =>
      adviseStep({ steps, current: 0, elapsedMs: hours * 3_600_000, requests });
    expect(at(1, 500)).toEqual({ action: 'wait', reason: 'the step lasts 2 h, 1 h have passed' });
    expect(at(3, 99)).toEqual({ action: 'wait', reason: 'the step needs 100 requests, 99 are there' });
    expect(at(2, 100)).toMatchObject({ action: 'advance', to: 1 });
    expect(adviseStep({ steps, current: 1, elapsedMs: 0, requests: 0 }).action).toBe('complete');
    expect(adviseStep({ steps, current: undefined, elapsedMs: 0, requests: 0 }).action).toBe('complete');
  });

  it('have the last one last and see as much as the others', () => {
    const steps = planSteps([{ traffic: 0.2, hours: 2, requests: 100 }], 0.2);
    const at = (hours: number, requests: number) =>
      adviseStep({ steps, current: 0, elapsedMs: hours * 3_600_000, requests });
    expect(at(1, 500)).toEqual({ action: 'wait', reason: 'the step lasts 2 h, 1 h have passed' });
    expect(at(3, 99)).toEqual({ action: 'wait', reason: 'the step needs 100 requests, 99 are there' });
    expect(at(2, 100).action).toBe('complete');
  });
});
