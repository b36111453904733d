import { expect, test } from 'vitest';
import { fitForGhost, GHOST_MAX_BYTES } from '../../src/deliver/slim.ts';
import type { StripeEvent } from '../../src/webhook/event.ts';
import { bytesOf, eventLike } from '../fixtures/events.ts';

const blown = (number: number) =>
  eventLike(number, { object: { bulk: 'x'.repeat(GHOST_MAX_BYTES) } });
const slimmed = (event: StripeEvent) => {
  const bytes = fitForGhost(event, bytesOf(event));
  return bytes && (JSON.parse(Buffer.from(bytes).toString()) as StripeEvent);
};

test('what Ghost takes is sent as it came', () => {
  const body = bytesOf(eventLike(6));
  expect(fitForGhost(eventLike(6), body)).toBe(body);
  const exact = new Uint8Array(GHOST_MAX_BYTES);
  expect(fitForGhost(eventLike(6), exact)).toBe(exact);
});

test('of a larger event what Ghost reads is sent: an invoice with its payment', () => {
  expect(slimmed(blown(6))).toMatchObject({
    id: eventLike(6).id,
    type: 'invoice.payment_succeeded',
    data: { object: { paid: true, amount_paid: 500, subscription: 'sub_1TestAdaSub000000000001' } },
  });
});

test('a subscription keeps the number of its items, which Ghost counts, and nothing of them', () => {
  expect(slimmed(blown(5))?.data?.object).toMatchObject({
    items: { data: [{}] },
    customer: 'cus_TestAda0000001',
  });
});

test('a donation keeps what Ghost writes of it', () => {
  expect(slimmed(blown(14))?.data?.object).toMatchObject({
    mode: 'payment',
    metadata: { ghost_donation: 'true' },
    amount_total: expect.any(Number),
  });
});

test('what is too large even so is not sent', () => {
  const event = eventLike(14, { object: { metadata: { note: 'x'.repeat(GHOST_MAX_BYTES) } } });
  expect(slimmed(event)).toBeUndefined();
});
