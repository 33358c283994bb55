import { toTable } from '../data/table.js';
import { csvLines } from '../data/write-csv.js';
import { type BundleSource, localSources } from '../runtime/bundle.js';
import type { Context } from '../runtime/context.js';
import { dataBoundary } from '../runtime/protection.js';
import { assertUnsensitive } from '../runtime/unsensitive-files.js';
import { checkOptions, refuse } from '../util/check.js';
import { assertJson } from '../util/json.js';
import type { LogArtifactOptions } from './tracking-options.js';

const kinds = ['path', 'content', 'json', 'table'] as const;

/** Texts are encoded in pieces of about this many characters. */
const pieceLength = 1 << 16;

/** @throws MLOpsError `INVALID_INPUT` unless exactly one kind of content is given, with a name where it has none itself */
export function checkArtifactOptions(options: LogArtifactOptions): void {
  checkOptions(options, [...kinds, 'name'], 'logArtifact');
  const given = kinds.filter((kind) => options[kind] !== undefined);
  if (given.length !== 1)
    refuse(`logArtifact needs exactly one of ${kinds.join(', ')}, got ${given.join(' and ') || 'none'}`);
  if (options.path === undefined && options.name === undefined) refuse(`${given[0]} needs a name`);
  if (options.json !== undefined) assertJson(options.json, 'json');
}

/** Where the bytes of an artifact come from. */
export async function artifactSources(
  options: LogArtifactOptions,
  context: Pick<Context, 'config' | 'keys'>,
): Promise<BundleSource[]> {
  const { path, content, json, table, name } = options;
  if (path !== undefined) {
    const sources = await localSources(path, name);
    for (const source of sources) await assertUnsensitive(context.config, source);
    return sources;
  }
  if (json !== undefined)
    return [{ path: name!, open: () => Buffer.from(`${JSON.stringify(json, null, 2)}\n`, 'utf8') }];
  if (table !== undefined) {
    const columns = await dataBoundary(context).table(toTable(table));
    return [{ path: name!, open: () => encoded(csvLines(columns)) }];
  }
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content!;
  const source = { path: name!, open: () => bytes };
  await assertUnsensitive(context.config, source, !(bytes instanceof Uint8Array));
  return [source];
}

async function* encoded(lines: Iterable<string>): AsyncGenerator<Uint8Array> {
  let piece = '';
  for (const line of lines) {
    piece += line;
    if (piece.length < pieceLength) continue;
    yield Buffer.from(piece, 'utf8');
    piece = '';
  }
  yield Buffer.from(piece, 'utf8');
}
