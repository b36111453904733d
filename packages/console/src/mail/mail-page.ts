import { card, facts, type Html, html, notice, type Tone, when } from '@prosora/service/look';
import type { Shown } from '../guard/show.ts';
import { at, type Query } from '../look/address.ts';
import { actionForm } from '../look/form.ts';
import type { Frame } from '../look/page.ts';
import { answerOf } from '../services/answer.ts';
import type { operations } from '../services/api/mail.ts';
import type { OutputOf } from '../services/client.ts';
import { fateOf, type Mail, mailTabs, stateBadge, toneOf, verbOf } from './mail.ts';

type MailInFull = OutputOf<operations['mail']>;

/** One mail's way from Ghost's hand to what was heard of it, step by step. */
export async function mailPage(mail: Mail, query: Query, frame: Frame): Promise<Shown> {
  const shown = { title: 'The way of a mail', section: 'mail', isLive: true } as const;
  const { value, problem } = await answerOf('mail', mail.get('mail', { id: query['id'] ?? '' }));
  if (problem) return { ...shown, body: html`${mailTabs('')}${notice(problem)}`, problem };
  const { address, emailId, lane, site, resendId } = value;
  const events = value.events.map(({ type }) => type);
  const newsletter = emailId === null ? '–' : at('/mail/newsletter', { id: emailId });
  const body = html`${mailTabs('')}
${card(
  address,
  facts([
    ['What became of it', stateBadge(fateOf({ state: value.state, events }))],
    ['Newsletter', emailId === null ? '–' : html`<a href="${newsletter}">${emailId}</a>`],
    ['Kind', lane],
    ['Site', site],
    ['Id at Resend', resendId ?? '–'],
  ]),
)}
${card('Step by step', html`<ol class="steps">${stepsOf(value, frame.zone)}</ol>${againOf(value, frame)}`)}`;
  return { ...shown, body };
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

function waitingFor(state: string, chunk: string | undefined): string {
  if (chunk === 'dead') return 'It was given up, and Ghost was told so.';
  switch (state) {
    case 'queued':
      return 'It waits to be sent.';
    case 'sent':
      return 'Resend has not reported yet what became of it.';
    case 'unknown':
      return 'Nobody can say whether it was sent: Resend is asked, and it is never sent twice.';
    default:
      return 'It is not sent.';
  }
}

/** A call that was given up, or is in doubt, may be tried again; what may have been sent never is. */
function againOf({ chunk }: MailInFull, frame: Frame): Html {
  if (chunk === null || (chunk.state !== 'dead' && chunk.state !== 'unknown')) return html``;
  const { id } = chunk;
  const form = {
    action: '/mail/replay',
    fields: { id },
    label: 'Try again',
    verb: verbOf(`replay ${id}`),
  };
  return actionForm(form, frame);
}
