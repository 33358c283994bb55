import { type Lineage, type LineageRef, keyOf } from '../../lineage/lineage-node.js';
import { traceLineage } from '../../lineage/trace-lineage.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { refuse } from '../../util/check.js';
import { exitCode } from '../exit-code.js';
import type { Session } from '../session.js';

export interface LineageOptions {
  readonly model?: string;
  readonly version?: string;
  readonly run?: string;
  readonly report?: string;
  readonly data?: string;
  readonly depth?: number;
}

export async function lineage({ config, output, who }: Session, options: LineageOptions): Promise<number> {
  await using registry = new ModelRegistry(config, who);
  const from = await beginning(registry, options);
  const depth = options.depth === undefined ? {} : { depth: options.depth };
  const causes = await traceLineage(registry, from, { direction: 'backwards', ...depth });
  const effects = await traceLineage(registry, from, { direction: 'forwards', ...depth });
  const text = [
    causes.nodes[0]!.label,
    ...section('comes from', draw(causes, from, 'backwards')),
    ...section('led to', draw(effects, from, 'forwards')),
    ...(causes.isTruncated || effects.isTruncated ? ['there is more: raise --depth'] : []),
  ];
  output.result({ from, causes, effects }, text.join('\n'));
  return exitCode.ok;
}

async function beginning(registry: ModelRegistry, options: LineageOptions): Promise<LineageRef> {
  const { model, version, run, report, data } = options;
  const given = [model, run, report, data].filter((name) => name !== undefined);
  if (given.length !== 1) refuse('pass one of --model, --run, --report and --data');
  if (run !== undefined) return { kind: 'run', id: run };
  if (report !== undefined) return { kind: 'report', id: report };
  if (data !== undefined) return { kind: 'dataset', id: data };
  const selector = version === undefined ? ({ stage: 'production' } as const) : { version };
  return { kind: 'version', id: `${model}/${(await registry.getModelVersion(model!, selector)).version}` };
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines];

/** A tree with one line a thing; what was drawn before is not drawn again. */
function draw({ nodes, edges }: Lineage, from: LineageRef, way: 'backwards' | 'forwards'): readonly string[] {
  const labels = new Map(nodes.map((node) => [keyOf(node), node]));
  const drawn = new Set([keyOf(from)]);
  const below = (ref: LineageRef, indent: string): readonly string[] =>
    edges
      .filter((edge) => keyOf(way === 'backwards' ? edge.effect : edge.cause) === keyOf(ref))
      .flatMap((edge) => {
        const next = way === 'backwards' ? edge.cause : edge.effect;
        const key = keyOf(next);
        const { label, at } = labels.get(key)!;
        const isNew = !drawn.has(key);
        drawn.add(key);
        const line = `${indent}${label} (${edge.relation}${at === undefined ? '' : `, ${at.slice(0, 10)}`})`;
        return [line, ...(isNew ? below(next, `${indent}  `) : [])];
      });
  return below(from, '  ');
}
