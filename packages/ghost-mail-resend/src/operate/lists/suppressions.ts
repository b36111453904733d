import type { MailStore } from '../../store/schema.ts';
import { hashAddress } from '../../store/suppressed-address.ts';
import { LOOKED_AT, type Page, type PageRequest } from './page.ts';

/** An address that is on Resend's list because of a site's mail; only its hash is kept. */
export interface ListedSuppression {
  addressHash: string;
  site: string;
  /** ISO 8601. */
  since: string;
}

/** Which addresses. */
export interface SuppressionFilter {
  address?: string | undefined;
  site?: string | undefined;
}

/** The shape of a key: the hash, and the site. */
export const SUPPRESSION_KEY = /^([0-9a-f]{64})-([\w-]{1,128})$/;

/** Addresses that sites hold on Resend's list, by their hashes. */
export async function listSuppressions(
  { db }: MailStore,
  { address, site, after, limit }: SuppressionFilter & PageRequest,
): Promise<Page<ListedSuppression>> {
  const lookedAt = site === undefined ? limit : LOOKED_AT;
  let query = db
    .selectFrom('suppressed_address')
    .selectAll()
    .orderBy('address_hash')
    .orderBy('site')
    .limit(lookedAt);
  if (address !== undefined) query = query.where('address_hash', '=', hashAddress(address));
  const [, hash, lastSite = ''] = SUPPRESSION_KEY.exec(after ?? '') ?? [];
  if (hash !== undefined) {
    query = query
      .where('address_hash', '>=', hash)
      .where(({ eb, or }) => or([eb('address_hash', '>', hash), eb('site', '>', lastSite)]));
  }
  const rows = await query.execute();
  const items: ListedSuppression[] = [];
  for (const row of rows) {
    if (site !== undefined && row.site !== site) continue;
    const since = new Date(Number(row.since)).toISOString();
    items.push({ addressHash: row.address_hash, site: row.site, since });
    if (items.length === limit) return { items, next: `${row.address_hash}-${row.site}` };
  }
  const last = rows.at(-1);
  const isEnd = rows.length < lookedAt || last === undefined;
  return { items, next: isEnd ? null : `${last.address_hash}-${last.site}` };
}
