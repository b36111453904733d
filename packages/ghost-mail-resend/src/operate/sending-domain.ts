import { setTimeout as delay } from 'node:timers/promises';
import type { DomainRecords, Resend } from 'resend';
import { answerOf } from './resend-refusal.ts';

/** A record that the owner of a domain publishes. */
export interface DnsRecord {
  /** What it is for, in a word or two. */
  use: string;
  type: string;
  /** In the zone of the domain, as Resend and most providers write it. */
  name: string;
  value: string;
  /** Of a mail exchanger. */
  priority?: number;
  /** How Resend finds it; it does not look at that of DMARC. */
  status?: string;
}

/** A domain that mail is sent from. */
export interface SendingDomain {
  id: string;
  name: string;
  /** In Resend's words; `verified` once mail goes out. */
  status: string;
  /** It was there before, and nothing was changed. */
  existed: boolean;
  records: DnsRecord[];
}

const PAGE = 100;
const LOOK_EVERY_MS = 2_000;
/** Asks receivers for nothing and is what many of them want of bulk senders: https://resend.com/docs/dashboard/domains/dmarc */
const DMARC = 'v=DMARC1; p=none;';

/**
 * Makes a domain at Resend that counts opens and leaves links as they are, since Ghost counts clicks itself; one that
 * is there stays as it is. Resend begins to look for its records.
 *
 * @throws MailBridgeError `RESEND` with what Resend refuses
 */
export async function setUpDomain(resend: Resend, name: string): Promise<SendingDomain> {
  const known = await findDomain(resend, name);
  const id = known ?? (await makeDomain(resend, name));
  const { status, records } = await answerOf(() => resend.domains.get(id));
  if (status === 'not_started' || status === 'failed') {
    await answerOf(() => resend.domains.verify(id));
  }
  const existed = known !== undefined;
  return { id, name, status, existed, records: withDmarc(records.map(toRecord)) };
}

/** The same domain once Resend has verified it, or as it is after so long. */
export async function waitForDomain(
  resend: Resend,
  domain: SendingDomain,
  { waitMs, lookEveryMs = LOOK_EVERY_MS }: { waitMs: number; lookEveryMs?: number },
): Promise<SendingDomain> {
  const until = performance.now() + waitMs;
  for (;;) {
    const { status, records } = await answerOf(() => resend.domains.get(domain.id));
    if (status === 'verified' || performance.now() + lookEveryMs > until) {
      return { ...domain, status, records: withDmarc(records.map(toRecord)) };
    }
    await delay(lookEveryMs);
  }
}

async function findDomain(resend: Resend, name: string): Promise<string | undefined> {
  let after: string | undefined;
  do {
    const page = { limit: PAGE, ...(after !== undefined && { after }) };
    const { data, has_more } = await answerOf(() => resend.domains.list(page));
    const found = data.find((domain) => domain.name === name);
    if (found !== undefined) return found.id;
    after = has_more ? data.at(-1)?.id : undefined;
  } while (after !== undefined);
  return undefined;
}

async function makeDomain(resend: Resend, name: string): Promise<string> {
  const tracking = { openTracking: true, clickTracking: false, trackingSubdomain: 'links' };
  return (await answerOf(() => resend.domains.create({ name, ...tracking }))).id;
}

const USES: Readonly<Record<string, string>> = {
  Tracking: 'tracking',
  TrackingCAA: 'tracking certificate',
  Receiving: 'receiving',
};

function toRecord(record: DomainRecords): DnsRecord {
  const { type, name, value, status } = record;
  const isReturnPath = record.record === 'SPF' && type === 'MX';
  const use = isReturnPath ? 'return path' : (USES[record.record] ?? record.record);
  const priority = 'priority' in record ? record.priority : undefined;
  return { use, type, name, value, status, ...(priority !== undefined && { priority }) };
}

/** Resend names none for it. It stands where the key does, below the same part of the zone. */
function withDmarc(records: DnsRecord[]): DnsRecord[] {
  const key = records.find(({ use }) => use === 'DKIM');
  const [, below = ''] = /\._domainkey(\..+)?$/.exec(key?.name ?? '') ?? [];
  return [...records, { use: 'DMARC', type: 'TXT', name: `_dmarc${below}`, value: DMARC }];
}

/** A record as a line for a person who types it at a provider. */
export function recordLine({ use, type, name, value, priority, status }: DnsRecord): string {
  const exchanger = priority === undefined ? '' : `${priority} `;
  const found = status === undefined ? '' : `  (${status})`;
  return `${use.padEnd(12)} ${type.padEnd(5)} ${name}  ${exchanger}${value}${found}`;
}
