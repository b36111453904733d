import {
  card,
  counted,
  facts,
  type Html,
  html,
  notice,
  timeInWords,
  when,
} from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import { at } from '../look/address.ts';
import { actionForm } from '../look/form.ts';
import { list } from '../look/list.ts';
import type { Frame } from '../look/page.ts';
import { answerOf, orNotice } from '../services/answer.ts';
import { verbOf } from '../services/parts.ts';
import { fateOf, type Mail, stateBadge } from './mail.ts';
import { type MailStatus, type Progress, standingOf, whyWaiting } from './why-waiting.ts';

const FIELDS = [
  { name: 'state', label: 'State', options: ['queued', 'sent', 'failed', 'unknown', 'canceled'] },
  {
    name: 'event',
    label: 'Heard of it',
    options: ['delivered', 'opened', 'failed', 'complained'],
  },
];

/** How far a newsletter is, why it does not go on, and what became of each of its mails. */
export const newsletterPage: Page<Mail> = async (mail, query, frame) => {
  const emailId = query['id'] ?? '';
  const [progress, status, answer] = await Promise.all([
    answerOf('mail', mail.get('newsletter', { emailId })),
    answerOf('mail', mail.get('status')),
    answerOf('mail', mail.get('recipients', { ...query, emailId, limit: '50' })),
  ]);
  const recipients = list({
    path: '/mail/newsletter',
    query,
    fields: FIELDS,
    fixed: ['id'],
    answer,
    caption: 'Recipients, in the order in which Ghost handed them over',
    columns: ['Address', 'What became of it', 'Reason'],
    none: 'No recipient is of this kind, as far as this page looked.',
    row: ({ id, address, code, reason, ...one }) => [
      html`<a href="${at('/mail/mail', { id })}">${address}</a>`,
      stateBadge(fateOf(one)),
      [code, reason].filter((part) => part !== null).join(': '),
    ],
  });
  return {
    title: progress.value?.subject ?? `Newsletter ${emailId}`,
    tab: '/',
    isLive: true,
    body: orNotice(
      progress,
      (value) => html`${card('How far it is', progressOf(value, status.value, frame))}
${card('Recipients', recipients)}`,
    ),
    problem: progress.problem ?? answer.problem,
  };
};

function progressOf(progress: Progress, status: MailStatus | undefined, frame: Frame): Html {
  const { queued, accepted, rate } = progress;
  const { zone } = frame;
  const why = whyWaiting(progress, status, { moment: (iso) => timeInWords(iso, zone) });
  return html`${why ? notice(why) : ''}
<p><progress max="${Math.max(1, accepted)}" value="${accepted - queued}" aria-label="Mails that do not wait any more"></progress></p>
${facts([
  ['State', stateBadge(standingOf(progress, status))],
  ['Accepted from Ghost', html`${counted(accepted)} mails at ${when(progress.acceptedAt, zone)}`],
  ['Sent', progress.sent],
  ['Waiting', queued],
  ['Mails a second', queued > 0 ? rate.toFixed(1) : '–'],
  ['The last one leaves', when(progress.doneAt, zone)],
  ['Delivered', progress.delivered],
  ['Opened', progress.opened],
  ['Failed', progress.failed],
  ['Complaints', progress.complained],
  ['Nobody knows yet', progress.unknown],
  ['Canceled', progress.canceled],
])}${actionsOf(progress, frame)}`;
}

function actionsOf({ emailId, decision, queued }: Progress, frame: Frame): Html {
  if (decision === 'canceled' || (decision === null && queued === 0)) return html``;
  const form = (name: string, label: string, isGrave = false) => {
    const [action, verb] = [`/mail/${name}`, verbOf('mail', `${name} ${emailId}`)];
    return actionForm({ action, fields: { emailId }, label, verb, isGrave }, frame);
  };
  const hold = decision === 'paused' ? form('resume', 'Resume') : form('pause', 'Pause');
  return html`${hold}${form('cancel', 'Cancel for good', true)}`;
}
