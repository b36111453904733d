import { OPENED_BY_BOT } from '../report/pixel.ts';
import type { MailStore } from '../store/schema.ts';

const ROWS_A_TIME = 1_000;

/** One recipient as it is exported. */
export interface ExportedRecipient {
  address: string;
  emailId: string | null;
  state: string;
  /** Resend's id of the mail. */
  resendId: string | null;
  /** Mailgun's words, oldest first. */
  events: string[];
  /** Of its failure: the bounce, not the suppression that Ghost is told of with it. */
  code: number | null;
  reason: string | null;
}

/** All recipients of a newsletter, or with `failedOnly` those that a failure was reported of. */
export async function* exportRecipients(
  store: MailStore,
  emailId: string,
  { failedOnly = false } = {},
): AsyncGenerator<ExportedRecipient> {
  let after = { message_id: '', position: -1 };
  for (;;) {
    const rows = await store.db
      .selectFrom('recipient')
      .innerJoin('message', 'message.id', 'recipient.message_id')
      .select(['message_id', 'position', 'address', 'state', 'resend_id', 'message.email_id'])
      .where('message.email_id', '=', emailId)
      .where(({ eb, or, and }) =>
        or([
          eb('message_id', '>', after.message_id),
          and([eb('message_id', '=', after.message_id), eb('position', '>', after.position)]),
        ]),
      )
      .orderBy('message_id')
      .orderBy('position')
      .limit(ROWS_A_TIME)
      .execute();
    for (const row of rows) {
      const events = await store.db
        .selectFrom('event')
        .select(['type', 'kind', 'code', 'reason'])
        .where('message_id', '=', row.message_id)
        .where('position', '=', row.position)
        .orderBy('seq')
        .execute();
      const failure =
        events.find(({ kind }) => kind === 'failed') ??
        events.findLast(({ type }) => type === 'failed');
      if (failedOnly && failure === undefined) continue;
      yield {
        address: row.address,
        emailId: row.email_id,
        state: row.state,
        resendId: row.resend_id,
        events: events.map(({ type, kind }) => (kind === OPENED_BY_BOT ? kind : type)),
        code: failure?.code ?? null,
        reason: failure?.reason ?? null,
      };
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

/** One line of CSV (RFC 4180); text that a spreadsheet would run as a formula is led by an apostrophe. */
export function toCsvLine(values: readonly (string | number | null)[]): string {
  return values
    .map((value) => {
      const text = String(value ?? '');
      const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
      return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    })
    .join(',');
}
