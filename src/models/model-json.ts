import { MLOpsError } from '../errors.js';

/**
 * Reads members of a model's JSON one by one. Whatever is not as expected is refused with its place; nothing in the
 * JSON is ever executed, and no size in it is trusted.
 */
export class ModelJson {
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(
    json: unknown,
    private readonly path: string,
  ) {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw corrupt(path, 'an object', json);
    this.#members = json as Readonly<Record<string, unknown>>;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#members, key);
  }

  number(key: string): number {
    const value = this.#get(key);
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.wrong(key, 'a finite number');
    return value;
  }

  string(key: string): string {
    const value = this.#get(key);
    return typeof value === 'string' ? value : this.#refuse(key, 'a string');
  }

  boolean(key: string): boolean {
    const value = this.#get(key);
    return typeof value === 'boolean' ? value : this.#refuse(key, 'true or false');
  }

  oneOf<T extends string>(key: string, allowed: readonly T[]): T {
    const value = this.#get(key);
    return allowed.find((member) => member === value) ?? this.#refuse(key, `one of ${allowed.join(', ')}`);
  }

  numbers(key: string, length?: number): number[] {
    const values = this.#array(key, length);
    if (!values.every((value) => typeof value === 'number' && Number.isFinite(value))) {
      throw this.wrong(key, 'finite numbers only');
    }
    return values as number[];
  }

  strings(key: string): string[] {
    const values = this.#array(key);
    return values.every((value) => typeof value === 'string') ? values : this.#refuse(key, 'strings only');
  }

  numberLists(key: string): number[][] {
    const lists = this.#array(key);
    const areNumbers = lists.every((list) => Array.isArray(list) && list.every((value) => typeof value === 'number'));
    return areNumbers ? lists : this.#refuse(key, 'arrays of numbers only');
  }

  object(key: string): ModelJson {
    return new ModelJson(this.#get(key), `${this.path}.${key}`);
  }

  objects(key: string): ModelJson[] {
    return this.#array(key).map((member, i) => new ModelJson(member, `${this.path}.${key}[${i}]`));
  }

  wrong(key: string, expected: string): MLOpsError {
    return corrupt(`${this.path}.${key}`, expected, this.#get(key));
  }

  #get(key: string): unknown {
    return Object.hasOwn(this.#members, key) ? this.#members[key] : undefined;
  }

  #array(key: string, length?: number): unknown[] {
    const value = this.#get(key);
    if (!Array.isArray(value)) throw this.wrong(key, 'an array');
    if (length !== undefined && value.length !== length) throw this.wrong(key, `an array of ${length}`);
    return value;
  }

  #refuse(key: string, expected: string): never {
    throw this.wrong(key, expected);
  }
}

function corrupt(path: string, expected: string, found: unknown): MLOpsError {
  const what =
    found === undefined ? 'nothing' : Array.isArray(found) ? `an array of ${found.length}` : JSON.stringify(found);
  return new MLOpsError(
    'CORRUPT',
    `${path} must be ${expected}, found ${what.slice(0, 80)}; the model file is damaged or was not written by this library`,
  );
}
