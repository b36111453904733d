import { card, type Html, html, table } from '@prosora/service/look';
import { sandboxPage } from '../stand-in/page.ts';
import type { CheckoutOrder, CheckoutSession } from './checkout-session.ts';
import type { Customer } from './customer.ts';
import type { PortalSession } from './portal.ts';
import type { Subscription } from './subscription.ts';
import { subscriptionBadge } from './subscription-badge.ts';

/** The page of a checkout, on which a person pays, is declined or goes back. */
export function checkoutPage(
  session: CheckoutSession,
  order: CheckoutOrder,
  problem?: string,
): string {
  if (session.status !== 'open') {
    return page('Checkout', html`<p>This checkout is ${session.status}.</p>`);
  }
  const action = `/checkout/${session.id}`;
  return page(
    'Checkout',
    html`<form class="card" method="post" action="${action}/pay">
<p class="lead">${order.isAmountFree ? 'An amount of your choice' : money(session)}</p>
${problem === undefined ? '' : html`<p class="notice" role="alert">${problem}</p>`}
<label>E-mail <input name="email" type="email" required value="${session.customer_email ?? ''}"></label>
<label>Name <input name="name" value=""></label>
${order.isAmountFree ? amountField(session) : ''}
${session.custom_fields.map(({ key, label }) => html`<label>${label.custom} <input name="fields[${key}]"></label>`)}
<p>Card 4242 4242 4242 4242</p>
<button id="pay">Pay</button>
<button id="decline" class="soft" formaction="${action}/decline" formnovalidate>Have the card declined</button>
</form>
${session.cancel_url === null ? '' : html`<p><a id="cancel" href="${session.cancel_url}">Cancel and go back</a></p>`}`,
  );
}

function amountField({ amount_total, currency }: CheckoutSession): Html {
  return html`<label>Amount in hundredths of ${currency ?? ''} <input name="amount" type="number" min="50" value="${amount_total || 500}"></label>`;
}

function money({ mode, amount_total, currency }: CheckoutSession): string {
  if (mode === 'setup') return 'A new card';
  return `${((amount_total ?? 0) / 100).toFixed(2)} ${(currency ?? '').toUpperCase()}`;
}

/** The page of the customer portal: what a customer is subscribed to, and how to end it. */
export function portalPage(
  session: PortalSession,
  customer: Customer,
  subscriptions: readonly Subscription[],
): string {
  const rows = subscriptions.map((subscription) => {
    const { id, plan, cancel_at_period_end: isEnding } = subscription;
    const [step, label] = isEnding ? ['resume', 'Keep it'] : ['cancel', 'Cancel it'];
    return [
      plan.nickname ?? plan.id,
      subscriptionBadge(subscription),
      html`<form method="post" action="/portal/${session.id}/${id}/${step}"><button class="soft">${label}</button></form>`,
    ];
  });
  const columns = ['Plan', 'State', 'Change'];
  return page(
    `Subscriptions of ${customer.email ?? customer.id}`,
    html`${card('Now', table({ caption: 'Subscriptions', columns, rows, none: 'None.' }))}
${session.return_url === null ? '' : html`<p><a href="${session.return_url}">Go back</a></p>`}`,
  );
}

function page(title: string, body: Html): string {
  return sandboxPage({ title, body, aside: html`A stand-in for Stripe: no card is charged.` });
}
