import type { Command } from 'commander';
import type { ReportOptions } from '../commands/report.js';
import { type CommandTools, example, modelOption } from './tools.js';

type ReportActions = typeof import('../commands/report.js');

const load = (): Promise<ReportActions> => import('../commands/report.js');

/** Adds `report drift|canary|compliance|runs|model`. */
export function addReportCommands(program: Command, { action, perform }: CommandTools): void {
  const report = program
    .command('report')
    .description('write an HTML file that shows what was found, with its evidence');
  const writing = (command: Command, line: string): Command =>
    command
      .requiredOption('--to <file>', 'the HTML file to write')
      .option('--open', 'open it in the browser')
      .addHelpText('after', example(`${line} --to report.html`));

  writing(
    report
      .command('drift')
      .description("a drift report, the model's latest unless told")
      .option('--model <name>', 'name of the model')
      .option('--report <id>', 'this report instead')
      .option('--baseline <csv>', 'the data it was about, to show how their values are spread')
      .option('--current <csv>', 'the other side; with --baseline'),
    'bondx-mlops report drift --model spread',
  ).action(action(async () => (await load()).drift));
  writing(
    report
      .command('canary')
      .description("a canary, the model's latest unless told")
      .addOption(modelOption())
      .option('--deployment <id>', 'this deployment instead'),
    'bondx-mlops report canary --model spread',
  ).action(action(async () => (await load()).canary));
  writing(
    report
      .command('compliance')
      .description("an assessment, the model's latest unless told, with findings and overlays as they are now")
      .addOption(modelOption())
      .option('--version <version>', 'the latest of this version')
      .option('--report <id>', 'this report instead'),
    'bondx-mlops report compliance --model pd',
  ).action(action(async () => (await load()).compliance));
  writing(
    report
      .command('model')
      .description('the model card of a version')
      .addOption(modelOption())
      .option('--version <version>', 'version of the model (default: the one in production)'),
    'bondx-mlops report model --model spread --version 1.0.0',
  ).action(action(async () => (await load()).model));
  writing(
    report.command('runs <runs...>').description('runs side by side; differences are to the first one'),
    'bondx-mlops report runs 0198c5a0-5a3e-7c4b-9d1e-2f6b8a7c3d4e 0198c5a0-6b1f-7d2a-9d1e-2f6b8a7c3d4e',
  ).action(async (ids: string[], options: ReportOptions, command: Command) =>
    perform(command, async (session) => (await load()).runs(session, ids, options)),
  );
}
