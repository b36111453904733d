import { type Html, html } from '@prosora/service';
import type { Query, Shown } from '../guard/show.ts';
import { at } from '../look/address.ts';
import { stepLine } from '../look/chart.ts';
import { card, facts } from '../look/facts.ts';
import { actionForm, filterForm, searchForm } from '../look/form.ts';
import { notice } from '../look/notice.ts';
import type { Frame } from '../look/page.ts';
import { type Cell, counted, table } from '../look/table.ts';
import { momentOf, when } from '../look/time.ts';
import { answerOf } from '../services/answer.ts';
import { numberOf } from '../services/number-of.ts';
import type { Services } from '../services/services.ts';
import { type Mail, mailTabs, stateBadge, verbOf } from './mail.ts';
import { type MailStatus, type Progress, standingOf } from './why-waiting.ts';

/** Each of them has all its recipients counted. */
const NEWSLETTERS_A_PAGE = 10;

/** How mail goes, the search for a reader, and the newsletters. */
export async function newslettersPage(
  { mail, metrics }: { mail: Mail; metrics?: Services['metrics'] },
  query: Query,
  frame: Frame,
): Promise<Shown> {
  const { zone } = frame;
  const { site, since, until, after } = query as Partial<Query>;
  const asked = { site, since: momentOf(since, zone), until: momentOf(until, zone), after };
  const [status, list] = await Promise.all([
    answerOf('mail', mail.get('status')),
    answerOf('mail', mail.get('newsletters', { ...asked, limit: String(NEWSLETTERS_A_PAGE) })),
  ]);
  const { items = [], next = null } = list.value ?? {};
  const rows = await Promise.all(
    items.map(async (item) => {
      const { value } = await answerOf('mail', mail.get('newsletter', { emailId: item.emailId }));
      return rowOf(item, { progress: value, status: status.value }, frame);
    }),
  );
  const fields = [
    { name: 'since', label: 'Since', type: 'datetime-local', value: since },
    { name: 'until', label: 'Until', type: 'datetime-local', value: until },
    { name: 'site', label: 'Site', value: site },
  ] as const;
  const listed = table({
    caption: 'Newsletters, the newest first',
    columns: COLUMNS,
    rows,
    none: 'No newsletter was sent in this time.',
    next: next === null ? null : at('/mail', { ...query, after: next }),
  });
  const pausing = html`<p class="verb"><code>${verbOf('pause ID')}</code> pauses one, too.</p>`;
  const body = html`${mailTabs('/mail')}
${status.problem ? notice(status.problem) : card('Now', statusOf(status.value, frame))}
${card('Where is a reader’s mail?', readerForm(frame))}
${card('Newsletters', html`${filterForm('/mail', fields)}${list.problem ? notice(list.problem) : html`${listed}${pausing}`}`)}
${await course(metrics, zone)}`;
  return { title: 'Mail', section: 'mail', body, isLive: true, problem: list.problem };
}

const COLUMNS = [
  'Newsletter',
  'Accepted',
  'State',
  'Sent',
  'Delivered',
  'Opened',
  'Failed',
  'Complaints',
  'Ends',
  'Action',
];

/** The field in which a reader's address is asked for. */
export function readerForm(frame: Frame, value = ''): Html {
  const fields = [
    { name: 'address', label: 'Address', type: 'email', value, isRequired: true },
  ] as const;
  return searchForm({ action: '/mail/reader', label: 'Find', fields }, frame);
}

function statusOf(status: MailStatus, frame: Frame): Html {
  const { zone } = frame;
  const { chunks, oldestWaitingAt, limit, heldUntil, lastWebhookAt, alarms } = status;
  const waiting = Object.entries(chunks).map(([state, count]) => `${state} ${counted(count)}`);
  const mails = (verdict: string) =>
    numberOf(status, 'prosora_mail_resend_mails_total', { verdict });
  const clock = alarms.some((alarm) => /\bclock\b/i.test(alarm))
    ? actionForm(
        { action: '/mail/trust-clock', label: 'The clock is right', verb: verbOf('trust-clock') },
        frame,
      )
    : '';
  return html`${[...status.failures, ...alarms].map((message) => notice({ code: 'ALARM', message }))}${clock}
${facts([
  ['Calls to Resend that wait', waiting.join(', ') || 'none'],
  ['The oldest of them came', when(oldestWaitingAt, zone)],
  ['Resend takes', `${limit} calls a second`],
  ['Nothing is sent before', when(heldUntil, zone)],
  ['Mails that Resend took', mails('accepted')],
  ['Refused: the quota was used up', mails('quota')],
  ['Resend reported last', when(lastWebhookAt, zone)],
])}<p class="dim">Counts of Resend are since the start of the service.</p>`;
}

type Listed = {
  emailId: string;
  acceptedAt: string;
  subject: string | null;
  decision: string | null;
};

function rowOf(
  listed: Listed,
  { progress, status }: { progress: Progress | undefined; status: MailStatus | undefined },
  frame: Frame,
): Cell[] {
  const { emailId, acceptedAt, subject, decision } = listed;
  const link = html`<a href="${at('/mail/newsletter', { id: emailId })}">${subject ?? emailId}</a>`;
  const begun = [link, when(acceptedAt, frame.zone)];
  if (progress === undefined)
    return [...begun, stateBadge(decision ?? 'unknown'), '', '', '', '', '', '', ''];
  const { accepted, queued, sent, delivered, opened, failed, complained, doneAt } = progress;
  const pause = { action: '/mail/pause', fields: { emailId }, label: 'Pause' };
  return [
    ...begun,
    stateBadge(standingOf(progress, status)),
    `${counted(sent)} of ${counted(accepted)}`,
    delivered,
    opened,
    failed,
    complained,
    when(doneAt, frame.zone),
    decision === null && queued > 0 ? actionForm(pause, frame) : '',
  ];
}

/** How many mails left in the last day, where the site keeps metrics. */
async function course(metrics: Services['metrics'], zone: string): Promise<Html> {
  if (metrics === undefined) return html``;
  const query = 'sum(increase(prosora_mail_resend_mails_total{verdict="accepted"}[30m]))';
  const { value, problem } = await answerOf(
    'metrics',
    metrics.range(query, { hours: 24, points: 48 }),
  );
  if (problem) return card('The last day', notice(problem));
  const points = value[0]?.points ?? [];
  return card(
    'The last day',
    stepLine({ caption: 'Mails that Resend took, by half hours', points, zone }),
  );
}
