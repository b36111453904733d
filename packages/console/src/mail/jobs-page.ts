import { html } from '@prosora/service';
import type { Query, Shown } from '../guard/show.ts';
import { at } from '../look/address.ts';
import { card } from '../look/facts.ts';
import { actionForm, filterForm } from '../look/form.ts';
import { notice } from '../look/notice.ts';
import type { Frame } from '../look/page.ts';
import { counted, table } from '../look/table.ts';
import { momentOf, when } from '../look/time.ts';
import { answerOf } from '../services/answer.ts';
import { type Mail, mailTabs, stateBadge, verbOf } from './mail.ts';

/** Those that want a person first. */
const STATES = [
  'dead',
  'ambiguous',
  'ready',
  'waiting',
  'delayed',
  'aside',
  'leased',
  'done',
  'dropped',
];

/** Calls to Resend that were given up, or are in doubt, and the way to try them again. */
export async function jobsPage(mail: Mail, query: Query, frame: Frame): Promise<Shown> {
  const { zone } = frame;
  const { state, since, until, after } = query as Partial<Query>;
  const times = { since: momentOf(since, zone), until: momentOf(until, zone) };
  const list = await answerOf('mail', mail.get('jobs', { state, after, ...times }));
  const { items = [], next = null } = list.value ?? {};
  const listed = table({
    caption: 'Calls to Resend',
    columns: ['Call', 'State', 'Newsletter', 'Tries', 'Ended', 'Reason'],
    rows: items.map(({ id, emailId, attempts, settledAt, reason, ...job }) => [
      html`<code>${id}</code>`,
      stateBadge(job.state),
      emailId === null
        ? '–'
        : html`<a href="${at('/mail/newsletter', { id: emailId })}">${emailId}</a>`,
      attempts,
      when(settledAt, zone),
      reason ?? '',
    ]),
    none: 'There is none.',
    next: next === null ? null : at('/mail/jobs', { ...query, after: next }),
  });
  const ids = items.filter((job) => GIVEN_UP.has(job.state)).map(({ id }) => id);
  const again = {
    action: '/mail/replay',
    fields: { id: ids },
    label: ids.length === 1 ? 'Try it again' : `Try these ${counted(ids.length)} again`,
    verb: verbOf('replay ID…'),
  };
  const fields = [
    { name: 'state', label: 'State', options: STATES, value: state },
    { name: 'since', label: 'Since', type: 'datetime-local', value: since },
    { name: 'until', label: 'Until', type: 'datetime-local', value: until },
  ] as const;
  const body = html`${mailTabs('/mail/jobs')}
${card(
  'Calls that were given up',
  html`<p>A call takes up to a hundred mails to Resend. One that may have been made is never made again under another key: trying it again asks Resend what became of it.</p>
${filterForm('/mail/jobs', fields)}${list.problem ? notice(list.problem) : listed}${ids.length === 0 ? '' : actionForm(again, frame)}`,
)}`;
  return { title: 'Calls that were given up', section: 'mail', body, problem: list.problem };
}

const GIVEN_UP = new Set<string>(['dead', 'ambiguous']);
