import type { Command } from 'commander';

/** What the library calls what one types as an option; those that commands share, whatever their kind. */
const names: Readonly<Record<string, string>> = {
  modelName: '--model',
  modelType: '--type',
  modelVersion: '--version',
  candidateVersion: '--version',
  baselineData: '--baseline',
  currentData: '--current',
  timeColumn: '--windows',
  initialTrafficPercentage: '--traffic',
  trafficFraction: '--traffic',
  labelWindowHours: '--label-window',
  idempotencyKey: '--key',
  performedBy: '--user',
  deployedBy: '--user',
  dueAt: '--due',
};

/** What one calls in code, and the command that does it. */
const commands: readonly (readonly [RegExp, string])[] = [
  [/\bpromoteModel\b(\(\.\.\.\))?/g, 'bondx-mlops promote'],
  [/\bassessCompliance\(\.\.\.\)/g, 'bondx-mlops compliance assess'],
  [/\badjustTraffic\b/g, 'bondx-mlops canary adjust'],
  [/\blistDecisions\(deploymentId\)/g, 'bondx-mlops decision list'],
  [/\blistDeployments\(\)/g, 'bondx-mlops list --deployments'],
  [/\bexportRuns\b/g, 'bondx-mlops runs export'],
  [/\bapprovals\.(list|request|approve)\((\.\.\.)?\)/g, 'bondx-mlops approvals $1'],
  [/\bdetectDrift\b/g, 'bondx-mlops drift-check'],
  [/\brecordEvidence\(\.\.\.\)/g, 'recordEvidence(...) of the library'], // no command does
  [/\blistRetrainings\(\)/g, 'bondx-mlops audit list --action retraining.trigger --json'],
  [/\bresume\('[^']*'\) or (?=bondx-mlops)/g, ''],
];

/** A text of the library in the words of who typed a command, and not those of who calls it in code. */
export function inCommands(text: string, command?: Command): string {
  const group = command?.parent?.name() ?? '';
  const told = commands
    .reduce((said, [pattern, words]) => said.replace(pattern, words), text)
    .replace(/\blist\(\)/g, `bondx-mlops ${group} list`);
  if (command === undefined) return told;
  const flags = new Map(command.options.map((option) => [option.attributeName(), option.long!]));
  const known = new Set(flags.values());
  const flagOf = (name: string): string | undefined => {
    const flag = Object.hasOwn(names, name) ? names[name] : flags.get(name);
    return flag !== undefined && known.has(flag) ? flag : undefined;
  };
  return told
    .replace(/^[a-z]\w*(?= (?:must|has|is)\b)/, (name) => flagOf(name) ?? name)
    .replace(/(?<!")\b[a-z]+[A-Z]\w*\b(?!")/g, (name) => flagOf(name) ?? name); // a word that English has not
}
