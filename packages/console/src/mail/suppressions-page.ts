import { html } from '@prosora/service';
import type { Query, Shown } from '../guard/show.ts';
import { at } from '../look/address.ts';
import { card } from '../look/facts.ts';
import { filterForm } from '../look/form.ts';
import { notice } from '../look/notice.ts';
import type { Frame } from '../look/page.ts';
import { table } from '../look/table.ts';
import { when } from '../look/time.ts';
import { answerOf } from '../services/answer.ts';
import { type Mail, mailTabs } from './mail.ts';
import { readerForm } from './newsletters-page.ts';

/** The addresses to which Resend sends nothing any more, of which only hashes are kept. */
export async function suppressionsPage(mail: Mail, query: Query, frame: Frame): Promise<Shown> {
  const { site, after } = query as Partial<Query>;
  const list = await answerOf('mail', mail.get('suppressions', { site, after }));
  const { items = [], next = null } = list.value ?? {};
  const listed = table({
    caption: 'Suppressed addresses, by their hashes',
    columns: ['Hash of the address', 'Site', 'Since'],
    rows: items.map(({ addressHash, site, since }) => [
      html`<code title="${addressHash}">${addressHash.slice(0, 16)}…</code>`,
      site,
      when(since, frame.zone),
    ]),
    none: 'No address is on the list because of this site.',
    next: next === null ? null : at('/mail/suppressions', { ...query, after: next }),
  });
  const filters = filterForm('/mail/suppressions', [{ name: 'site', label: 'Site', value: site }]);
  const body = html`${mailTabs('/mail/suppressions')}
${card('Is a reader among them?', readerForm(frame))}
${card(
  'Suppressions',
  html`<p>Resend sends nothing to an address that bounced or complained. It is taken off the list when the member's newsletters are enabled again in Ghost Admin.</p>
${filters}${list.problem ? notice(list.problem) : listed}`,
)}`;
  return { title: 'Suppressions', section: 'mail', body, problem: list.problem };
}
