import type { Html } from '@prosora/service/look';
import { actionForm } from '../look/form.ts';
import type { Frame } from '../look/page.ts';
import { type Part, verbOf } from '../services/parts.ts';
import type { Deed } from './section.ts';

/** Says that the clock is right, to a part that removes nothing since it jumped; `say` returns what came of it. */
export const trustClock = (say: (caller: string) => Promise<string>): Deed => ({
  label: 'Trust the clock',
  run: (_, caller) => say(caller),
});

/** The button for it; the sections of these parts have their names. */
export function trustForm(part: Part & ('mail' | 'payments' | 'visits'), frame: Frame): Html {
  const verb = verbOf(part, 'trust-clock');
  return actionForm({ action: `/${part}/trust-clock`, label: 'The clock is right', verb }, frame);
}
