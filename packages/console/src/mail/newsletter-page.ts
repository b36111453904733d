import { type Html, html } from '@prosora/service';
import type { Query, Shown } from '../guard/show.ts';
import { at } from '../look/address.ts';
import { card, facts } from '../look/facts.ts';
import { actionForm, filterForm } from '../look/form.ts';
import { notice } from '../look/notice.ts';
import type { Frame } from '../look/page.ts';
import { counted, table } from '../look/table.ts';
import { timeInWords, when } from '../look/time.ts';
import { answerOf } from '../services/answer.ts';
import { fateOf, type Mail, mailTabs, stateBadge, verbOf } from './mail.ts';
import { type MailStatus, type Progress, standingOf, whyWaiting } from './why-waiting.ts';

const RECIPIENTS_A_PAGE = 50;
const STATES = ['queued', 'sent', 'failed', 'unknown', 'canceled'];
const EVENTS = ['delivered', 'opened', 'failed', 'complained'];

/** How far a newsletter is, why it does not go on, and what became of each of its mails. */
export async function newsletterPage(mail: Mail, query: Query, frame: Frame): Promise<Shown> {
  const { id: emailId = '', state, event, after } = query as Partial<Query>;
  const filter = { emailId, state, event, after, limit: String(RECIPIENTS_A_PAGE) };
  const [progress, status, recipients] = await Promise.all([
    answerOf('mail', mail.get('newsletter', { emailId })),
    answerOf('mail', mail.get('status')),
    answerOf('mail', mail.get('recipients', filter)),
  ]);
  const title = progress.value?.subject ?? `Newsletter ${emailId}`;
  const shown = { title, section: 'mail', isLive: true } as const;
  if (progress.problem) {
    const body = html`${mailTabs('/mail')}${notice(progress.problem)}`;
    return { ...shown, body, problem: progress.problem };
  }
  const { items = [], next = null } = recipients.value ?? {};
  const listed = table({
    caption: 'Recipients, in the order in which Ghost handed them over',
    columns: ['Address', 'What became of it', 'Reason'],
    rows: items.map(({ id, address, code, reason, ...mail }) => [
      html`<a href="${at('/mail/mail', { id })}">${address}</a>`,
      stateBadge(fateOf(mail)),
      [code, reason].filter((part) => part !== null).join(': '),
    ]),
    none: 'No recipient is of this kind, as far as this page looked.',
    next: next === null ? null : at('/mail/newsletter', { ...query, after: next }),
  });
  const fields = [
    { name: 'state', label: 'State', options: STATES, value: state },
    { name: 'event', label: 'Heard of it', options: EVENTS, value: event },
  ];
  const filters = filterForm('/mail/newsletter', fields, { id: emailId });
  const body = html`${mailTabs('/mail')}
${card('How far it is', progressOf(progress.value, status.value, frame))}
${card('Recipients', html`${filters}${recipients.problem ? notice(recipients.problem) : listed}`)}`;
  return { ...shown, body, problem: recipients.problem };
}

function progressOf(progress: Progress, status: MailStatus | undefined, frame: Frame): Html {
  const { zone } = frame;
  const { emailId, decision, queued, accepted, sent, rate, doneAt } = progress;
  const why = whyWaiting(progress, status, { moment: (iso) => timeInWords(iso, zone) });
  return html`${why ? notice(why) : ''}
<p><progress max="${Math.max(1, accepted)}" value="${accepted - queued}" aria-label="Mails that do not wait any more"></progress></p>
${facts([
  ['State', stateBadge(standingOf(progress, status))],
  ['Accepted from Ghost', html`${counted(accepted)} mails at ${when(progress.acceptedAt, zone)}`],
  ['Sent', sent],
  ['Waiting', queued],
  ['Mails a second', queued > 0 ? rate.toFixed(1) : '–'],
  ['The last one leaves', when(doneAt, zone)],
  ['Delivered', progress.delivered],
  ['Opened', progress.opened],
  ['Failed', progress.failed],
  ['Complaints', progress.complained],
  ['Nobody knows yet', progress.unknown],
  ['Canceled', progress.canceled],
])}${actionsOf(emailId, { decision, queued }, frame)}`;
}

function actionsOf(
  emailId: string,
  { decision, queued }: Pick<Progress, 'decision' | 'queued'>,
  frame: Frame,
): Html {
  if (decision === 'canceled' || (decision === null && queued === 0)) return html``;
  const form = (name: string, label: string, isGrave = false) =>
    actionForm(
      {
        action: `/mail/${name}`,
        fields: { emailId },
        label,
        verb: verbOf(`${name} ${emailId}`),
        isGrave,
      },
      frame,
    );
  return html`<div class="actions">${decision === 'paused' ? form('resume', 'Resume') : form('pause', 'Pause')}
${form('cancel', 'Cancel for good', true)}</div>`;
}
