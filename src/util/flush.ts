import { fsync } from 'node:fs';
import { promisify } from 'node:util';

const flushDescriptor = promisify(fsync);

/**
 * What was written reaches the medium. Yarn's Plug'n'Play puts handles of its own in place of Node's, whose `sync` throws an
 * error without a code; Node's permission model forbids to flush by descriptor.
 */
export async function flush(file: { readonly fd: number; sync(): Promise<void> }): Promise<void> {
  try {
    await file.sync();
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== undefined) throw error;
    await flushDescriptor(file.fd);
  }
}
