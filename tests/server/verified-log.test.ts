import { describe, expect, it, vi } from 'vitest';
import type { AuditLog, AuditVerification } from '@bondx/mlops';
import { VerifiedLog } from '../../src/server/verified-log.js';

/** A log that takes its time to be verified, and says how often it was. */
function slowLog() {
  const log = {
    verified: 0,
    verify: async (): Promise<AuditVerification> => {
      const records = ++log.verified;
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (log.isAway) throw new Error('the store is away');
      return { status: 'ok', records } as AuditVerification;
    },
    isAway: false,
  };
  return { log, asLog: log as unknown as AuditLog };
}

describe('what was found of the audit log', () => {
  it('is shown to all who ask meanwhile, and for a while; then, or when asked to, it is verified anew', async () => {
    const { log, asLog } = slowLog();
    const verified = new VerifiedLog();
    const records = async (isAnew = false) => (await verified.verify(asLog, isAnew)).verification.records;
    expect(await Promise.all([records(), records(), records()])).toEqual([1, 1, 1]);
    expect(await records()).toBe(1);
    expect(await records(true)).toBe(2);
    const now = performance.now();
    vi.spyOn(performance, 'now').mockReturnValue(now + 3_600_000);
    expect(await records()).toBe(3);
    vi.restoreAllMocks();
    expect(log.verified).toBe(3);
  });

  it('is not a failure that is over', async () => {
    const { log, asLog } = slowLog();
    const verified = new VerifiedLog();
    log.isAway = true;
    await expect(verified.verify(asLog, false)).rejects.toThrow('the store is away');
    log.isAway = false;
    expect((await verified.verify(asLog, false)).verification.status).toBe('ok');
  });
});
