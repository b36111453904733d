import { card, counted, html, when } from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import { at } from '../look/address.ts';
import { asked, list, TIMES } from '../look/list.ts';
import { answerOf } from '../services/answer.ts';
import { partForm } from '../services/parts.ts';
import { type Mail, stateBadge } from './mail.ts';

/** Those that want a person first. */
const STATES = 'dead ambiguous ready waiting delayed aside leased done dropped'.split(' ');
const GIVEN_UP = new Set<string>(['dead', 'ambiguous']);

/** Calls to Resend that were given up, or are in doubt, and the way to try them again. */
export const jobsPage: Page<Mail> = async (mail, query, frame) => {
  const answer = await answerOf('mail', mail.get('jobs', asked(query, frame.zone)));
  const listed = list({
    path: '/mail/jobs',
    query,
    fields: [{ name: 'state', label: 'State', options: STATES }, ...TIMES],
    answer,
    caption: 'Calls to Resend',
    columns: ['Call', 'State', 'Newsletter', 'Tries', 'Ended', 'Reason'],
    none: 'There is none.',
    row: ({ id, emailId, attempts, settledAt, reason, state }) => [
      html`<code>${id}</code>`,
      stateBadge(state),
      emailId && html`<a href="${at('/mail/newsletter', { id: emailId })}">${emailId}</a>`,
      attempts,
      when(settledAt, frame.zone),
      reason ?? '',
    ],
  });
  const ids = (answer.value?.items ?? [])
    .filter(({ state }) => GIVEN_UP.has(state))
    .map(({ id }) => id);
  const label = ids.length === 1 ? 'Try it again' : `Try these ${counted(ids.length)} again`;
  const again = { name: 'replay', verb: 'replay ID…', fields: { id: ids }, label };
  const why = html`<p>A call takes up to a hundred mails to Resend. One that may have been made is never made again under another key: trying it again asks Resend what became of it.</p>`;
  const title = 'Calls that were given up';
  const body = card(
    title,
    html`${why}${listed}${ids.length === 0 ? '' : partForm('mail', again, frame)}`,
  );
  return { title, body, problem: answer.problem };
};
