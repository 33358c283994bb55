#!/usr/bin/env node
import { exitCode } from './exit-code.js';
import { run } from './run.js';

// A reader that has seen enough, such as `head`, does not end the work. A result that is lost otherwise is a failure.
process.stderr.on('error', () => undefined);
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return;
  process.stderr.write(`error: the result cannot be written: ${message}\n`);
  process.exitCode = exitCode.failed;
});

const code = await run(process.argv.slice(2));
process.exitCode ??= code;
