import { badge, card, counted, facts, type Html, html, notices, when } from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import { at, type Query } from '../look/address.ts';
import { list } from '../look/list.ts';
import type { Frame } from '../look/page.ts';
import { type Answer, answerOf, onlyOf, orNotice } from '../services/answer.ts';
import { courseCard } from '../services/course.ts';
import { numberOf } from '../services/number-of.ts';
import { partForm, TRUST_CLOCK } from '../services/parts.ts';
import type { Said, Service, Services } from '../services/services.ts';
import type { Rate } from './rate.ts';

/** The collector of visits, where the site has it. */
export type Visits = Service<'visits'>;

const HITS = 'prosora_hits_total';
const DAY = {
  title: 'The last day',
  caption: 'Hits a second',
  query: `sum(rate(${HITS}{outcome="accepted"}[30m]))`,
  range: { hours: 24, points: 96 },
};

const JUMPED =
  'The machine’s clock has jumped: nothing is removed until somebody says that it is right.';

/** Of a batch no more rows are shown: a page stays a page. */
const ROWS_SHOWN = 10;

/** What the page is made of. */
export interface VisitsPage extends Pick<Services, 'engine' | 'metrics'> {
  visits: Visits;
  rate: Rate;
}

/** How hits come in and go on, and those that nobody takes. */
export const visitsPage: Page<VisitsPage> = async (
  { visits, engine, metrics, rate },
  query,
  frame,
) => {
  const { after } = query;
  const [status, letters, database, course] = await Promise.all([
    answerOf('visits', visits.get('status')),
    answerOf('visits', visits.get('dead-letters', { after, limit: '50' })),
    engine && answerOf('engine', engine.get('status')),
    courseCard(metrics, DAY, frame.zone),
  ]);
  const body = html`${orNotice(status, (value) => card('Now', statusOf(value, rate, frame)))}
${card('Hits that nobody takes', lettersOf(letters, query, frame))}
${database ? orNotice(database, (value) => card('The analytics engine', engineOf(value))) : ''}${course}`;
  return { title: 'Visits', body, isLive: true, problem: letters.problem };
};

function statusOf(status: Said<'visits', 'status'>, rate: Rate, frame: Frame): Html {
  const { failures, spools, clock } = status;
  const hits = (outcome: string) => numberOf(status, HITS, { outcome });
  const sent = (outcome: string) => numberOf(status, 'prosora_hits_sent_total', { outcome });
  const perSecond = rate.of(hits('accepted'));
  const failingS = numberOf(status, 'prosora_upstream_failing_seconds');
  const bytes = spools.reduce((sum, spool) => sum + spool.bytes, 0);
  const failing = `The upstream has taken nothing for ${counted(Math.round(failingS))} s.`;
  const alarms = [
    ...failures,
    ...(failingS > 0 ? [failing] : []),
    ...(clock === null ? [] : [JUMPED]),
  ];
  const refused = status.metrics
    .filter(
      ({ name, labels, value }) => name === HITS && labels['outcome'] !== 'accepted' && value > 0,
    )
    .map(({ labels, value }) => `${labels['outcome']} ${counted(value)}`);
  return html`${notices(alarms)}${clock === null ? '' : partForm('visits', TRUST_CLOCK, frame)}
${facts([
  ['Hits a second', perSecond === undefined ? 'known in a moment' : perSecond.toFixed(1)],
  ['Taken in', hits('accepted')],
  ['Left out', refused.join(', ') || 'none'],
  ['Sent on', sent('accepted')],
  ['Given up', sent('dead')],
  ['In quarantine', sent('quarantined')],
  ['Waiting to be sent', `${counted(numberOf(status, 'prosora_spool_waiting_bytes'))} bytes`],
  ['Spool on disk', `${counted(bytes)} bytes`],
])}<p class="dim">Counts are since the start of the collector.</p>`;
}

function lettersOf(
  answer: Answer<Said<'visits', 'dead-letters'>>,
  query: Query,
  frame: Frame,
): Html {
  const listed = list({
    path: '/visits',
    query,
    answer,
    caption: 'Hits that nobody takes, in the order in which they were given up',
    columns: ['Given up', 'Batch', 'Hits', 'Kind', 'Reason'],
    none: 'Every hit was taken.',
    row: ({ at: iso, batch, kind, reason, rows }) => [
      when(iso, frame.zone),
      html`<a href="${at('/visits/letter', { batch })}">${batch}</a>`,
      rows.length,
      badge(kind, kind === 'refused' ? 'bad' : 'warn'),
      reason,
    ],
  });
  if (!answer.value?.items.length) return listed;
  const again = { name: 'replay', label: 'Send all of them again' };
  return html`<p>Mend first what kept them out. Those that the upstream may have stay, since to send them again doubles them.</p>${listed}${partForm('visits', again, frame)}`;
}

function engineOf(status: Said<'engine', 'status'>): Html {
  const tables = status.metrics.filter(({ name }) => name === 'prosora_table_rows');
  return html`${notices(status.failures)}
${facts([
  ['Ready', status.isReady ? 'yes' : 'no'],
  ['Restarts of the database', numberOf(status, 'prosora_database_restarts')],
  ['Requests that wait', numberOf(status, 'prosora_requests_waiting')],
  ['Batches set aside', numberOf(status, 'prosora_batches_set_aside')],
  ...tables.map(({ labels, value }) => [`Rows of ${labels['table']}`, value] as const),
])}`;
}

/** A batch of hits that nobody takes: why, and what is in it. */
export const letterPage: Page<Visits> = async (visits, { batch = '' }, frame) => {
  const answer = await answerOf('visits', visits.get('dead-letter', { batch }));
  const shown = onlyOf(answer, ({ at: iso, kind, datasource, reason, rows }) => {
    const known = facts([
      ['Given up', when(iso, frame.zone)],
      ['Kind', badge(kind, kind === 'refused' ? 'bad' : 'warn')],
      ['Reason', reason],
      ['Went to', datasource ?? 'page hits'],
      ['Hits', rows.length],
    ]);
    const isGrave = kind !== 'refused';
    const again = {
      name: 'replay',
      fields: { batch, ...(isGrave && { anyway: 'yes' }) },
      label: isGrave ? 'Send again, though it doubles them' : 'Send again',
      verb: `replay --batch ${batch}${isGrave ? ' --anyway' : ''}`,
      isGrave,
    };
    const first = rows.slice(0, ROWS_SHOWN);
    const hits = html`<details><summary>The first ${counted(first.length)} hits</summary><pre tabindex="0">${first.map((row) => html`${JSON.stringify(row)}\n`)}</pre></details>`;
    return html`${card('What became of it', html`${known}${partForm('visits', again, frame)}`)}
${card('What is in it', hits)}`;
  });
  return { title: `Batch ${batch}`, ...shown };
};
