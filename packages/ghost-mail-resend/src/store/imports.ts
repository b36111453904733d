import { peekNote, readNote, writeNote } from './notes.ts';
import type { MailStore } from './schema.ts';

/** What was imported of one file, and when, in ms since 1970. */
export interface Import {
  addresses: number;
  at: number;
}

/** Notes that all addresses of a file were imported, for the doctor. */
export async function noteImport(store: MailStore, file: string, done: Import): Promise<void> {
  await store.transaction(async (tx) => {
    const imports = parseImports(await readNote(tx, 'imports'));
    await writeNote(tx, 'imports', JSON.stringify({ ...imports, [file]: done }));
  });
}

/** What was imported so far, by the name of its file. */
export async function readImports(store: MailStore): Promise<Record<string, Import>> {
  return parseImports(await peekNote(store, 'imports'));
}

const parseImports = (note: string | undefined): Record<string, Import> =>
  note === undefined ? {} : JSON.parse(note);
