import { type Command, InvalidArgumentError } from 'commander';
import { type CommandTools, example } from './tools.js';

/** Adds `ui`. */
export function addUiCommand(program: Command, { action }: CommandTools): void {
  program
    .command('ui')
    .description('show experiments, models, drift, canaries and the audit trail in a browser, until Ctrl-C')
    .option('--port <port>', '0 for any that is free (default: 4317)', parsePort)
    .option('--host <address>', 'address to listen at; others than loopback ask everybody for a token')
    .option('--allowed-host <names...>', 'hosts that browsers ask for besides loopback, such as mlops.example.com')
    .option('--open', 'open it in the browser')
    .addHelpText('after', example('bondx-mlops ui --open'))
    .action(action(async () => (await import('../commands/ui.js')).ui));
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('expected a whole number from 0 to 65535');
  return port;
}
