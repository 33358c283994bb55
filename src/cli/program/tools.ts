import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CanaryStep } from '../../canary/rollout-steps.js';
import type { Session } from '../session.js';

/** A command's work; it returns the exit code. */
export type Action<O> = (session: Session, options: O) => Promise<number>;

/** What the program gives a group of commands. Each loads what it needs when it is called: the rest stays quick. */
export interface CommandTools {
  /** For commands without arguments of their own. */
  readonly action: <O>(load: () => Promise<Action<O>>) => (options: unknown, command: Command) => Promise<void>;
  /**
   * Opens a session from the options of a command, runs the work and keeps its exit code.
   *
   * @param isAlone for work that needs neither policy nor store: neither they nor a token can stand in its way
   */
  readonly perform: (command: Command, work: (session: Session) => Promise<number>, isAlone?: boolean) => Promise<void>;
}

export const example = (line: string): string => `\nExample:\n  $ ${line}`;

export const modelOption = (): Option => new Option('--model <name>', 'name of the model').makeOptionMandatory();

export const versionOption = (): Option =>
  new Option('--version <version>', 'version of the model').makeOptionMandatory();

export const userOption = (): Option => new Option('--user <name>', 'whom to record as responsible');

export function parseFraction(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError('expected a fraction from 0 to 1, such as 0.1 for ten percent');
  }
  return value;
}

/** A step as `--step` has it: 0.05:24:1000 is five percent for at least 24 hours and 1,000 requests. */
export function parseStep(text: string): CanaryStep {
  const [traffic, hours = '0', requests = '0', ...rest] = text.split(':');
  if (rest.length > 0) throw new InvalidArgumentError('expected traffic[:hours[:requests]], such as 0.05:24:1000');
  return { traffic: parseFraction(traffic!), hours: parseHours(hours), requests: parsePosition(requests) };
}

export function parseHours(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('expected a number of hours from 0');
  return value;
}

export function parsePositive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('expected a number above 0');
  return value;
}

export function parsePosition(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('expected a whole number from 0');
  return value;
}

export function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number from 1');
  return value;
}

/** Names as one types them: with commas, with or without blanks. */
export const parseNames = (text: string): string[] => text.split(',').map((name) => name.trim());
