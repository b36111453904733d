import { card, html, when } from '@prosora/service/look';
import type { Shown } from '../guard/show.ts';
import type { Query } from '../look/address.ts';
import { list } from '../look/list.ts';
import type { Frame } from '../look/page.ts';
import { answerOf } from '../services/answer.ts';
import { type Mail, mailTabs } from './mail.ts';
import { readerForm } from './newsletters-page.ts';

/** The addresses to which Resend sends nothing any more, of which only hashes are kept. */
export async function suppressionsPage(mail: Mail, query: Query, frame: Frame): Promise<Shown> {
  const { site, after } = query as Partial<Query>;
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
  const body = html`${mailTabs('/mail/suppressions')}
${card('Is a reader among them?', readerForm(frame))}${card('Suppressions', html`${why}${listed}`)}`;
  return { title: 'Suppressions', section: 'mail', body, problem: answer.problem };
}
