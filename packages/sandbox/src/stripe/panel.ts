import { type Html, html, table } from '@prosora/service/look';
import { statusBadge, timeOfDay } from '../stand-in/answers.ts';
import { type Control, subscriptionSteps } from './dashboard.ts';
import type { Subscription } from './subscription.ts';
import { subscriptionBadge } from './subscription-badge.ts';

const SHOWN = 20;
/** It needs a price, which a button cannot name. */
const WITHOUT_BUTTON = 'change-plan';

/** The account, for the console page: open checkouts, subscriptions with their steps, webhooks sent. */
export function accountPanel({ account, checkouts, subscriptions }: Control, url: string): Html {
  const { books, webhooks } = account;
  const open = checkouts.list().filter(({ status }) => status === 'open');
  const subscribed = subscriptions.list();
  const attempts = webhooks.attempts();
  return html`<h3>Open checkouts: ${open.length}</h3>
${table({
  caption: 'Open checkouts',
  columns: ['Checkout', 'E-mail', 'For'],
  rows: open
    .slice(0, SHOWN)
    .map(({ id, url, mode, customer_email }) => [
      html`<a href="${url}">${id}</a>`,
      customer_email,
      mode,
    ]),
  none: 'None.',
})}
<h3>Subscriptions: ${subscribed.length}</h3>
${table({
  caption: 'Subscriptions',
  columns: ['Subscription', 'E-mail', 'State', 'Steps'],
  rows: subscribed
    .slice(0, SHOWN)
    .map((subscription) => [
      html`<code>${subscription.id}</code>`,
      books.find('customer', subscription.customer)?.email ?? '',
      subscriptionBadge(subscription),
      stepsOf(subscription, url),
    ]),
  none: 'None.',
})}
<h3>Webhooks: ${attempts.length} sent, ${webhooks.pending()} pending</h3>
${table({
  caption: 'The last webhooks, the newest first',
  columns: ['At (UTC)', 'Event', 'To', 'Answer', 'Attempt'],
  rows: attempts
    .slice(-SHOWN)
    .reverse()
    .map(({ at, type, url, attempt, status }) => [
      timeOfDay(at),
      type,
      html`<code>${url}</code>`,
      statusBadge(status, 'no answer'),
      attempt,
    ]),
  none: 'None yet.',
})}`;
}

function stepsOf({ id, status }: Subscription, url: string): Html {
  if (status === 'canceled') return html``;
  const buttons = subscriptionSteps
    .filter((step) => step !== WITHOUT_BUTTON)
    .map(
      (step) =>
        html`<button class="soft" formaction="${url}/dashboard/subscriptions/${id}/${step}">${step}</button>`,
    );
  return html`<form class="action" method="post">${buttons}</form>`;
}
