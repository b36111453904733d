import type { MailStore } from '../store/schema.ts';
import { doubtUnbegun } from '../store/states.ts';

/**
 * Leaves in doubt what a store from a backup believes unsent: it may have left since. A call that had begun by then keeps
 * its key, under which Resend sends nothing twice.
 *
 * @param since the time of the backup, in milliseconds since 1970
 * @returns how many calls there are
 */
export async function doubtWaiting(store: MailStore, since: number): Promise<number> {
  return await store.transaction(async (tx) => {
    const chunks = await tx
      .selectFrom('chunk')
      .select('id')
      .where('state', '=', 'queued')
      .where('idempotency_key', 'is', null)
      .execute();
    for (const { id } of chunks) await doubtUnbegun(tx, id, since);
    return chunks.length;
  });
}
