import type { Html } from '@prosora/service';
import { badge, type Tone } from '../look/facts.ts';
import { tabs } from '../look/tabs.ts';
import type { Services } from '../services/services.ts';

/** The Stripe inbox, where the site has it. */
export type Payments = NonNullable<Services['payments']>;

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

/** An amount as people read it: `USD 12.34`. */
export function money(amount: number, currency: string): string {
  const format = formatOf(currency);
  return format === undefined ? `${amount} ${currency}` : format.format(amount / unitsOf(currency));
}

/** How many of the smallest unit, in which Stripe counts, are one of the currency; of some it is the whole one. */
export function unitsOf(currency: string): number {
  return 10 ** (formatOf(currency)?.resolvedOptions().maximumFractionDigits ?? 0);
}

/** Undefined for what is no currency. */
function formatOf(currency: string): Intl.NumberFormat | undefined {
  const style = { style: 'currency', currency, currencyDisplay: 'code' } as const;
  return /^[a-z]{3}$/i.test(currency) ? new Intl.NumberFormat('en', style) : undefined;
}
