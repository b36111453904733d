import { badge, type Html, html, type Tone } from '@prosora/service/look';
import type { Subscription, SubscriptionStatus } from './subscription.ts';

const TONES: Partial<Record<SubscriptionStatus, Tone>> = {
  active: 'good',
  trialing: 'good',
  past_due: 'warn',
  unpaid: 'bad',
};

/** How a subscription stands, and whether it goes on. */
export function subscriptionBadge({ status, cancel_at_period_end: isEnding }: Subscription): Html {
  const end = isEnding ? html` ${badge('ends with its period', 'warn')}` : '';
  return html`${badge(status, TONES[status])}${end}`;
}
