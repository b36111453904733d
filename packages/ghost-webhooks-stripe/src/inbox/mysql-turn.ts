import { sql } from 'kysely';
import { type InboxTx, WRITE_CHECK } from './tables.ts';

const DELIVERING = 'deliver to ghost';

/** By the clock of the server, which all processes share. */
const serverNow = sql<number>`cast(unix_timestamp(now(3)) * 1000 as signed)`;

/** Takes or lengthens the turn to deliver to Ghost; false while another has it. */
export async function holdTurn(tx: InboxTx, holder: string, ms: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('stripe_turn')
    .set({ holder, until: sql`${serverNow} + ${ms}` })
    .where('name', '=', DELIVERING)
    .where((row) => row.or([row('holder', '=', holder), row('until', '<=', serverNow)]))
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Lets another have it. */
export async function endTurn(tx: InboxTx, holder: string): Promise<void> {
  await tx.updateTable('stripe_turn').set({ until: 0 }).where('holder', '=', holder).execute();
}

/** Writes one row: whoever can do that can keep an event, as far as a small write tells. */
export async function writeCheck(tx: InboxTx): Promise<void> {
  await tx
    .updateTable('stripe_turn')
    .set(({ eb }) => ({ until: eb('until', '+', 1) }))
    .where('name', '=', WRITE_CHECK)
    .execute();
}
