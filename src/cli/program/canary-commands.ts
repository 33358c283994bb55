import { type Command, Option } from 'commander';
import type { CanaryStep } from '../../canary/rollout-steps.js';
import {
  type CommandTools,
  example,
  modelOption,
  parseCount,
  parseFraction,
  parseHours,
  parseStep,
  userOption,
  versionOption,
} from './tools.js';

/** Adds `deploy`, `canary …` and `decision replay`. */
export function addCanaryCommands(program: Command, { action, perform }: CommandTools): void {
  program
    .command('deploy')
    .description('begin a canary: a share of the traffic goes to a candidate')
    .addOption(modelOption())
    .addOption(versionOption())
    .option('--traffic <fraction>', 'share of the traffic, 0.05 being five percent', parseFraction)
    .option(
      '--step <traffic[:hours[:requests]]>',
      'a step of the rollout and what it takes at least; once for each, 0 being shadow mode',
      (text: string, before: readonly CanaryStep[] | undefined) => [...(before ?? []), parseStep(text)],
    )
    .option(
      '--shadow-sample <fraction>',
      'in shadow mode, the share of the requests both score (default: all)',
      parseFraction,
    )
    .option('--label-window <hours>', 'how long after a request its actual value may come', parseHours)
    .addOption(userOption())
    .addHelpText(
      'after',
      example('bondx-mlops deploy --model spread --version 1.0.1 --step 0:24:1000 --step 0.05:24 --step 0.2'),
    )
    .action(action(async () => (await import('../commands/deploy.js')).deploy));

  const canary = program.command('canary').description("watch and steer a model's latest canary");
  const canaryCommands = {
    status: 'what it does, who serves it, and the last decision',
    pause: 'let production answer everything until resume',
    resume: 'go on where pause stopped',
    promote: 'make the candidate production; exit code 3 when a gate refuses',
    rollback: 'end it: production answers everything again',
    halt: 'the kill switch: no traffic any more, in every process within a second',
  } as const;
  for (const [name, description] of Object.entries(canaryCommands)) {
    const command = canary.command(name).description(description).addOption(modelOption());
    if (name !== 'status') command.addOption(userOption()).option('--reason <text>', 'why, for the record');
    command
      .addHelpText('after', example(`bondx-mlops canary ${name} --model spread`))
      .action(action(async () => (await import('../commands/canary.js'))[name as keyof typeof canaryCommands]));
  }

  canary
    .command('adjust')
    .description('change its share of the traffic')
    .addOption(modelOption())
    .addOption(
      new Option('--traffic <fraction>', 'the new share, 0 being shadow mode')
        .argParser(parseFraction)
        .makeOptionMandatory(),
    )
    .addOption(userOption())
    .option('--reason <text>', 'why, for the record')
    .addHelpText('after', example('bondx-mlops canary adjust --model spread --traffic 0.05'))
    .action(action(async () => (await import('../commands/canary.js')).adjust));
  canary
    .command('evaluate')
    .description(
      'decide from what all processes have recorded; exit code 3 when the candidate does harm, or a gate refuses',
    )
    .addOption(modelOption())
    .option('--apply', 'carry the decision out: promote, roll back or begin the next step; for cron')
    .addHelpText('after', example('bondx-mlops canary evaluate --model spread'))
    .action(action(async () => (await import('../commands/canary.js')).evaluate));

  const decision = program.command('decision').description('list and check stored canary decisions');
  decision
    .command('list')
    .description("decisions on a model's latest canary, newest first")
    .addOption(modelOption())
    .option('--limit <count>', 'at most this many (default: 20)', parseCount)
    .addHelpText('after', example('bondx-mlops decision list --model spread'))
    .action(action(async () => (await import('../commands/decision.js')).list));
  decision
    .command('replay <decisionIds...>')
    .description('compute decisions again from their stored inputs; exit code 1 when a result differs')
    .addHelpText('after', example('bondx-mlops decision replay 0198c5a0-5a3e-7c4b-9d1e-2f6b8a7c3d4e'))
    .action(async (decisionIds: string[], _options: unknown, command: Command) =>
      perform(command, async (session) => (await import('../commands/decision.js')).replay(session, decisionIds)),
    );
}
