import { ModelInventory } from '../../compliance/inventory/model-inventory.js';
import type { ModelFinding, Severity } from '../../registry/inventory/finding.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { exitCode } from '../exit-code.js';
import { formatTable } from '../output.js';
import type { Session } from '../session.js';

export async function list(
  { config, output, who }: Session,
  options: { readonly model?: string; readonly open?: boolean },
): Promise<number> {
  await using registry = new ModelRegistry(config, who);
  const found = await new ModelInventory(registry).findings.list({
    ...(options.model !== undefined && { modelName: options.model }),
    ...(options.open === true && { isOpen: true }),
  });
  const rows = found.map((finding) => [
    finding.modelName,
    finding.severity,
    finding.isOverdue ? 'overdue' : finding.status,
    finding.dueAt,
    finding.title,
    finding.findingId,
  ]);
  const head = ['model', 'severity', 'status', 'due', 'what', 'finding'];
  output.result(found, rows.length === 0 ? 'no findings' : formatTable(head, rows));
  return found.some(({ isOverdue }) => isOverdue) ? exitCode.found : exitCode.ok;
}

interface RaiseOptions {
  readonly model: string;
  readonly severity: string;
  readonly title: string;
  readonly due: string;
}

export async function raise({ config, output, who }: Session, options: RaiseOptions): Promise<number> {
  await using registry = new ModelRegistry(config, who);
  const { model: modelName, severity, title, due: dueAt } = options;
  const { findings } = new ModelInventory(registry);
  return say(output, await findings.raise({ modelName, severity: severity as Severity, title, dueAt }));
}

interface CloseOptions {
  readonly finding: string;
  readonly comment: string;
  readonly acceptRisk?: boolean;
}

export async function close({ config, output, who }: Session, options: CloseOptions): Promise<number> {
  await using registry = new ModelRegistry(config, who);
  const { finding: findingId, comment, acceptRisk } = options;
  const { findings } = new ModelInventory(registry);
  return say(
    output,
    await findings.close({ findingId, comment, status: acceptRisk === true ? 'risk_accepted' : 'resolved' }),
  );
}

function say(output: Session['output'], finding: ModelFinding): number {
  const { findingId, modelName, severity, status, dueAt } = finding;
  output.result(finding, `${modelName}: ${severity} finding ${findingId} is ${status}, due on ${dueAt}`);
  return exitCode.ok;
}
