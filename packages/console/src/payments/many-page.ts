import { card, counted, type Html, html } from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import { at, type Query } from '../look/address.ts';
import { filterForm } from '../look/form.ts';
import { asked } from '../look/list.ts';
import { quoted } from '../look/quoted.ts';
import { answerOf, orNotice } from '../services/answer.ts';
import { partForm } from '../services/parts.ts';
import type { Said } from '../services/services.ts';
import { FILTER } from './events-page.ts';
import { doubleWarning, isDoubtful, type Payments } from './payments.ts';

/** Changed at a time: what a service does while somebody waits for the answer. */
export const MOST = 10_000;

/** What the inbox changes where nobody names a state; it would count them all. */
const UNDELIVERED = 'dead,ambiguous,held';

/** Counts what a filter finds, before any of it is replayed or skipped. */
export const manyPage: Page<Payments> = async (payments, query, frame) => {
  const chosen: Query = { ...query, state: query['state'] || UNDELIVERED };
  const given = asked(chosen, frame.zone);
  // What comes after the count was not counted.
  const until = given['until'] || new Date().toISOString();
  const filter: Query = { ...given, until, limit: String(MOST) };
  const answer = await answerOf('payments', payments.get('count', filter));
  const names = [...FILTER.map(({ name }) => name), 'limit'].filter((name) => filter[name]);
  const fields = Object.fromEntries(names.map((name) => [name, filter[name] ?? '']));
  const flags = names.map((name) => `--${name} ${quoted(filter[name] ?? '')}`).join(' ');
  const countsOf = ({ count, isMore }: Said<'payments', 'count'>): Html => {
    const found = `${counted(count)}${isMore ? ' or more' : ''}`;
    const rest = ` The newest ${counted(MOST)} are taken; come again for the others.`;
    const form = (name: 'replay' | 'skip', word: string) => {
      const [verb, label] = [`${name} ${flags}`, `${word} ${found}`];
      return partForm(
        'payments',
        { name: `${name}-many`, verb, fields, label, isGrave: true },
        frame,
      );
    };
    return html`<p><strong>${found}</strong> ${count === 1 ? 'event is' : 'events are'} of this kind.${isMore ? rest : ''}</p>
<p>They go to Ghost once more, the oldest first, and each that somebody else has sent on meanwhile is left.</p>
${isDoubtful(filter['state'] ?? '') ? doubleWarning('Look at those that are done or in doubt one by one.') : ''}
${count === 0 ? '' : html`${form('replay', 'Replay')}${form('skip', 'Skip')}`}`;
  };
  const filled = FILTER.map((field) => ({ ...field, value: chosen[field.name] }));
  const body = html`${card('Which events', filterForm('/payments/many', filled))}
${orNotice(answer, (value) => card('All of them', countsOf(value)))}
<p><a href="${at('/payments', query)}">Look at them first</a></p>`;
  return { title: 'Replay or skip many', body, problem: answer.problem };
};
