import { CommandError, MLOpsError } from '../../errors.js';
import type { ProgramEnd } from './run-program.js';

/** What was asked of the program. */
interface Asked {
  readonly program: string;
  readonly timeLimitMs: number;
  readonly memoryLimitBytes: number | null;
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;

/** The error for a program that ended otherwise than with exit code 0. */
export function describeEnd(
  end: ProgramEnd,
  { program, timeLimitMs, memoryLimitBytes }: Asked,
  lastLines: string,
): MLOpsError {
  const printed = lastLines === '' ? '; it printed nothing' : `; it printed last:\n${lastLines}`;
  switch (end.kind) {
    case 'aborted':
      return new MLOpsError('ABORTED', `training was stopped, and ${program} with it; nothing was kept`);
    case 'not_started':
      return new CommandError(
        { kind: 'not_started' },
        `${program} could not be started (${end.cause.message}); name it by an absolute path, or give it PATH, and see that its working folder exists`,
        { cause: end.cause },
      );
    case 'exit':
      return new CommandError(end, `${program} ended with exit code ${end.exitCode}${printed}`);
    case 'signal':
      return new CommandError(end, `${program} was killed by ${end.signal}, not from here${printed}`);
    case 'time_limit':
      return new CommandError(
        { kind: 'time_limit', limitMs: timeLimitMs },
        `${program} was stopped after ${timeLimitMs / 1000} s, its time limit${printed}`,
      );
    case 'memory_limit':
      return new CommandError(
        { kind: 'memory_limit', limitBytes: memoryLimitBytes!, usedBytes: end.usedBytes },
        `${program} was stopped: it held ${mebibytes(end.usedBytes)} of memory, its limit is ${mebibytes(memoryLimitBytes!)}${printed}`,
      );
  }
}
