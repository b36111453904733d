import { type Cell, card, html, when } from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import { at } from '../look/address.ts';
import { hidden } from '../look/form.ts';
import { asked, list, TIMES } from '../look/list.ts';
import { answerOf } from '../services/answer.ts';
import type { Said } from '../services/services.ts';
import { fateOf, type Mail, stateBadge } from './mail.ts';
import { readerForm } from './newsletters-page.ts';

const FIELDS = [
  {
    name: 'lane',
    label: 'Kind',
    options: ['transactional', 'single'],
    value: 'transactional',
    isRequired: true,
  },
  { name: 'state', label: 'State', options: ['queued', 'sent', 'failed', 'unknown'] },
  ...TIMES,
  { name: 'site', label: 'Site' },
];
const COLUMNS = ['Address', 'Accepted', 'What became of it', 'Sent', 'Kind'];
/** What people call the mails of a lane. */
const KINDS = {
  transactional: 'sign-in or staff',
  single: 'test, automation or gift',
  newsletter: 'newsletter',
};

/** Sign-in and staff mails, or other single ones, with their fate and without their links. */
export const mailsPage: Page<Mail> = async (mail, query, { zone }) => {
  const answer = await answerOf('mail', mail.get('mails', asked(query, zone)));
  const listed = list({
    path: '/mail/mails',
    query,
    fields: FIELDS,
    answer,
    caption: 'Mails, the newest first',
    columns: COLUMNS,
    none: 'No mail is of this kind, as far as this page looked.',
    row: (item) => rowOf(item, zone),
  });
  const title = 'Single mails';
  return { title, body: card(title, listed), isLive: true, problem: answer.problem };
};

/** All mails to one reader, whose address came in a form and stands in no address. */
export const readerPage: Page<Mail> = async (mail, { address = '', after }, frame) => {
  const [answer, held] = await Promise.all([
    answerOf('mail', mail.get('reader', { address, after, limit: '50' })),
    answerOf('mail', mail.get('suppressions', { address })),
  ]);
  const { zone, token } = frame;
  const listed = list({
    path: '/mail/reader',
    query: {},
    // The way on is a form: no address may have the reader's.
    answer: answer.value ? { value: { items: answer.value.items, next: null } } : answer,
    caption: 'Mails to this reader, the newest first',
    columns: COLUMNS,
    none: 'The mail service holds no mail to this address. Is it written as Ghost has it?',
    row: (item) => rowOf(item, zone),
  });
  const next = answer.value?.next ?? null;
  const since = held.value?.items[0]?.since;
  const suppressed = html`<p class="notice">Resend sends nothing to this address since ${when(since, zone)}: it is on the suppression list. Enable the member's newsletters again in Ghost Admin, and it is taken off.</p>`;
  const more = html`<form method="post" action="${at('/mail/reader')}">${hidden({ token, address, after: next ?? '' })}<button>Next page</button></form>`;
  const body = html`${card('Where is a reader’s mail?', readerForm(frame, address))}
${since === undefined ? '' : suppressed}${card('Mails', html`${listed}${next === null ? '' : more}`)}`;
  return { title: 'A reader’s mail', body, problem: answer.problem };
};

function rowOf(item: Said<'mail', 'reader'>['items'][number], zone: string): Cell[] {
  const { id, address, acceptedAt, sentAt, lane } = item;
  return [
    html`<a href="${at('/mail/mail', { id })}">${address}</a>`,
    when(acceptedAt, zone),
    stateBadge(fateOf(item)),
    when(sentAt, zone),
    KINDS[lane],
  ];
}
