import {
  badge,
  card,
  type Html,
  html,
  lasted,
  type Problem,
  type Tone,
  table,
  when,
} from '@prosora/service/look';
import { at, type Query } from '../look/address.ts';
import { list } from '../look/list.ts';
import type { Frame } from '../look/page.ts';
import { answerOf } from '../services/answer.ts';
import { countsOf } from '../services/number-of.ts';
import type { Service } from '../services/services.ts';

const FIELDS = [
  {
    name: 'state',
    label: 'State',
    options: ['ready', 'delayed', 'leased', 'aside', 'dead', 'done'],
  },
  { name: 'queue', label: 'Queue' },
];
const TONES: Readonly<Record<string, Tone>> = { done: 'good', dead: 'bad', aside: 'warn' };
/** It is asked in Ghost's container. */
const PATIENCE = { timeoutMs: 30_000 };

/** What Ghost has to do and when it publishes what, queue by queue; asked in Ghost's container, by `ops`. */
export async function jobsCards(
  ops: Service<'ops'>,
  query: Query,
  { zone }: Frame,
): Promise<{ body: Html; problem?: Problem | undefined }> {
  const { state, queue, after } = query;
  const asking = ops.get('jobs', { state, queue, after, limit: '50' }, PATIENCE);
  const answer = await answerOf('ops', asking);
  const waiting = table({
    caption: 'Queues',
    columns: ['Queue', 'Jobs', 'The oldest that is due has waited'],
    rows: (answer.value?.queues ?? []).map(({ queue: name, counts, oldestSeconds }) => [
      html`<a href="${at('/media', { queue: name })}">${name}</a>`,
      countsOf(counts),
      oldestSeconds > 0 ? lasted(oldestSeconds * 1_000) : '–',
    ]),
    none: 'Ghost has no queue yet.',
  });
  const listed = list({
    path: '/media',
    query,
    fields: FIELDS,
    answer,
    caption: 'Jobs and schedules',
    columns: ['Queue', 'Job', 'State', 'Due', 'Ended', 'Failures', 'Reason'],
    none: 'No job is of this kind.',
    row: ({ queue: name, id, state: standing, dueAt, settledAt, failures, reason }) => [
      name,
      html`<code>${id}</code>`,
      badge(standing, TONES[standing]),
      when(dueAt, zone),
      when(settledAt, zone),
      failures,
      reason ?? '',
    ],
  });
  const verb = html`<p class="verb">The command that shows the same is <code>./prosora jobs</code>; <code>docker compose exec ghost prosora-jobs replay ID</code> tries one again.</p>`;
  const body = html`${answer.problem ? '' : card('Queues of Ghost', waiting)}${card('What Ghost has to do', html`${listed}${verb}`)}`;
  return { body, problem: answer.problem };
}
