import { fsync } from 'node:fs';
import { promisify } from 'node:util';

const flushDescriptor = promisify(fsync);

/** What was written reaches the medium. Yarn's Plug'n'Play puts handles of its own in place of Node's, which lack `sync`. */
export const flush = ({ fd }: { readonly fd: number }): Promise<void> => flushDescriptor(fd);
