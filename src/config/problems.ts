import type { PolicyIssue } from '../errors.js';
import { showPath } from './key-tree.js';
import type { Origin, Origins, Place } from './places.js';

/** More would help nobody, and a hostile file could ask for millions. */
const maxListed = 100;

/** Collects what is wrong with a policy, each with the place where it came from. */
export class Problems {
  readonly #found: PolicyIssue[] = [];
  #unlisted = 0;

  constructor(readonly origins: Origins) {}

  /**
   * @param where whether the key is wrong or what stands under it; or a place that is neither
   * @param message a function where making it is work
   */
  add(path: readonly PropertyKey[], where: 'key' | 'value' | Place, message: string | (() => string)): void {
    if (this.#found.length === maxListed) {
      this.#unlisted++;
      return;
    }
    const shown = showPath(path);
    const said = typeof message === 'string' ? message : message();
    const origin = this.origins.get(shown) ?? this.#originAbove(path);
    if (typeof where === 'object') this.#found.push({ path: shown, message: said, ...where });
    else if (origin?.kind === 'file') this.#found.push({ path: shown, message: said, ...origin[where] });
    else if (origin === undefined) this.#found.push({ path: shown, message: said });
    else this.#found.push({ path: shown, message: `${said} (environment variable ${origin.name})` });
  }

  /** From now on what stands there came from an environment variable, with all that is in it. */
  override(path: readonly string[], name: string): void {
    const shown = showPath(path);
    for (const key of [...this.origins.keys()]) if (key.startsWith(`${shown}[`)) this.origins.delete(key);
    this.origins.set(shown, { kind: 'variable', name });
  }

  /** Where the nearest thing stands that a key is missing from. */
  #originAbove(path: readonly PropertyKey[]): Origin | undefined {
    for (let length = path.length - 1; length > 0; length--) {
      const origin = this.origins.get(showPath(path.slice(0, length)));
      if (origin !== undefined) return origin;
    }
    return undefined;
  }

  /** In the order of the file; what has no line comes last. */
  list(): PolicyIssue[] {
    const sorted = this.#found.toSorted(
      (a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || (a.column ?? 0) - (b.column ?? 0) || 0,
    );
    return this.#unlisted === 0
      ? sorted
      : [...sorted, { path: '', message: `and ${this.#unlisted} more problems of this kind` }];
  }
}
