import { type Command, Option } from 'commander';
import { type CommandTools, example, parseCount } from './tools.js';

/** Adds `health` and `alerts check|list|acknowledge`. */
export function addMonitoringCommands(program: Command, { action, perform }: CommandTools): void {
  program
    .command('health')
    .description('check what serving models takes; exit code 3 when degraded, 1 when unhealthy')
    .addOption(new Option('--probe <probe>', 'how much is checked').choices(['live', 'ready', 'all']).default('all'))
    .option('--timeout <ms>', 'longest time of each check, milliseconds', parseCount)
    .option('--full-audit', 'check the whole audit chain, not only its last records')
    .addHelpText('after', example('bondx-mlops health --probe ready --json'))
    .action(action(async () => (await import('../commands/health.js')).health));

  const alerts = program.command('alerts').description('what somebody should know');
  alerts
    .command('check')
    .description(
      'look at what is stored, raise alerts and deliver them; for cron. Exit code 3 when some are undelivered',
    )
    .addHelpText('after', example('bondx-mlops alerts check'))
    .action(action(async () => (await import('../commands/alerts.js')).check));
  alerts
    .command('list')
    .description('alerts, newest first')
    .addOption(new Option('--status <status>', 'only these').choices(['open', 'acknowledged', 'recovered']))
    .option('--model <name>', 'only those about this model')
    .option('--undelivered', 'instead: what could not be delivered, and why')
    .option('--limit <count>', 'at most so many', parseCount)
    .addHelpText('after', example('bondx-mlops alerts list --status open'))
    .action(action(async () => (await import('../commands/alerts.js')).list));
  alerts
    .command('acknowledge <alertId>')
    .description('say that somebody looks after it: it is not repeated any more, unless it gets worse')
    .option('--comment <text>', 'what is done about it')
    .addHelpText(
      'after',
      example('bondx-mlops alerts acknowledge 0198c5a0-5a3e-7c4b-9d1e-2f6b8a7c3d4e --comment "on it"'),
    )
    .action(async (alertId: string, options: { readonly comment?: string }, command: Command) =>
      perform(command, async (session) =>
        (await import('../commands/alerts.js')).acknowledge(session, alertId, options.comment),
      ),
    );
}
