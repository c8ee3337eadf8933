// Reads a run's journal: the end of it where it is long, and afterwards only what came since.

import { get } from "../core/api.js";
import { render } from "../core/json.js";

/** Entries, and characters of them, that are kept at most; the command line shows more. */
const entriesAtMost = 10_000;
const charactersAtMost = 20_000_000;
/** Pages of 1000 that are read at a time; the next refresh goes on. */
const pagesAtMost = 12;

/**
 * What is known of a run's journal: `entries` are the last ones, `first` is the run's first one.
 *
 * `lacksBeginning` and `lacksEnd`: whether there are more before and behind them.
 */
export class Journal {
  entries = [];
  first = undefined;
  lacksBeginning = false;
  lacksEnd = false;
  #sizes = [];
  #size = 0;
  #after;

  constructor(path, run) {
    Object.assign(this, { path: [...path, "journal"], run });
  }

  /** Reads what there is now. */
  async read(workflow, signal) {
    this.#after ??= await this.#begin(workflow, signal);
    let next = this.#after;
    for (let page = 0; next !== null && page < pagesAtMost; page += 1) {
      const answer = await get(this.path, { run: this.run, after: this.#after, limit: 1000 }, signal);
      this.#add(answer.entries);
      next = answer.next;
    }
    this.lacksEnd = next !== null;
  }

  /** Where the last entries begin. Entries are counted over all runs: a run ends before the first entry of the next one. */
  async #begin(workflow, signal) {
    const page = (run) => get(this.path, { run, limit: 1 }, signal);
    const [{ entries: [first] }, following] = await Promise.all([page(this.run), this.run < workflow.run ? page(this.run + 1) : null]);
    this.first = first;
    // Where the next run has no journal any more nobody says where this one ends, so it is read from its beginning.
    const end = following ? (following.entries[0]?.seq ?? 1) - 1 : workflow.entries;
    return Math.max(0, (first?.seq ?? 1) - 1, end - entriesAtMost);
  }

  #add(entries) {
    for (const entry of entries) {
      const size = render(entry).length;
      this.entries.push(entry);
      this.#sizes.push(size);
      this.#size += size;
    }
    this.#after = entries.at(-1)?.seq ?? this.#after;
    this.#drop();
    this.lacksBeginning = this.entries.length > 0 && this.entries[0].seq !== this.first?.seq;
  }

  #drop() {
    let dropped = 0;
    while (dropped < this.entries.length - 1
      && (this.entries.length - dropped > entriesAtMost || this.#size > charactersAtMost)) {
      this.#size -= this.#sizes[dropped];
      dropped += 1;
    }
    this.entries.splice(0, dropped);
    this.#sizes.splice(0, dropped);
  }
}
