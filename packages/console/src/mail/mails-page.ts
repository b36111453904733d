import { type Html, html } from '@prosora/service';
import type { Query, Shown } from '../guard/show.ts';
import { at } from '../look/address.ts';
import { card } from '../look/facts.ts';
import { filterForm, hidden } from '../look/form.ts';
import { notice } from '../look/notice.ts';
import type { Frame } from '../look/page.ts';
import { type Cell, table } from '../look/table.ts';
import { momentOf, when } from '../look/time.ts';
import { answerOf } from '../services/answer.ts';
import type { operations } from '../services/api/mail.ts';
import type { OutputOf } from '../services/client.ts';
import { fateOf, type Mail, mailTabs, stateBadge } from './mail.ts';
import { readerForm } from './newsletters-page.ts';

const LANES = ['transactional', 'single'];
const STATES = ['queued', 'sent', 'failed', 'unknown'];
const COLUMNS = ['Address', 'Accepted', 'What became of it', 'Sent', 'Kind'];
/** What people call the mails of a lane. */
const KINDS = {
  transactional: 'sign-in or staff',
  single: 'test, automation or gift',
  newsletter: 'newsletter',
};

/** Sign-in and staff mails, or other single ones, with their fate and without their links. */
export async function mailsPage(mail: Mail, query: Query, frame: Frame): Promise<Shown> {
  const { zone } = frame;
  const { lane, state, site, since, until, after } = query as Partial<Query>;
  const times = { since: momentOf(since, zone), until: momentOf(until, zone) };
  const list = await answerOf('mail', mail.get('mails', { lane, state, site, after, ...times }));
  const { items = [], next = null } = list.value ?? {};
  const listed = table({
    caption: 'Mails, the newest first',
    columns: COLUMNS,
    rows: items.map((item) => rowOf(item, zone)),
    none: 'No mail is of this kind, as far as this page looked.',
    next: next === null ? null : at('/mail/mails', { ...query, after: next }),
  });
  const fields = [
    { name: 'lane', label: 'Kind', options: LANES, value: lane ?? 'transactional' },
    { name: 'state', label: 'State', options: STATES, value: state },
    { name: 'since', label: 'Since', type: 'datetime-local', value: since },
    { name: 'until', label: 'Until', type: 'datetime-local', value: until },
    { name: 'site', label: 'Site', value: site },
  ] as const;
  const body = html`${mailTabs('/mail/mails')}
${card('Single mails', html`${filterForm('/mail/mails', fields)}${list.problem ? notice(list.problem) : listed}`)}`;
  return { title: 'Single mails', section: 'mail', body, isLive: true, problem: list.problem };
}

/** All mails to one reader, whose address came in a form and stands in no address. */
export async function readerPage(
  mail: Mail,
  { address, after }: { address: string; after?: string | undefined },
  frame: Frame,
): Promise<Shown> {
  const [list, held] = await Promise.all([
    answerOf('mail', mail.get('reader', { address, after, limit: '50' })),
    answerOf('mail', mail.get('suppressions', { address })),
  ]);
  const { items = [], next = null } = list.value ?? {};
  const rows = items.map((item) => rowOf(item, frame.zone));
  const listed = table({
    caption: 'Mails to this reader, the newest first',
    columns: COLUMNS,
    rows,
    none: 'The mail service holds no mail to this address. Is it written as Ghost has it?',
  });
  const since = held.value?.items[0]?.since;
  const suppressed = html`<p class="notice">Resend sends nothing to this address since ${when(since, frame.zone)}: it is on the suppression list. Enable the member's newsletters again in Ghost Admin, and it is taken off.</p>`;
  const body = html`${mailTabs('')}
${card('Where is a reader’s mail?', readerForm(frame, address))}
${list.problem ? notice(list.problem) : html`${since === undefined ? '' : suppressed}${card('Mails', html`${listed}${moreOf({ address, next }, frame)}`)}`}`;
  return { title: 'A reader’s mail', section: 'mail', body, problem: list.problem };
}

function moreOf(
  { address, next }: { address: string; next: string | null },
  { token }: Frame,
): Html {
  if (next === null) return html``;
  return html`<form method="post" action="${at('/mail/reader')}">${hidden({ token, address, after: next })}<button>Next page</button></form>`;
}

function rowOf(item: OutputOf<operations['reader']>['items'][number], zone: string): Cell[] {
  const { id, address, acceptedAt, sentAt, lane } = item;
  return [
    html`<a href="${at('/mail/mail', { id })}">${address}</a>`,
    when(acceptedAt, zone),
    stateBadge(fateOf(item)),
    when(sentAt, zone),
    KINDS[lane],
  ];
}
