import { type Cell, card, facts, type Html, html, type Tone, when } from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import { at } from '../look/address.ts';
import { hidden } from '../look/form.ts';
import { asked, list, TIMES } from '../look/list.ts';
import type { Frame } from '../look/page.ts';
import { answerOf, onlyOf } from '../services/answer.ts';
import { partForm } from '../services/parts.ts';
import type { Said } from '../services/services.ts';
import { fateOf, type Mail, stateBadge, toneOf } from './mail.ts';
import { readerForm } from './newsletters-page.ts';

type MailInFull = Said<'mail', 'mail'>;

const LANES = ['transactional', 'single'];
const FIELDS = [
  { name: 'lane', label: 'Kind', options: LANES, value: 'transactional', isRequired: true },
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

/** One mail's way from Ghost's hand to what was heard of it, step by step. */
export const mailPage: Page<Mail> = async (mail, { id = '' }, frame) => {
  const answer = await answerOf('mail', mail.get('mail', { id }));
  const shown = onlyOf(answer, (value) => {
    const steps = html`<ol class="steps">${stepsOf(value, frame.zone)}</ol>`;
    return html`${card(value.address, factsOf(value))}
${card('Step by step', html`${steps}${againOf(value, frame)}`)}`;
  });
  return { title: 'The way of a mail', isLive: true, ...shown };
};

function factsOf({ state, events, emailId, lane, site, resendId }: MailInFull): Html {
  const fate = fateOf({ state, events: events.map(({ type }) => type) });
  const newsletter = at('/mail/newsletter', { id: emailId });
  return facts([
    ['What became of it', stateBadge(fate)],
    ['Newsletter', emailId === null ? '–' : html`<a href="${newsletter}">${emailId}</a>`],
    ['Kind', lane],
    ['Site', site],
    ['Id at Resend', resendId ?? '–'],
  ]);
}

/** In the order of time: what Ghost gave, what was tried, what Resend told. */
function stepsOf(mail: MailInFull, zone: string): Html[] {
  const { acceptedAt, deliverAt, attempts, events, state, sentAt, chunk } = mail;
  const step = (iso: string | null, what: Html, tone: Tone = 'quiet') =>
    html`<li class="${tone}">${when(iso, zone)} ${what}</li>`;
  const tries = attempts.map(({ endedAt, outcome, reason }) =>
    step(endedAt, html`Resend was called: ${stateBadge(outcome)} ${reason ?? ''}`, toneOf(outcome)),
  );
  const heard = [...events]
    .sort((one, other) => Date.parse(one.at) - Date.parse(other.at))
    .map(({ at: iso, type, severity, code, reason, bot }) => {
      const more = [severity, code, reason].filter((part) => part !== null).join(', ');
      const by = bot === null ? '' : `by a program of ${bot}`;
      return step(iso, html`Resend reported: ${stateBadge(type)} ${by} ${more}`, toneOf(type));
    });
  return [
    step(acceptedAt, html`Ghost handed it over.`),
    ...(deliverAt === null ? [] : [step(deliverAt, html`It was to wait until then.`)]),
    ...tries,
    ...(sentAt === null ? [] : [step(sentAt, html`Resend took it.`)]),
    ...heard,
    ...(heard.length > 0 ? [] : [html`<li>${waitingFor(state, chunk?.state)}</li>`]),
  ];
}

const WAITING_FOR: Readonly<Record<string, string>> = {
  queued: 'It waits to be sent.',
  sent: 'Resend has not reported yet what became of it.',
  unknown: 'Nobody can say whether it was sent: Resend is asked, and it is never sent twice.',
};

function waitingFor(state: string, chunk: string | undefined): string {
  if (chunk === 'dead') return 'It was given up, and Ghost was told so.';
  return WAITING_FOR[state] ?? 'It is not sent.';
}

/** A call that was given up, or is in doubt, may be tried again; what may have been sent never is. */
function againOf({ chunk }: MailInFull, frame: Frame): Html {
  if (chunk === null || (chunk.state !== 'dead' && chunk.state !== 'unknown')) return html``;
  const { id } = chunk;
  const again = { name: 'replay', verb: `replay ${id}`, fields: { id }, label: 'Try again' };
  return partForm('mail', again, frame);
}
