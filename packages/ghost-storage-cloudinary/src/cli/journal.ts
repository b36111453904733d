import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

/** What a line of the journal says of a file. */
interface Entry {
  id: string;
  /** Size and time of modification: another file of the same name is another file. */
  stamp: string;
  state: 'sent' | 'stored';
}

/**
 * What a push did so far, a line a step, written before the next step is taken: a killed push goes on
 * where it was.
 */
export class Journal {
  readonly #file: number;
  readonly #entries = new Map<string, Entry>();

  /** Opens a journal, or starts one. A line that was cut short by a kill is left out. */
  constructor(path: string) {
    // Readable for whoever may write to the content folder; it holds names alone.
    this.#file = openSync(path, 'a+', 0o600);
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const entry = parseLine(line);
      if (entry) this.#entries.set(entry.id, entry);
    }
    // Ends a line that was cut short, so that the next one is whole.
    writeSync(this.#file, '\n');
  }

  /** `sent` means that nobody knows whether it arrived; undefined that it was not begun. */
  stateOf(id: string, stamp: string): Entry['state'] | undefined {
    const entry = this.#entries.get(id);
    return entry?.stamp === stamp ? entry.state : undefined;
  }

  note(entry: Entry): void {
    this.#entries.set(entry.id, entry);
    writeSync(this.#file, `${JSON.stringify(entry)}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}

function parseLine(line: string): Entry | undefined {
  try {
    const { id, stamp, state } = JSON.parse(line);
    if (typeof id === 'string' && typeof stamp === 'string') return { id, stamp, state };
  } catch {
    // Cut short, or empty.
  }
  return undefined;
}
