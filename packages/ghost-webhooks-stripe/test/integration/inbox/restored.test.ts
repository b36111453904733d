import { expect, test } from 'vitest';
import { eventLike } from '../../fixtures/events.ts';
import { runVerb } from '../../fixtures/inbox-process.ts';
import { startInboxWithGhost } from '../../fixtures/inbox-with-ghost.ts';
import { send } from '../../fixtures/running-inbox.ts';

const CHECKOUT = eventLike(4);
const INVOICE = eventLike(6);

test('an inbox from a backup holds the payment that it may have delivered since, and delivers the rest again', async () => {
  await using site = await startInboxWithGhost();
  // As it was when the backup was taken: Ghost had neither yet.
  site.ghost.answer = () => 503;
  await send(site.inbox.url, CHECKOUT);
  await send(site.inbox.url, INVOICE);
  await site.inbox.stop();

  const { code, stdout } = await runVerb(site.env, ['restored']);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^2 deliveries may have been made/)]);
  site.ghost.arrivals.length = 0;
  site.ghost.answer = () => 200;
  await site.start();
  await site.settled({ ambiguous: 1, done: 1 });
  const arrived = site.ghost.arrivals.map(({ id }) => id);
  expect(arrived).toContain(CHECKOUT.id);
  expect(arrived).not.toContain(INVOICE.id);
});

test('an inbox with nothing open has nothing to doubt', async () => {
  await using site = await startInboxWithGhost();
  await send(site.inbox.url, INVOICE);
  await site.settled({ done: 1 });
  await site.inbox.stop();
  expect((await runVerb(site.env, ['restored'])).stdout).toMatch(/^Nothing waited/);
  await site.start();
  await site.settled({ done: 1 });
});
