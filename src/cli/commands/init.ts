import { resolve } from 'node:path';
import { readTable } from '../../data/read-table.js';
import type { Table } from '../../data/table.js';
import { numericTarget } from '../../models/target.js';
import { guessTimeColumn } from '../../retraining/split-data.js';
import { checkName, refuse } from '../../util/check.js';
import { exitCode } from '../exit-code.js';
import { type ModelColumns, firstPolicy } from '../first-policy.js';
import { type Session, defaultPolicy } from '../session.js';
import { writeNewFile } from '../../util/on-file.js';

export interface InitOptions {
  readonly data?: string;
  readonly model?: string;
  readonly target?: string;
}

/** Writes a policy to begin with; never over one that is there. */
export async function init({ output, signal }: Session, file: string, options: InitOptions): Promise<number> {
  const { data, target } = options;
  if ((data === undefined) !== (target === undefined)) refuse('--data and --target go together: pass both, or neither');
  const name = checkName(options.model ?? 'spread', '--model');
  const columns = data === undefined ? undefined : columnsOf(await readTable(data, { signal }), target!);
  const text = firstPolicy(name, columns);
  await writeNewFile(file, text);
  const use = quoted(data ?? 'data.csv');
  const by = resolve(file) === resolve(defaultPolicy) ? '' : ` --config ${quoted(file)}`;
  output.result(
    { path: file, model: name, ...columns },
    [
      `wrote ${file}: the model ${name}` +
        (columns === undefined ? '' : `, ${columns.features.length} features, target ${columns.target}`) +
        (columns === undefined || columns.leftOut.length === 0 ? '' : `; left out ${columns.leftOut.join(', ')}`),
      'next:',
      `  bondx-mlops train --model ${quoted(name)} --data ${use}${by}`,
      `  bondx-mlops drift-check --model ${quoted(name)} --baseline ${use} --current current.csv${by}`,
    ].join('\n'),
  );
  return exitCode.ok;
}

/** A word as a shell takes it. */
const quoted = (word: string): string => (/^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** How columns are called that say which thing a row is about: a model would learn things by heart, and new ones are no drift. */
const identifier = /(^|_)(id|uuid|guid|isin|cusip|sedol|lei)$/i;

/** What of a table to learn from: everything but the target, dates, identifiers, and texts that are hardly ever the same. */
function columnsOf(table: Table, targetName: string): ModelColumns & { readonly leftOut: readonly string[] } {
  const values = numericTarget(table, targetName); // refuses what cannot be trained on
  const others = [...table.columns.values()].filter(({ name }) => name !== targetName);
  const time = guessTimeColumn(table);
  const usable = others.filter(
    (column) =>
      column.kind === 'numeric' || (column.kind === 'categorical' && column.categories.length < table.rowCount / 2),
  );
  const features = usable.filter(({ name }) => !identifier.test(name));
  if (features.length === 0) refuse(`there is no column to learn ${targetName} from`);
  const isBinary = values.every((value) => value === 0 || value === 1 || Number.isNaN(value));
  return {
    features: features.map(({ name }) => name),
    target: targetName,
    task: isBinary ? 'classification' : 'regression',
    leftOut: usable.map(({ name }) => name).filter((name) => identifier.test(name)),
    ...(time !== null && { time }),
  };
}
