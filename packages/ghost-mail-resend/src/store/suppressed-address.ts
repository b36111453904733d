import { createHash } from 'node:crypto';
import type { EventSubject, MailEvent } from './mail-event.ts';
import type { MailTx } from './schema.ts';

/** Codes of a failure after which Ghost mails a member no more (services/email-suppression-list). */
const SUPPRESSING_CODES: readonly unknown[] = [605, 607];

/** Whether Ghost disables a member for what it is told. */
export function isSuppressing({ type, severity, code }: MailEvent): boolean {
  if (type === 'complained') return true;
  return type === 'failed' && severity === 'permanent' && SUPPRESSING_CODES.includes(code);
}

/**
 * Remembers that a reader of this site is on Resend's list because of its mail. Only the hash of the address is
 * kept, for as long as the address is on the list: the list is the team's, and another site must not take it off.
 */
export async function holdAddress(
  tx: MailTx,
  { site, messageId, position }: EventSubject,
  now: number,
): Promise<void> {
  const recipient = await tx
    .selectFrom('recipient')
    .select('address')
    .where('message_id', '=', messageId)
    .where('position', '=', position)
    .executeTakeFirst();
  if (recipient === undefined) return;
  const row = { site, address_hash: hashAddress(recipient.address) };
  const known = await tx
    .selectFrom('suppressed_address')
    .select('site')
    .where('site', '=', site)
    .where('address_hash', '=', row.address_hash)
    .forUpdate()
    .executeTakeFirst();
  if (known) return;
  await tx
    .insertInto('suppressed_address')
    .values({ ...row, since: now })
    .execute();
}

/** Forgets that a site holds an address; returns the sites that hold it still. */
export async function releaseAddress(tx: MailTx, site: string, address: string): Promise<string[]> {
  const hash = hashAddress(address);
  await tx
    .deleteFrom('suppressed_address')
    .where('site', '=', site)
    .where('address_hash', '=', hash)
    .execute();
  const rows = await tx
    .selectFrom('suppressed_address')
    .select('site')
    .where('address_hash', '=', hash)
    .execute();
  return rows.map((row) => row.site);
}

/** The name of an address in the list of those that are held: SHA-256 of it in lower case, in hex. */
export function hashAddress(address: string): string {
  const bare = /<([^<>]*)>\s*$/.exec(address)?.[1] ?? address;
  return createHash('sha256').update(bare.trim().toLowerCase()).digest('hex');
}
