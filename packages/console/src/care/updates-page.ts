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
import type { Shown } from '../guard/show.ts';
import { at } from '../look/address.ts';
import type { Frame, View } from '../look/page.ts';
import { answerOf, orNotice } from '../services/answer.ts';
import { findingsTable } from './findings.ts';
import { nothingOf } from './nothing-of.ts';
import { type Ops, PATIENT, type Update } from './ops.ts';
import { careTabs } from './tabs.ts';

/** The updates and how each went. */
export async function updatesPage(ops: Ops, { zone }: Frame): Promise<View> {
  const updates = await answerOf('ops', ops.get('updates', {}, PATIENT));
  return {
    title: 'Updates',
    section: 'care',
    body: html`${careTabs('/care/updates')}
${card(
  'History',
  orNotice(updates, ({ items }) => historyTable(items, zone)),
)}
${card('Updating and going back', byHand())}`,
  };
}

/** One update: why it ended as it did, its rehearsal, and what was counted afterwards. */
export async function updatePage(ops: Ops, number: string, { zone }: Frame): Promise<Shown> {
  const answer = await answerOf('ops', ops.get('updates', {}, PATIENT));
  const update = answer.value?.items.find((one) => String(one.number) === number);
  if (update === undefined) {
    return nothingOf({ title: 'Update', tab: '/care/updates', answer, what: 'update' });
  }
  const { rehearsal, watched, reason, backup, changes, words } = update;
  return {
    title: `Update ${update.number}`,
    section: 'care',
    body: html`${careTabs('/care/updates')}
${reason === null ? '' : html`<p class="lead bad">${inWords(reason)}</p>`}
${card(
  'How it went',
  facts([
    ['Outcome', outcomeOf(update)],
    ['How far it came', update.step],
    ['Began', when(update.beganAt, zone)],
    ['Ended', when(update.endedAt, zone)],
    ['May go back to', backup === null ? 'no backup' : html`<code>${backup}</code>`],
    ...(watched
      ? ([
          [
            'Afterwards',
            `${counted(watched.requests)} requests, ${counted(watched.errors)} errors`,
          ],
        ] as const)
      : []),
  ]),
)}
${card('What changed', changesTable(changes))}
${card('Its rehearsal', rehearsal === null ? html`<p class="none">There was none.</p>` : rehearsed(rehearsal))}
<details><summary>As <code>./prosora history</code> says it</summary><pre>${words.join('\n')}</pre></details>`,
  };
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

function byHand(): Html {
  return html`<p>Both touch the live site, so they are done by hand, on the server.</p>
<pre><code>./prosora update            # tries what is newer on a copy of the site first
./prosora rollback          # puts back what was there before the last update
./prosora secrets rotate    # replaces one of the stack's own secrets</code></pre>`;
}
