import { type Kysely, sql } from 'kysely';
import type { MailStore, MailTx } from './schema.ts';

/**
 * What the bridge remembers by name: the pace, secrets it made, when it last heard of Resend, how far it is in
 * catching up, what was imported, what went wrong with clocks, what Ghost asked for in vain.
 */
export type NoteName =
  | 'pace'
  | 'webhook-secrets'
  | 'webhook-at'
  | 'chores-at'
  | 'pixel-secret'
  | 'reconcile-sweep'
  | 'imports'
  | 'catch-up'
  | 'webhook-skew'
  | 'unknown-routes';

/** Reads a note and holds it until the transaction ends. */
export async function readNote(tx: MailTx, name: NoteName): Promise<string | undefined> {
  const row = await tx
    .selectFrom('note')
    .select('value')
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst();
  return row?.value || undefined;
}

/** Writes a note over the last one of its name. */
export async function writeNote(tx: MailTx, name: NoteName, value: string): Promise<void> {
  await tx.updateTable('note').set({ value }).where('name', '=', name).execute();
}

/** The note, made on first use; several processes make it once. */
export async function ensureNote(
  store: MailStore,
  name: NoteName,
  make: () => string,
): Promise<string> {
  return await store.transaction(async (tx) => {
    const known = await readNote(tx, name);
    if (known !== undefined) return known;
    const made = make();
    await writeNote(tx, name, made);
    return made;
  });
}

/** Reads a note as it is on disk. */
export async function peekNote(store: MailStore, name: NoteName): Promise<string | undefined> {
  const select = store.db.selectFrom('note').select('value').where('name', '=', name);
  return (await select.executeTakeFirst())?.value || undefined;
}

/** Makes notes that are empty: all are there from their migration on, so that two processes never make the same one. */
export async function createNotes(db: Kysely<never>, names: readonly NoteName[]): Promise<void> {
  const notes = sql.join(names.map((name) => sql`(${name}, '')`));
  await sql`insert into note (name, value) values ${notes}`.execute(db);
}
