import type { Answer } from '../services/answer.ts';
import type { Said, Service } from '../services/services.ts';

/** The service that looks after the stack. */
export type Ops = Service<'ops'>;

/** A drill of which the report is kept. */
export type Drill = Said<'ops', 'drills'>['items'][number];

/** An update as the history has it. */
export type Update = Said<'ops', 'updates'>['items'][number];

/** `ops` looks for these by a command, which takes seconds. */
export const PATIENT = { timeoutMs: 60_000 };

/** One thing of a list that `ops` gives as a whole; one that is not in it is not kept any more. */
export function oneOf<Item>(
  { value, problem }: Answer<{ items: Item[] }>,
  isIt: (item: Item) => boolean,
  what: string,
): Answer<Item> {
  if (problem) return { problem };
  const item = value.items.find(isIt);
  const message = `There is no such ${what}, or it is no longer kept.`;
  return item === undefined ? { problem: { code: 'NOT_FOUND', message } } : { value: item };
}
