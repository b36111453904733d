import { card, html, when } from '@prosora/service/look';
import type { Page } from '../guard/section.ts';
import { list } from '../look/list.ts';
import { answerOf } from '../services/answer.ts';
import type { Mail } from './mail.ts';
import { readerForm } from './newsletters-page.ts';

/** The addresses to which Resend sends nothing any more, of which only hashes are kept. */
export const suppressionsPage: Page<Mail> = async (mail, query, frame) => {
  const { site, after } = query;
  const answer = await answerOf('mail', mail.get('suppressions', { site, after }));
  const listed = list({
    path: '/mail/suppressions',
    query,
    fields: [{ name: 'site', label: 'Site' }],
    answer,
    caption: 'Suppressed addresses, by their hashes',
    columns: ['Hash of the address', 'Site', 'Since'],
    none: 'No address is on the list because of this site.',
    row: ({ addressHash, site: name, since }) => [
      html`<code title="${addressHash}">${addressHash.slice(0, 16)}…</code>`,
      name,
      when(since, frame.zone),
    ],
  });
  const why = html`<p>Resend sends nothing to an address that bounced or complained. It is taken off the list when the member's newsletters are enabled again in Ghost Admin.</p>`;
  const body = html`${card('Is a reader among them?', readerForm(frame))}
${card('Suppressions', html`${why}${listed}`)}`;
  return { title: 'Suppressions', body, problem: answer.problem };
};
