import { badge, type Html, html, type Tone } from '@prosora/service/look';
import type { Service } from '../services/services.ts';

/** The Stripe inbox, where the site has it. */
export type Payments = Service<'payments'>;

const TONES: Readonly<Record<string, Tone>> = {
  done: 'good',
  dead: 'bad',
  ambiguous: 'warn',
  held: 'warn',
  delayed: 'warn',
  aside: 'warn',
  lost: 'warn',
};

/** Ghost may have counted what is in one of these states. */
const DOUBTFUL = ['done', 'ambiguous', 'dropped', 'twin'];

/** Whether Ghost may have events of these states, which are parted by commas. */
export const isDoubtful = (states: string): boolean =>
  states.split(',').some((state) => DOUBTFUL.includes(state));

/** What a click means is said before it, since a payment that Ghost has counted is counted twice. */
export function doubleWarning(advice: string): Html {
  return html`<p class="notice">Whatever became of it, Ghost gets it again: a payment that it has counted is then counted twice. ${advice}</p>`;
}

/** The state of an event or a delivery with its colour. */
export const stateBadge = (state: string): Html => badge(state, TONES[state]);

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
