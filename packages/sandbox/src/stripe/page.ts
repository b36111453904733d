import { type Html, html, htmlDocument } from '@prosora/service/look';
import type { CheckoutOrder, CheckoutSession } from './checkout-session.ts';
import type { Customer } from './customer.ts';
import type { PortalSession } from './portal.ts';
import type { Subscription } from './subscription.ts';

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
    html`
<p class="amount">${order.isAmountFree ? 'An amount of your choice' : money(session)}</p>
${problem === undefined ? '' : html`<p role="alert">${problem}</p>`}
<form method="post" action="${action}/pay">
<label>E-mail <input name="email" type="email" required value="${session.customer_email ?? ''}"></label>
<label>Name <input name="name" value=""></label>
${order.isAmountFree ? amountField(session) : ''}
${session.custom_fields.map(({ key, label }) => html`<label>${label.custom} <input name="fields[${key}]"></label>`)}
<p>Card 4242 4242 4242 4242</p>
<button id="pay">Pay</button>
<button id="decline" formaction="${action}/decline" formnovalidate>Have the card declined</button>
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
  const rows = subscriptions.map(({ id, plan, status, cancel_at_period_end: isEnding }) => {
    const [step, label] = isEnding ? ['resume', 'Keep it'] : ['cancel', 'Cancel it'];
    return html`<form method="post" action="/portal/${session.id}/${id}/${step}">
<p>${plan.nickname ?? plan.id}, ${isEnding ? 'ends with its period' : status}
<button>${label}</button></p></form>`;
  });
  return page(
    `Subscriptions of ${customer.email ?? customer.id}`,
    html`${rows.length === 0 ? html`<p>None.</p>` : rows}
${session.return_url === null ? '' : html`<p><a href="${session.return_url}">Go back</a></p>`}`,
  );
}

function page(title: string, content: Html): string {
  const note = html`<p><small>A stand-in for Stripe on this machine: no card is charged.</small></p>`;
  return htmlDocument(title, STYLE, html`<h1>${title}</h1>${content}${note}`);
}

const STYLE = html`
body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 26rem; padding: 0 1rem; color: #1d232b; }
label { display: block; margin: 0.8rem 0; }
input { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: 0.3rem; }
button { font: inherit; padding: 0.4rem 1rem; }
[role=alert] { color: #a3242f; }
.amount { font-size: 1.6rem; }
`;
