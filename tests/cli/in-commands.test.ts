import { describe, expect, it } from 'vitest';
import { inCommands } from '../../src/cli/in-commands.js';
import { buildProgram } from '../../src/cli/run.js';

const program = buildProgram(new AbortController().signal, () => undefined);
const command = (...path: string[]) =>
  path.reduce((outer, name) => outer.commands.find((inner) => inner.name() === name)!, program);

describe('a message of the library on the command line', () => {
  it.each([
    ['windowDays must be a number of days', ['drift-check'], '--window-days must be a number of days'],
    ['from must be a time such as 2026-01-31', ['drift-check'], '--from must be a time such as 2026-01-31'],
    ['modelType must not be empty', ['train'], '--type must not be empty'],
    ['version must be a semantic version', ['promote'], '--version must be a semantic version'],
    ['idempotencyKey must not be empty', ['retrain'], '--key must not be empty'],
    ['initialTrafficPercentage 0.9 is above 0.2', ['deploy'], '--traffic 0.9 is above 0.2'],
    [
      'there is no alert a; list() shows those there are',
      ['alerts', 'acknowledge'],
      'there is no alert a; bondx-mlops alerts list shows those there are',
    ],
    [
      'there is no finding a; list() shows those there are',
      ['findings', 'close'],
      'there is no finding a; bondx-mlops findings list shows those there are',
    ],
    ['run detectDrift for it first', ['promote'], 'run bondx-mlops drift-check for it first'],
    ['ask for them with approvals.request(...)', ['promote'], 'ask for them with bondx-mlops approvals request'],
    [
      "resume('0198') or bondx-mlops retrain --resume 0198 goes on",
      ['retrain'],
      'bondx-mlops retrain --resume 0198 goes on',
    ],
    [
      'there is no retraining a; listRetrainings() shows those there are',
      ['retrain'],
      'there is no retraining a; bondx-mlops audit list --action retraining.trigger --json shows those there are',
    ],
    ['promote a first version with promoteModel', ['deploy'], 'promote a first version with bondx-mlops promote'],
  ])('%j names what was typed', (text, path, said) => {
    expect(inCommands(text, command(...path))).toBe(said);
  });

  it('leaves what the command has no option for, and words that are English', () => {
    const text = 'windowDays must fit; leave from out';
    expect(inCommands(text, command('list'))).toBe(text);
    expect(inCommands('there is no column "modelName"', command('list'))).toBe('there is no column "modelName"');
  });
});
