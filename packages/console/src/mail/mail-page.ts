import { card, facts, type Html, html, type Tone, when } from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import { at } from '../look/address.ts';
import { actionForm } from '../look/form.ts';
import type { Frame } from '../look/page.ts';
import { answerOf, onlyOf } from '../services/answer.ts';
import { verbOf } from '../services/parts.ts';
import type { Said } from '../services/services.ts';
import { fateOf, type Mail, stateBadge, toneOf } from './mail.ts';

type MailInFull = Said<'mail', 'mail'>;

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
  const verb = verbOf('mail', `replay ${id}`);
  return actionForm({ action: '/mail/replay', fields: { id }, label: 'Try again', verb }, frame);
}
