import { readFile } from 'node:fs/promises';
import { assessCompliance } from '../../compliance/assess-compliance.js';
import type { ComplianceInputs } from '../../compliance/checks/inputs.js';
import { exportInventory, inventoryCsv } from '../../compliance/inventory/export-inventory.js';
import { MLOpsError } from '../../errors.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { exitCode } from '../exit-code.js';
import { formatTable } from '../output.js';
import type { Session } from '../session.js';

interface AssessOptions {
  readonly model: string;
  readonly version: string;
  readonly inputs?: string;
}

export async function assess({ config, output, who }: Session, options: AssessOptions): Promise<number> {
  await using registry = new ModelRegistry(config, who);
  const report = await assessCompliance(registry, {
    modelName: options.model,
    version: options.version,
    ...(options.inputs !== undefined && { inputs: await readInputs(options.inputs) }),
  });
  const rows = report.results.map(({ check, status, message }) => [check, status, message]);
  const caveats = [...new Set(report.results.flatMap((result) => result.caveats))].map((text) => `note: ${text}`);
  const until =
    report.goodUntil === undefined ? [] : [`counts until ${report.goodUntil}, when the oldest evidence is too old`];
  const text = [formatTable(['check', 'status', 'what was found'], rows), ...caveats, ...until, report.verdict];
  output.result(report, text.join('\n'));
  return report.verdict === 'passed' ? exitCode.ok : exitCode.found;
}

async function readInputs(path: string): Promise<ComplianceInputs> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ComplianceInputs;
  } catch (cause) {
    throw new MLOpsError('INVALID_INPUT', `${path} is no JSON that can be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

export async function inventory(
  { config, output, who }: Session,
  options: { readonly csv?: boolean },
): Promise<number> {
  await using registry = new ModelRegistry(config, who);
  const rows = await exportInventory(registry);
  const head = ['model', 'status', 'tier', 'owner', 'production', 'last validation', 'next review'];
  const cells = rows.map(({ model, status, tier, owner, production, lastValidation, nextReview }) =>
    [model, status, tier, owner, production, lastValidation, nextReview].map((cell) => String(cell ?? '')),
  );
  const text = rows.length === 0 ? 'no models' : formatTable(head, cells);
  output.result(rows, options.csv === true ? inventoryCsv(rows).trimEnd() : text);
  return rows.every(({ status }) => status === 'current') ? exitCode.ok : exitCode.found;
}
