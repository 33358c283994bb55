/** Writes many lines into a log that others write too. Usage: write-log.ts <path> <lines> */
import { RotatingFile } from '../../../src/runtime/logging/rotating-file.js';

const [path, count] = process.argv.slice(2) as [string, string];
const log = new RotatingFile(path, { maxBytes: 2_000, keep: 1_000 });
for (let i = 0; i < Number(count); i++) log.write(`${process.pid} ${i} ${'x'.repeat(100)}\n`);
