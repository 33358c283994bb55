import type { CST, Document, ParsedNode } from 'yaml';
import { PolicyError } from '../errors.js';
import { describe } from './fields.js';
import { showPath } from './key-tree.js';
import { loadYaml } from './load-yaml.js';
import type { Origins, Place } from './places.js';
import { Problems } from './problems.js';

/** A policy needs five levels. The composer of `yaml` recurses, and at some depth takes the whole process down. */
const maxDepth = 50;

/** Values after the aliases are replaced; stops alias bombs. */
const maxValues = 20_000;

/** A document's content as plain data, before anything is known of its keys. */
export interface PolicyDocument {
  readonly content: object;
  readonly problems: Problems;
}

/**
 * Reads YAML 1.2 (core schema). Anchors and aliases work; tags, merge keys and several documents in one file do not.
 *
 * @param name the file as the error calls it
 * @throws PolicyError with one issue when the text cannot be read as one mapping
 */
export function readPolicyDocument(text: string, name: string | undefined): PolicyDocument {
  const reader = new DocumentReader(name);
  return reader.read(text);
}

class DocumentReader {
  readonly #yaml = loadYaml();
  readonly #lines = new this.#yaml.LineCounter();
  readonly #origins: Origins = new Map();
  readonly #problems = new Problems(this.#origins);
  readonly #anchors = new Map<string, ParsedNode>();
  #values = 0;

  constructor(private readonly name: string | undefined) {}

  read(text: string): PolicyDocument {
    const { contents } = this.#compose(text);
    if (contents === null || (this.#yaml.isScalar(contents) && contents.value === null)) {
      this.#fail('is empty; copy policy.example.yaml over it, or write {} to take every default');
    }
    const content = this.#toPlain(contents, [], 0);
    if (!this.#yaml.isMap(contents)) {
      this.#fail(`expected sections and keys such as "seed: 42", got ${describe(content)}`, this.#start(contents));
    }
    return { content: content as object, problems: this.#problems };
  }

  #compose(text: string): Document.Parsed {
    const tokens = [...new this.#yaml.Parser(this.#lines.addNewLine).parse(text)];
    const deep = findDeeperThan(tokens, maxDepth);
    if (deep !== undefined) this.#fail(`nests deeper than ${maxDepth} levels`, this.#at(deep));
    const composer = new this.#yaml.Composer<ParsedNode>({
      schema: 'core',
      stringKeys: true,
      uniqueKeys: false, // found below, with both lines
      prettyErrors: false,
    });
    const documents = [...composer.compose(tokens, true, text.length)];
    const document = documents[0]!;
    const error = document.errors.toSorted((a, b) => a.pos[0] - b.pos[0])[0];
    if (error !== undefined) {
      const place = this.#at(error.pos[0]);
      const isTab = error.code === 'TAB_AS_INDENT' || /^ *\t/.test(text.split(/\r?\n/)[place.line - 1] ?? '');
      this.#fail(
        isTab ? 'is indented with a tab; YAML allows spaces only' : `is not valid YAML: ${error.message}`,
        place,
      );
    }
    if (documents.length > 1) {
      this.#fail('holds a second document; keep one (remove the line with ---)', this.#at(documents[1]!.range[0]));
    }
    return document;
  }

  #toPlain(node: ParsedNode | null, path: readonly PropertyKey[], depth: number): unknown {
    if (++this.#values > maxValues) {
      this.#fail(`holds more than ${maxValues} values once its aliases are replaced; a policy needs far fewer`);
    }
    if (node === null) return null;
    if (depth > maxDepth) this.#fail(`nests deeper than ${maxDepth} levels, or contains itself`, this.#start(node));
    if (this.#yaml.isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target === undefined) this.#fail(`*${node.source} refers to no &${node.source} before it`, this.#start(node));
      return this.#toPlain(target, path, depth + 1);
    }
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (node.tag !== undefined) {
      this.#fail(`the tag ${JSON.stringify(node.tag)} is not allowed; write the plain value`, this.#start(node));
    }
    if (this.#yaml.isMap(node)) return this.#mapToPlain(node, path, depth);
    if (this.#yaml.isSeq(node)) {
      return node.items.map((item, i) => {
        const itemPath = [...path, i];
        this.#origins.set(showPath(itemPath), this.#origin(item, item));
        return this.#toPlain(item, itemPath, depth + 1);
      });
    }
    return node.value;
  }

  #mapToPlain(node: Extract<ParsedNode, { items: { key: unknown }[] }>, path: readonly PropertyKey[], depth: number) {
    const plain = Object.create(null) as Record<string, unknown>; // so that __proto__ is a key like any other
    const lines = new Map<string, number>();
    for (const { key: keyNode, value } of node.items) {
      const key = String(this.#yaml.isScalar(keyNode) ? keyNode.value : keyNode);
      const keyPath = [...path, key];
      const place = this.#start(keyNode);
      const first = lines.get(key);
      if (first !== undefined) {
        this.#problems.add(keyPath, place, `is there twice, on line ${first} and on line ${place.line}; keep one`);
        continue;
      }
      lines.set(key, place.line);
      this.#origins.set(showPath(keyPath), this.#origin(keyNode, value));
      plain[key] = this.#toPlain(value, keyPath, depth + 1);
    }
    return plain;
  }

  /** A value that is not written (`psi_threshold:`) stands where its key does. */
  #origin(key: ParsedNode, value: ParsedNode | null) {
    const isWritten = value !== null && value.range[1] > value.range[0];
    return { kind: 'file', key: this.#start(key), value: this.#start(isWritten ? value : key) } as const;
  }

  #start = (node: ParsedNode): Place => this.#at(node.range[0]);

  #at(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  #fail(message: string, place?: Place): never {
    throw new PolicyError([{ path: '', message, ...place }], this.name);
  }
}

/** Offset of a token nested deeper than `limit`. Iterative: the nesting may be a million levels. */
function findDeeperThan(tokens: readonly CST.Token[], limit: number): number | undefined {
  let level: readonly CST.Token[] = tokens;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return level[0]!.offset;
    level = level.flatMap(childTokens);
  }
  return undefined;
}

function childTokens(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap((item) => [item.key, item.value].filter((child) => child != null));
}
