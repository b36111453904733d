import { type Html, html } from '@prosora/service';
import type { Query } from '../guard/show.ts';
import { at } from '../look/address.ts';
import { badge, card, type Tone } from '../look/facts.ts';
import { filterForm } from '../look/form.ts';
import { notice, type Problem } from '../look/notice.ts';
import type { Frame } from '../look/page.ts';
import { counted, table } from '../look/table.ts';
import { lasted, when } from '../look/time.ts';
import { answerOf } from '../services/answer.ts';
import type { Services } from '../services/services.ts';

const STATES = ['ready', 'delayed', 'leased', 'aside', 'dead', 'done'];
const TONES: Readonly<Record<string, Tone>> = {
  done: 'good',
  dead: 'bad',
  aside: 'warn',
  ambiguous: 'warn',
};

/** What Ghost has to do and when it publishes what, queue by queue; asked in Ghost's container, by `ops`. */
export async function jobsCards(
  ops: NonNullable<Services['ops']>,
  query: Query,
  { zone }: Frame,
): Promise<{ body: Html; problem?: Problem | undefined }> {
  const { state, queue, after } = query as Partial<Query>;
  const { value, problem } = await answerOf(
    'ops',
    ops.get('jobs', { state, queue, after, limit: '50' }, { timeoutMs: 30_000 }),
  );
  const fields = [
    { name: 'state', label: 'State', options: STATES, value: state },
    { name: 'queue', label: 'Queue', value: queue },
  ];
  const filters = filterForm('/media', fields);
  if (problem)
    return { body: card('What Ghost has to do', html`${filters}${notice(problem)}`), problem };
  const { queues, items, next } = value;
  const waiting = table({
    caption: 'Queues',
    columns: ['Queue', 'Jobs', 'The oldest that is due waits since'],
    rows: queues.map(({ queue: name, counts, oldestSeconds }) => [
      html`<a href="${at('/media', { queue: name })}">${name}</a>`,
      Object.entries(counts)
        .map(([which, count]) => `${which} ${counted(count)}`)
        .join(', ') || 'none',
      oldestSeconds > 0 ? lasted(oldestSeconds * 1_000) : '–',
    ]),
    none: 'Ghost has no queue yet.',
  });
  const listed = table({
    caption: 'Jobs and schedules',
    columns: ['Queue', 'Job', 'State', 'Due', 'Ended', 'Failures', 'Reason'],
    rows: items.map(({ queue: name, id, state: standing, dueAt, settledAt, failures, reason }) => [
      name,
      html`<code>${id}</code>`,
      badge(standing, TONES[standing] ?? 'quiet'),
      when(dueAt, zone),
      when(settledAt, zone),
      failures,
      reason ?? '',
    ]),
    none: 'No job is of this kind.',
    next: next === null ? null : at('/media', { ...query, after: next }),
  });
  const verb = html`<p class="verb">The command that shows the same is <code>./prosora jobs</code>; <code>docker compose exec ghost prosora-jobs replay ID</code> tries one again.</p>`;
  return {
    body: html`${card('Queues of Ghost', waiting)}${card('What Ghost has to do', html`${filters}${listed}${verb}`)}`,
  };
}
