import { type Html, html } from '@prosora/service/look';
import type { Checkouts } from './checkouts.ts';
import { type Control, subscriptionSteps } from './dashboard.ts';
import type { Subscription } from './subscription.ts';
import type { WebhookAttempt } from './webhooks.ts';

const SHOWN = 20;
/** It needs a price, which a button cannot name. */
const WITHOUT_BUTTON = 'change-plan';

/** The account, for the console page: open checkouts, subscriptions with their steps, webhooks sent. */
export function accountPanel({ account, checkouts, subscriptions }: Control, url: string): Html {
  const attempts = account.webhooks.attempts();
  return html`<h3>Open checkouts</h3>
<ul>${openCheckouts(checkouts)}</ul>
<h3>Subscriptions: ${subscriptions.list().length}</h3>
${subscriptions
  .list()
  .slice(0, SHOWN)
  .map((subscription) =>
    row(subscription, account.books.find('customer', subscription.customer)?.email ?? '', url),
  )}
<h3>Webhooks: ${attempts.length} sent, ${account.webhooks.pending()} pending</h3>
<table>${attempts.slice(-SHOWN).reverse().map(attemptRow)}</table>`;
}

function openCheckouts(checkouts: Checkouts): Html[] {
  return checkouts
    .list()
    .filter(({ status }) => status === 'open')
    .slice(0, SHOWN)
    .map(
      ({ id, url, customer_email }) =>
        html`<li><a href="${url ?? ''}">${customer_email ?? id}</a></li>`,
    );
}

function row(subscription: Subscription, email: string, url: string): Html {
  const { id, status, cancel_at_period_end: isEnding } = subscription;
  const steps =
    status === 'canceled' ? [] : subscriptionSteps.filter((it) => it !== WITHOUT_BUTTON);
  const buttons = steps.map(
    (step) =>
      html`<button formaction="${url}/dashboard/subscriptions/${id}/${step}">${step}</button> `,
  );
  return html`<form method="post" action=""><p><code>${id}</code> ${email}, ${status}${isEnding ? ', ending' : ''} ${buttons}</p></form>`;
}

function attemptRow({ at, type, url, attempt, status }: WebhookAttempt): Html {
  return html`<tr><td>${at.slice(11, 23)}</td><td>${type}</td><td><code>${url}</code></td>
<td>${status ?? 'no answer'}</td><td>attempt ${attempt}</td></tr>`;
}
