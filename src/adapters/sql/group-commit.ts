import { MLOpsError } from '../../errors.js';
import type { CheckedChange } from '../../storage/checked-change.js';
import type { Durability } from '../../storage/storage.js';

/** Bounds the time other processes wait for a group to be written. */
const mostCommitsPerGroup = 1_000;

/** Errors that may be due to some members of a group only; nothing was written then. */
const ofSome: readonly MLOpsError['code'][] = ['STORAGE_FULL', 'INVALID_INPUT'];

type Results = readonly number[];

/** What became of one commit of a group: its results, or the error that concerns it alone. */
export type CommitOutcome = { readonly results: Results } | { readonly error: unknown };

/** Writes commits in one transaction; rejects when none of them was written. */
export type WriteGroup = (
  commits: readonly (readonly CheckedChange[])[],
  durability: Durability,
) => Promise<readonly CommitOutcome[]>;

interface Pending {
  readonly changes: readonly CheckedChange[];
  readonly durability: Durability;
  readonly resolve: (results: Results) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers the commits that are waiting at the same time into one transaction, which flushes to the medium once for all
 * of them. A group is as durable as its most demanding member asks.
 */
export class GroupCommit {
  #waiting: Pending[] = [];
  #isWriting = false;

  constructor(private readonly write: WriteGroup) {}

  add(changes: readonly CheckedChange[], durability: Durability): Promise<Results> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, durability, resolve, reject });
      if (this.#isWriting) return;
      this.#isWriting = true;
      // Runs once everything that is ready to run has had its chance to commit as well, without waiting for a timer.
      queueMicrotask(() => process.nextTick(() => void this.#writeAll()));
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) await this.#writeGroup(this.#waiting.splice(0, mostCommitsPerGroup));
    this.#isWriting = false;
  }

  async #writeGroup(group: readonly Pending[]): Promise<void> {
    const durability = group.some((member) => member.durability === 'power') ? 'power' : 'process';
    try {
      const outcomes = await this.write(
        group.map((member) => member.changes),
        durability,
      );
      for (const [i, member] of group.entries()) settle(member, outcomes[i]!);
    } catch (error) {
      if (group.length > 1 && error instanceof MLOpsError && ofSome.includes(error.code)) {
        for (const member of group) await this.#writeGroup([member]); // others may still fit, or be sound
        return;
      }
      for (const member of group) member.reject(error);
    }
  }
}

function settle({ resolve, reject }: Pending, outcome: CommitOutcome): void {
  if ('results' in outcome) resolve(outcome.results);
  else reject(outcome.error);
}
