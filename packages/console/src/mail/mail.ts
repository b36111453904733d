import { badge, type Html, type Tone } from '@prosora/service/look';
import type { Service } from '../services/services.ts';

/** The mail service, where the site has it. */
export type Mail = Service<'mail'>;

/** In the order in which they say more of what became of a mail. */
const FATES = ['complained', 'failed', 'opened', 'opened-by-bot', 'delivered'] as const;

/** What became of a mail in a word: what was heard of it last, else how far it came. */
export function fateOf({ state, events }: { state: string; events: readonly string[] }): string {
  const heard = FATES.find((fate) => events.includes(fate));
  if (heard === 'failed') return state === 'sent' ? 'bounced' : 'failed';
  return heard ?? state;
}

const TONES: Readonly<Record<string, Tone>> = {
  delivered: 'good',
  opened: 'good',
  done: 'good',
  bounced: 'bad',
  failed: 'bad',
  complained: 'bad',
  dead: 'bad',
  unknown: 'warn',
  ambiguous: 'warn',
  paused: 'warn',
  waiting: 'warn',
  lost: 'warn',
};

/** How a state, a fate or a decision is meant. */
export const toneOf = (state: string): Tone => TONES[state] ?? 'quiet';

/** The same as a word with its colour. */
export const stateBadge = (state: string): Html => badge(state, toneOf(state));
