import {
  badge,
  card,
  counted,
  facts,
  type Html,
  html,
  inWords,
  lasted,
  table,
  when,
} from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import { at } from '../look/address.ts';
import { answerCard, answerOf, onlyOf } from '../services/answer.ts';
import { findingsTable } from './findings-page.ts';
import { type Ops, oneOf, PATIENT, type Update } from './ops.ts';

/** The updates and how each went. */
export const updatesPage: Page<Ops> = async (ops, _, { zone }) => {
  const updates = await answerOf('ops', ops.get('updates', {}, PATIENT));
  const history = answerCard('History', updates, ({ items }) => historyTable(items, zone));
  return { title: 'Updates', body: html`${history}${card('Updating and going back', BY_HAND)}` };
};

/** One update: why it ended as it did, its rehearsal, and what was counted afterwards. */
export const updatePage: Page<Ops> = async (ops, { number = '' }, { zone }) => {
  const updates = await answerOf('ops', ops.get('updates', {}, PATIENT));
  const update = oneOf(updates, (one) => String(one.number) === number, 'update');
  const shown = onlyOf(update, (one) => {
    const { rehearsal, reason, changes, words } = one;
    const tried = rehearsal ? rehearsed(rehearsal) : html`<p class="none">There was none.</p>`;
    return html`${reason === null ? '' : html`<p class="lead bad">${inWords(reason)}</p>`}
${card('How it went', factsOf(one, zone))}
${card('What changed', changesTable(changes))}
${card('Its rehearsal', tried)}
<details><summary>As <code>./prosora history</code> says it</summary><pre>${words.join('\n')}</pre></details>`;
  });
  return { title: update.value ? `Update ${number}` : 'Update', tab: '/updates', ...shown };
};

function factsOf(update: Update, zone: string): Html {
  const { step, beganAt, endedAt, backup, watched } = update;
  const counts =
    watched && `${counted(watched.requests)} requests, ${counted(watched.errors)} errors`;
  return facts([
    ['Outcome', outcomeOf(update)],
    ['How far it came', step],
    ['Began', when(beganAt, zone)],
    ['Ended', when(endedAt, zone)],
    ['May go back to', backup === null ? 'no backup' : html`<code>${backup}</code>`],
    ...(counts ? [['Afterwards', counts] as const] : []),
  ]);
}

function historyTable(updates: readonly Update[], zone: string): Html {
  return table({
    caption: 'Updates, the newest first',
    columns: ['Began', 'Update', 'Outcome', 'Why'],
    rows: updates.map((update) => [
      when(update.beganAt, zone),
      html`<a href="${at('/care/update', { number: String(update.number) })}">Update ${update.number}</a>`,
      outcomeOf(update),
      update.reason === null ? '' : inWords(update.reason),
    ]),
    none: 'Nothing was updated yet.',
  });
}

const OUTCOMES = {
  taken: badge('in place', 'good'),
  undone: badge('undone', 'bad'),
  refused: badge('refused', 'warn'),
} as const;

function outcomeOf({ outcome }: Update): Html {
  return outcome === null ? badge('at work', 'quiet') : OUTCOMES[outcome];
}

function changesTable(changes: Update['changes']): Html {
  return table({
    caption: 'Images that changed',
    columns: ['Services', 'From', 'To'],
    rows: changes.map(({ services, from, to }) => [
      services.join(', '),
      html`<code>${from}</code>`,
      html`<code>${to}</code>`,
    ]),
    none: 'No image changed.',
  });
}

function rehearsed({ bootMs, migrates, findings }: NonNullable<Update['rehearsal']>): Html {
  return html`${facts([
    ['Ghost answered after', lasted(bootMs)],
    ['Changes the database', migrates ? 'yes' : 'no'],
  ])}
${findingsTable('What the rehearsal found', findings)}`;
}

const BY_HAND = html`<p>Both touch the live site, so they are done by hand, on the server.</p>
<pre><code>./prosora update            # tries what is newer on a copy of the site first
./prosora rollback          # puts back what was there before the last update
./prosora secrets rotate    # replaces one of the stack's own secrets</code></pre>`;
