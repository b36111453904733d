import {
  badge,
  card,
  type Html,
  html,
  inWords,
  sparkline,
  table,
  when,
} from '@prosora/service/look';
import type { Shown } from '../guard/section.ts';
import { at } from '../look/address.ts';
import { answerCard } from '../services/answer.ts';
import type { AnswerOf, Overlook } from './look-over.ts';
import { type Row, rowsOf } from './rows.ts';
import { sentenceOf, troublesOf } from './troubles.ts';

/** How the site is: the sentence or what is wrong, a line for each part, and the alerts. */
export function overviewPage(overlook: Overlook, zone: string): Shown {
  const { alerts, past } = overlook;
  const rows = rowsOf(overlook);
  const troubles = troublesOf(overlook, rows);
  const tone = troubles.length === 0 ? '' : html` bad`;
  return {
    title: 'Overview',
    isLive: true,
    body: html`<p class="lead${tone}">${sentenceOf(overlook, troubles)}</p>
${troubles.length === 0 ? '' : wrong(troubles)}
${card('Parts', html`<div class="parts">${partsOf(rows, overlook)}</div>`)}
${answerCard('Open alerts', alerts, ({ items }) => openAlerts(items, zone))}
${answerCard('Alerts of seven days', past, (all) => pastAlerts(all, zone))}`,
  };
}

function wrong(troubles: ReturnType<typeof troublesOf>): Html {
  return html`<ul class="steps">${troubles.map(
    ({ sentence, remedy = '' }) =>
      html`<li class="bad">${inWords(sentence)} <span class="dim">${inWords(remedy)}</span></li>`,
  )}</ul>`;
}

function partsOf(rows: readonly Row[], { courses }: Overlook): Html {
  const hasCourses = courses?.value !== undefined;
  const lines = rows.map(({ name, path, tone, state, said, course }) => {
    const values = course && courses?.value?.[course];
    return [
      path === undefined ? name : html`<a href="${at(path)}">${name}</a>`,
      badge(state, tone),
      inWords(said),
      ...(hasCourses ? [values?.length ? sparkline(values, `${name}, 24 hours`) : ''] : []),
    ];
  });
  return table({
    caption: 'Parts of the site',
    columns: ['Part', 'State', 'Now', ...(hasCourses ? ['24 hours'] : [])],
    rows: lines,
    none: 'No part of the site is known to the console: its addresses are not set.',
  });
}

function openAlerts(alerts: AnswerOf<'alerts'>['items'], zone: string): Html {
  return table({
    caption: 'Open alerts',
    columns: ['Since', 'Alert', 'What is so', 'What to do'],
    rows: alerts.map(({ since, name, severity, summary, command, runbook }) => [
      when(since, zone),
      badge(name, severity === 'page' ? 'bad' : 'warn'),
      inWords(summary),
      html`<code>${command}</code> ${/^https:/.test(runbook) ? html`<a href="${runbook}">Runbook</a>` : runbook}`,
    ]),
    none: 'None is open.',
  });
}

function pastAlerts(alerts: AnswerOf<'past'>, zone: string): Html {
  return table({
    caption: 'Alerts of seven days',
    columns: ['From', 'Until', 'Alert'],
    rows: alerts.map(({ name, severity, from, until }) => [
      when(from, zone),
      until === null ? 'open' : when(until, zone),
      badge(name, severity === 'page' ? 'bad' : 'warn'),
    ]),
    none: 'None in seven days.',
  });
}
