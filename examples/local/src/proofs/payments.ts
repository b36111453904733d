import assert from 'node:assert/strict';
import { askForCheckout } from '@prosora/ghost-local';
import type { Proof, Site } from '../site.ts';
import { until } from '../until.ts';

/** What Ghost holds of one paying member. */
interface PayingMember {
  id: string;
  payments: number;
  subscriptions: number;
}

/** What the Stripe inbox promises, shown on a reader who subscribes in this run. */
export function paymentProofs(): Proof[] {
  const email = `reader-${Date.now()}@example.org`;
  return [
    {
      claim: 'a reader who pays at the checkout is a paid member with one payment',
      async prove(site) {
        await payAtCheckout(await beginCheckout(site, email), email);
        const { payments, subscriptions } = await until('a paid member', () =>
          payingMember(site, email),
        );
        assert.deepEqual({ payments, subscriptions }, { payments: 1, subscriptions: 1 });
        return email;
      },
    },
    {
      claim: 'the same events sent again change nothing',
      async prove(site) {
        const { stripe } = site.sandbox;
        const customer = stripe.customers().find((one) => one.email === email)?.id;
        assert(customer, `Stripe's stand-in knows no customer ${email}.`);
        const events = stripe
          .events()
          .filter(({ data }) => JSON.stringify(data).includes(customer));
        assert(events.length >= 3, `There are ${events.length} events of ${customer}.`);
        await until('all deliveries', () => stripe.pendingWebhooks() === 0 || undefined);
        const before = [await payingMember(site, email), await duplicates(site)] as const;
        for (const { id } of events) stripe.resend(id);
        await until(
          'the inbox to answer each',
          async () => (await duplicates(site)) === before[1] + events.length || undefined,
        );
        assert.deepEqual(await payingMember(site, email), before[0]);
        return `${events.length} events, each answered and none delivered twice`;
      },
    },
  ];
}

/** The address of the checkout's page. */
async function beginCheckout({ admin, url }: Site, email: string): Promise<string> {
  const response = await askForCheckout({ admin, url, email });
  assert.equal(response.status, 200, 'Ghost began no checkout.');
  return ((await response.json()) as { url: string }).url;
}

async function payAtCheckout(checkoutUrl: string, email: string): Promise<void> {
  const form = new URLSearchParams({ email, name: 'Paying Reader' });
  const paid = await fetch(`${checkoutUrl}/pay`, {
    method: 'POST',
    body: form,
    redirect: 'manual',
  });
  assert.equal(paid.status, 303, 'The checkout took no payment.');
}

async function payingMember({ ghost }: Site, email: string): Promise<PayingMember | undefined> {
  const [member] = await ghost.sql<{ id: string } & PayingMember>(
    `SELECT id,
       (SELECT count(*) FROM members_payment_events WHERE member_id = members.id) AS payments,
       (SELECT count(*) FROM members_stripe_customers_subscriptions s
          JOIN members_stripe_customers c ON c.customer_id = s.customer_id
         WHERE c.member_id = members.id) AS subscriptions
     FROM members WHERE email = ? AND status = 'paid'`,
    [email],
  );
  return member && member.payments > 0 ? { ...member } : undefined;
}

/** How many events the inbox has answered that it had before. */
async function duplicates({ stripe }: Site): Promise<number> {
  const metrics = await (await fetch(`${stripe.privateUrl}/metrics`)).text();
  const line = metrics
    .split('\n')
    .find((text) => /events_total\{[^}]*outcome="duplicate"/.test(text));
  return Number(line?.split(' ').at(-1) ?? 0);
}
