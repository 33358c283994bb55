import { hostname } from 'node:os';
import { join } from 'node:path';
import type { MLOpsConfig } from '../../config/mlops-config.js';
import type { Clock } from '../../util/clock.js';
import { tell } from '../../util/tell.js';
import { formatLine } from './format-line.js';
import { type LogLevel, type Logger, levelNumbers } from './logger.js';
import { RotatingFile } from './rotating-file.js';

/** What came of an operation. */
export interface OperationLine {
  readonly operation: string;
  readonly durationMs: number;
  readonly actor?: string;
  readonly error?: unknown;
}

/** Writes a line about an operation. Undefined in a context that logs nothing: that costs nothing. */
export type OperationLog = (line: OperationLine) => void;

/** The file of an area of the library; all others share one. */
const files: Readonly<Record<string, string>> = { drift: 'drift_detection.log', registry: 'model_registry.log' };
const otherFile = 'mlops_cli.log';

/** The logger that was given, else the files of the policy, else nothing. */
export function openOperationLog(
  config: MLOpsConfig,
  clock: Clock,
  given: Logger | undefined,
): OperationLog | undefined {
  const { level } = config.policy.logging;
  if (given !== undefined) return (line) => passOn(given, line);
  return level === 'off' ? undefined : fileLog(config, clock, level);
}

/** Reads are of interest when something is wrong only. */
const levelOf = ({ operation, error }: OperationLine): LogLevel =>
  error !== undefined ? 'error' : operation.endsWith('.read') ? 'debug' : 'info';

function passOn(logger: Logger, line: OperationLine): void {
  // As plain JSON without secrets, whatever the logger makes of it; one that fails must not fail what is logged.
  const write = (): unknown => logger[levelOf(line)](JSON.parse(formatLine(line)) as object, messageOf(line));
  tell(write, [], () => undefined);
}

function fileLog(config: MLOpsConfig, clock: Clock, least: LogLevel): OperationLog {
  const { maxFileMb, maxFiles } = config.policy.logging;
  const folder = config.resolvePath(config.policy.logPath);
  const opened = new Map<string, RotatingFile>();
  const host = hostname();
  return (line) => {
    const level = levelNumbers[levelOf(line)];
    if (level < levelNumbers[least]) return;
    const name = files[line.operation.split('.')[0]!] ?? otherFile;
    let file = opened.get(name);
    if (file === undefined) {
      file = new RotatingFile(join(folder, name), { maxBytes: maxFileMb * 2 ** 20, keep: maxFiles });
      opened.set(name, file);
    }
    file.write(
      formatLine({ level, time: clock.now(), pid: process.pid, hostname: host, ...line, msg: messageOf(line) }),
    );
  };
}

const messageOf = ({ operation, error }: OperationLine): string =>
  `${operation} ${error === undefined ? 'done' : 'failed'}`;
