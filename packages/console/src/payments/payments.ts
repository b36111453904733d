import type { Html } from '@prosora/service';
import { badge, type Tone } from '../look/facts.ts';
import { tabs } from '../look/tabs.ts';
import type { Services } from '../services/services.ts';

/** The Stripe inbox, where the site has it. */
export type Payments = NonNullable<Services['payments']>;

/** What Ghost will not get by itself. */
export const FOR_A_PERSON = 'dead,ambiguous,held';

/** The pages of the section. */
export function paymentTabs(current: string): Html {
  const pages = [
    ['Events', '/payments'],
    ['Cancellations', '/payments/cancellations'],
    ['Differences', '/payments/differences'],
  ] as const;
  return tabs('Payments', pages, current);
}

/** The command that does the same as an action, as it is typed on the machine of the stack. */
export const verbOf = (verb: string): string =>
  `docker compose exec webhooks prosora-stripe ${verb}`;

const TONES: Readonly<Record<string, Tone>> = {
  done: 'good',
  dead: 'bad',
  ambiguous: 'warn',
  held: 'warn',
  delayed: 'warn',
  aside: 'warn',
  lost: 'warn',
};

/** The state of an event or a delivery with its colour. */
export function stateBadge(state: string): Html {
  return badge(state, TONES[state] ?? 'quiet');
}

/** An amount as people read it: `12.34 USD`; Stripe counts in the smallest unit, which of some currencies is the whole one. */
export function money(amount: number, currency: string): string {
  const style = { style: 'currency', currency, currencyDisplay: 'code' } as const;
  try {
    const format = new Intl.NumberFormat('en', style);
    const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    return format.format(amount / 10 ** digits);
  } catch {
    return `${amount} ${currency}`;
  }
}
