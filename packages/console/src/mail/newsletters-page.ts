import {
  type Cell,
  card,
  counted,
  facts,
  type Html,
  html,
  notice,
  notices,
  timeInWords,
  when,
} from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import { at } from '../look/address.ts';
import { actionForm, type Field, searchForm } from '../look/form.ts';
import { asked, list, TIMES } from '../look/list.ts';
import type { Frame } from '../look/page.ts';
import { answerOf, orNotice } from '../services/answer.ts';
import { courseCard } from '../services/course.ts';
import { countsOf, numberOf } from '../services/number-of.ts';
import { partForm, TRUST_CLOCK, verbOf } from '../services/parts.ts';
import type { Said, Services } from '../services/services.ts';
import { fateOf, type Mail, stateBadge } from './mail.ts';
import { type MailStatus, type Progress, standingOf, whyWaiting } from './why-waiting.ts';

const NEWSLETTERS_A_PAGE = '10';
/** Bridges that share a database count each recipient. */
const COUNTING = { timeoutMs: 30_000 };
const COLUMNS = 'Newsletter Accepted State Sent Delivered Opened Failed Complaints Ends Action';
const DAY = {
  title: 'The last day',
  caption: 'Mails that Resend took, by half hours',
  query: 'sum(increase(prosora_mail_resend_mails_total{verdict="accepted"}[30m]))',
  range: { hours: 24, points: 48 },
};

const HEARD = ['delivered', 'opened', 'failed', 'complained'];
const RECIPIENT_FIELDS = [
  { name: 'state', label: 'State', options: ['queued', 'sent', 'failed', 'unknown', 'canceled'] },
  { name: 'event', label: 'Heard of it', options: HEARD },
];

type Parts = { mail: Mail; metrics?: Services['metrics'] };

/** How mail goes, the search for a reader, and the newsletters. */
export const newslettersPage: Page<Parts> = async ({ mail, metrics }, query, frame) => {
  const filter = { ...asked(query, frame.zone), limit: NEWSLETTERS_A_PAGE, progress: 'true' };
  const [status, answer, course] = await Promise.all([
    answerOf('mail', mail.get('status')),
    answerOf('mail', mail.get('newsletters', filter, COUNTING)),
    courseCard(metrics, DAY, frame.zone),
  ]);
  const listed = list({
    path: '/mail',
    query,
    fields: [...TIMES, { name: 'site', label: 'Site' }],
    answer,
    caption: 'Newsletters, the newest first',
    columns: COLUMNS.split(' '),
    none: 'No newsletter was sent in this time.',
    row: (item) => rowOf(item, status.value, frame),
  });
  const pausing = html`<p class="verb"><code>${verbOf('mail', 'pause ID')}</code> pauses one, too.</p>`;
  const body = html`${orNotice(status, (value) => card('Now', statusOf(value, frame)))}
${card('Where is a reader’s mail?', readerForm(frame))}
${card('Newsletters', html`${listed}${pausing}`)}${course}`;
  return { title: 'Mail', body, isLive: true, problem: answer.problem };
};

/** The field in which a reader's address is asked for. */
export function readerForm(frame: Frame, value = ''): Html {
  const fields: Field[] = [
    { name: 'address', label: 'Address', type: 'email', value, isRequired: true },
  ];
  return searchForm({ action: '/mail/reader', label: 'Find', fields }, frame);
}

function statusOf(status: MailStatus, frame: Frame): Html {
  const { chunks, oldestWaitingAt, limit, heldUntil, lastWebhookAt, alarms } = status;
  const mails = (verdict: string) =>
    numberOf(status, 'prosora_mail_resend_mails_total', { verdict });
  const isClock = alarms.some((alarm) => /\bclock\b/i.test(alarm));
  return html`${notices([...status.failures, ...alarms])}${isClock ? partForm('mail', TRUST_CLOCK, frame) : ''}
${facts([
  ['Calls to Resend that wait', countsOf(chunks)],
  ['The oldest of them came', when(oldestWaitingAt, frame.zone)],
  ['Resend takes', `${limit} calls a second`],
  ['Nothing is sent before', when(heldUntil, frame.zone)],
  ['Mails that Resend took', mails('accepted')],
  ['Refused: the quota was used up', mails('quota')],
  ['Resend reported last', when(lastWebhookAt, frame.zone)],
])}<p class="dim">Counts of Resend are since the start of the service.</p>`;
}

function rowOf(
  {
    emailId,
    acceptedAt,
    subject,
    decision,
    progress,
  }: Said<'mail', 'newsletters'>['items'][number],
  status: MailStatus | undefined,
  frame: Frame,
): Cell[] {
  const link = html`<a href="${at('/mail/newsletter', { id: emailId })}">${subject ?? emailId}</a>`;
  const begun = [link, when(acceptedAt, frame.zone)];
  // A service of an earlier release does not say it.
  if (!progress) return [...begun, stateBadge(decision ?? 'unknown')];
  const { accepted, queued, sent, delivered, opened, failed, complained, doneAt } = progress;
  const pause = { action: '/mail/pause', fields: { emailId }, label: 'Pause' };
  return [
    ...begun,
    stateBadge(standingOf(progress, status)),
    `${counted(sent)} of ${counted(accepted)}`,
    ...[delivered, opened, failed, complained],
    when(doneAt, frame.zone),
    decision === null && queued > 0 ? actionForm(pause, frame) : '',
  ];
}

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
    fields: RECIPIENT_FIELDS,
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
    const change = { name, verb: `${name} ${emailId}`, fields: { emailId }, label, isGrave };
    return partForm('mail', change, frame);
  };
  const hold = decision === 'paused' ? form('resume', 'Resume') : form('pause', 'Pause');
  return html`${hold}${form('cancel', 'Cancel for good', true)}`;
}
