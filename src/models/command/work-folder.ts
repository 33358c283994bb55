import { createWriteStream } from 'node:fs';
import { lstat, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Table } from '../../data/table.js';
import { csvLines } from '../../data/write-csv.js';
import { CommandError } from '../../errors.js';
import type { JsonObject } from '../../util/json.js';

export const dataFormats = ['csv', 'json'] as const;
export type DataFormat = (typeof dataFormats)[number];

/** Where a trainer program puts what it makes, inside of its folder. */
const outputFolder = 'output';

/** A folder that only this user can read, in which a program finds its inputs and leaves its outputs. */
export class WorkFolder {
  private constructor(readonly path: string) {}

  static async create(): Promise<WorkFolder> {
    const folder = new WorkFolder(await mkdtemp(join(tmpdir(), 'bondx-train-')));
    await mkdir(folder.#output('.'));
    return folder;
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }

  async writeParameters(parameters: JsonObject): Promise<void> {
    await writeFile(join(this.path, 'parameters.json'), `${JSON.stringify(parameters, undefined, 2)}\n`);
  }

  /** @returns the file's name */
  async writeTable(name: string, table: Table, format: DataFormat): Promise<string> {
    const file = `${name}.${format}`;
    const pieces = format === 'csv' ? csvLines(table, 'programs') : jsonPieces(table);
    await pipeline(Readable.from(pieces), createWriteStream(join(this.path, file)));
    return file;
  }

  /**
   * Paths of the files that the program left in its output folder, with `/` between their parts; links are none.
   *
   * @throws CommandError when it left no such folder
   */
  async outputs(): Promise<readonly string[]> {
    const options = { recursive: true, withFileTypes: true } as const;
    const entries = await readdir(this.#output('.'), options).catch(unreadable(`${outputFolder}/`));
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(this.#output('.').length + 1)
          .replaceAll('\\', '/'),
      )
      .sort();
  }

  /**
   * The bytes of an output, undefined when there is none of this name.
   *
   * @throws CommandError for something that is no file, or is too large
   */
  async readOutput(name: string, maxBytes: number): Promise<Buffer | undefined> {
    const found = await lstat(this.#output(name)).catch(() => undefined);
    if (found === undefined) return undefined;
    const file = `${outputFolder}/${name}`;
    if (!found.isFile()) throw new CommandError({ kind: 'output', file }, `${file} is no file; links are not followed`);
    if (found.size > maxBytes) {
      throw new CommandError(
        { kind: 'output', file },
        `${file} has ${found.size} bytes, at most ${maxBytes} are taken; raise tracking.max_artifact_size_mb`,
      );
    }
    return readFile(this.#output(name)).catch(unreadable(file));
  }

  #output(name: string): string {
    return join(this.path, outputFolder, name);
  }
}

const unreadable = (file: string) => (cause: Error) => {
  throw new CommandError({ kind: 'output', file }, `${file} cannot be read (${cause.message})`, { cause });
};

/** `{ "column": [cells], … }`, one column a line; null where missing. */
function* jsonPieces(table: Table): Generator<string> {
  let before = '{\n';
  for (const name of table.columns.keys()) {
    const column = table.select([name]);
    const cells = Array.from({ length: table.rowCount }, (_, row) => column.row(row)[name] ?? null);
    yield `${before}${JSON.stringify(name)}: ${JSON.stringify(cells)}`;
    before = ',\n';
  }
  yield table.columns.size === 0 ? '{}\n' : '\n}\n';
}
