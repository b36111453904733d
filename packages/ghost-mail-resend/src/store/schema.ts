import type { DurableTables, Queue, Store } from '@prosora/durable';
import type { Generated, Transaction } from 'kysely';
import type { Lane } from './message.ts';

/** The tables of the bridge, beside the queue's own in one database. Times are ms since 1970. */
export interface MailTables {
  message: MessageTable;
  recipient: RecipientTable;
  chunk: ChunkTable;
  event: EventTable;
  /** What `keepCounts` has SQLite keep, and SQLite alone; mails without a newsletter have '' for its id. */
  recipient_count: { email_id: string; state: RecipientState; count: number };
  event_count: { message_id: string; kind: string; count: number };
  webhook_seen: { svix_id: string; seen_at: number };
  suppression_call: SuppressionCallTable;
  suppressed_address: SuppressedAddressTable;
  /** What the clock guard of a machine keeps, as JSON of `SavedClock`. */
  clock_record: { machine: string; saved: string };
  chunk_body: { chunk_id: string; body: Uint8Array };
  note: { name: string; value: string };
  newsletter: NewsletterTable;
}

/** The bridge's database. */
export type MailStore = Store<MailTables>;
/** The chunks that are to be sent. */
export type MailQueue = Queue<MailTables>;
/** A transaction over the tables of both. */
export type MailTx = Transaction<MailTables & DurableTables>;

/** One accepted message: what all its recipients share, frozen at its first acceptance. */
interface MessageTable {
  id: string;
  /** Whose credential sent it; ids of newsletters are only unique within a site. */
  site: string;
  /** The domain in the route: Ghost asks for events by it. */
  domain: string;
  email_id: string | null;
  lane: Lane;
  /** JSON of string[]. */
  tags: string;
  /** JSON of `Template`. */
  template: string;
  track_opens: 0 | 1;
  deliver_at: number | null;
  accepted_at: number;
  /** SHA-256 of what makes two mails without a newsletter's id the same one; null where none are. */
  content_key: string | null;
}

/**
 * `queued` until Resend has answered for it, then `sent` or `failed`; `unknown` when nobody can say;
 * `canceled` by a person.
 */
export type RecipientState = 'queued' | 'sent' | 'failed' | 'unknown' | 'canceled';

/** What a person decided about a newsletter. */
interface NewsletterTable {
  site: string;
  email_id: string;
  state: 'paused' | 'canceled';
}

/** One recipient of one message; a message and a position name it, at Resend too. */
interface RecipientTable {
  message_id: string;
  position: number;
  /** Copies of the message's, for the unique key. */
  site: string;
  email_id: string | null;
  /** Exactly as Ghost gave it. */
  address: string;
  /** JSON of `RecipientVariables`. */
  variables: string;
  chunk_id: string;
  state: RecipientState;
  /** Resend's id of the mail. */
  resend_id: string | null;
  /** When Resend took it. */
  sent_at: number | null;
  /** When its first event came: the mail is no longer silent. */
  settled_at: number | null;
}

/** Mails that go to Resend in one call. Its members are the recipients that name it, by position. */
export interface ChunkTable {
  id: string;
  message_id: string;
  state: 'queued' | 'sent' | 'split' | 'unknown' | 'canceled' | 'dead';
  /**
   * The four below and the bytes in `chunk_body` are written before a call and taken away when Resend
   * refused it whole. While they stand, mails may have gone out under this key, so only these very bytes
   * may be sent again.
   */
  idempotency_key: string | null;
  sha256: string | null;
  renderer: number | null;
  /** When the key was first used. */
  keyed_at: number | null;
}

/**
 * A program that loaded the picture of a mail, in Mailgun's words, which Ghost is to read from `client-info.bot`
 * (https://documentation.mailgun.com/docs/mailgun/user-manual/tracking-messages/open-click-bot-detect).
 */
export type OpenBot = 'apple' | 'gmail' | 'generic';

/** What Ghost is told, in the order it is told. */
export interface EventTable {
  seq: Generated<number>;
  /** Ghost keeps it with failures. */
  id: string;
  site: string;
  domain: string;
  /** When we learned of it, in whole seconds since 1970, never less than the event before. */
  stamp: number;
  /** Mailgun's word: delivered, opened, failed, complained. */
  type: string;
  message_id: string;
  position: number;
  /** At most one event of a kind for a recipient. */
  kind: string;
  severity: 'permanent' | 'temporary' | null;
  code: number | null;
  reason: string | null;
  enhanced_code: string | null;
  /** The program that an open is by; null for a reader's. */
  bot: OpenBot | null;
  /** When it happened, by Resend's clock. */
  occurred_at: number;
}

/** A DELETE of a suppression by Ghost; three within seconds mean that a member was enabled again. */
interface SuppressionCallTable {
  seq: Generated<number>;
  site: string;
  list: string;
  address: string;
  called_at: number;
}

/** An address that is on Resend's list because of a site's mail, until that site enables its member again. */
interface SuppressedAddressTable {
  site: string;
  /** `hashAddress` makes it. */
  address_hash: string;
  since: number;
}
