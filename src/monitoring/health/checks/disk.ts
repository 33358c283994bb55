import { statfs } from 'node:fs/promises';
import type { Check } from '../check.js';

const mebibyte = 2 ** 20;
/** Below these, free mebibytes. */
const tight = 1024;
const full = 100;

/** Room on the disk of a filesystem store. */
export const diskCheck: Check = {
  name: 'disk',
  failure: 'degraded',
  async run({ context }) {
    const storage = await context.stores.storage();
    const { directory } = storage.capabilities;
    if (directory === undefined) return { status: 'skipped', reason: 'records are not on a disk of this machine' };
    const { bavail, bsize } = await statfs(directory);
    const freeMiB = Math.floor((bavail * bsize) / mebibyte);
    const detail = { directory, freeMiB };
    const reason = `${freeMiB} MiB are free`;
    if (freeMiB < full) return { status: 'unhealthy', reason: `${reason}, less than ${full}`, detail };
    return freeMiB < tight
      ? { status: 'degraded', reason: `${reason}, less than ${tight}`, detail }
      : { status: 'healthy', reason, detail };
  },
};
