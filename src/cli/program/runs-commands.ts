import type { Command } from 'commander';
import type { RunsSearchOptions, RunsTransferOptions } from '../commands/runs.js';
import { type CommandTools, example, parseCount } from './tools.js';

type RunsActions = typeof import('../commands/runs.js');

const load = (): Promise<RunsActions> => import('../commands/runs.js');

/** Adds `runs list|search|show|compare|export|import`. */
export function addRunsCommands(program: Command, { perform }: CommandTools): void {
  const runs = program.command('runs').description('find, show, compare and copy runs');

  const searching = (name: string, description: string): Command =>
    runs
      .command(name)
      .description(description)
      .option('--experiment <name>', 'only runs of this experiment')
      .option('--order-by <keys>', 'such as "metrics.mae, start_time desc" (default: newest first)')
      .option('--columns <names>', 'such as run_id,params.depth,metrics.mae.min')
      .option('--limit <count>', 'at most this many (default: 100)', parseCount)
      .action(async (options: RunsSearchOptions, command: Command) =>
        perform(command, async (session) => (await load()).search(session, options)),
      );
  searching('list', 'the newest runs').addHelpText('after', example('bondx-mlops runs list --experiment spreads'));
  searching('search', 'runs that a filter finds')
    .requiredOption('--filter <filter>', 'such as "min(metrics.mae) < 2 and params.depth = 8"')
    .addHelpText('after', example('bondx-mlops runs search --filter "metrics.mae < 2" --order-by metrics.mae'));

  runs
    .command('show <run>')
    .description('everything about a run; the beginning of its id is enough')
    .addHelpText('after', example('bondx-mlops runs show 0198c5a0-5a3e-7c4b-9d1e-2f6b8a7c3d4e'))
    .action(async (run: string, _options: unknown, command: Command) =>
      perform(command, async (session) => (await load()).show(session, run)),
    );
  runs
    .command('compare <runs...>')
    .description('runs side by side, what differs first; differences are to the first one')
    .addHelpText('after', example('bondx-mlops runs compare 0198c5a0-5a3e-7c4b 0198c5a0-6b1f-7d2a'))
    .action(async (ids: string[], _options: unknown, command: Command) =>
      perform(command, async (session) => (await load()).compare(session, ids)),
    );

  const copying = (name: 'export' | 'import', description: string): Command =>
    runs
      .command(`${name} <folder>`)
      .description(`${description}; exit code 3 when some are refused`)
      .option('--filter <filter>', 'only runs that it finds (default: all)')
      .option('--run <ids...>', 'only these')
      .addHelpText('after', example(`bondx-mlops runs ${name} ./archive`))
      .action(async (folder: string, options: RunsTransferOptions, command: Command) =>
        perform(command, async (session) => {
          const { exportRuns, importRuns } = await load();
          return { export: exportRuns, import: importRuns }[name](session, folder, options);
        }),
      );
  copying('export', 'copy runs into an archive; again and again, what is new');
  copying('import', 'copy runs from an archive, verified');
}
