import { sql } from 'kysely';
import type { InboxTx } from './inbox-tables.ts';

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
