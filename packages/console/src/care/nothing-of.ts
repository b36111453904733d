import { html, notice } from '@prosora/service/look';
import type { Shown } from '../guard/show.ts';
import type { Answer } from '../services/answer.ts';
import { careTabs } from './tabs.ts';

/** In place of one thing that is not to be found, or that nobody can be asked about now. */
export function nothingOf({
  title,
  tab,
  answer,
  what,
}: {
  title: string;
  tab: Parameters<typeof careTabs>[0];
  answer: Answer<unknown>;
  what: string;
}): Shown {
  const missing = {
    code: 'NOT_FOUND',
    message: `There is no such ${what}, or it is no longer kept.`,
  };
  const problem = answer.problem ?? missing;
  return { title, section: 'care', problem, body: html`${careTabs(tab)}${notice(problem)}` };
}
