import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { eventLike } from '../../fixtures/events.ts';
import { type GhostTarget, startGhostTarget } from '../../fixtures/ghost-target.ts';
import { runVerb } from '../../fixtures/inbox-process.ts';
import { jobCounts, send } from '../../fixtures/running-inbox.ts';
import { CHECKOUTS, startTroubledInbox } from '../../fixtures/troubled-inbox.ts';

let ghost: GhostTarget;
beforeAll(async () => {
  ghost = await startGhostTarget();
});
afterAll(() => ghost?.[Symbol.asyncDispose]());

test('what a filter finds is counted first, and two who replay it at once have each event sent once', async () => {
  const { env, inbox, write, read } = await startTroubledInbox(ghost);
  await expect(read('count', {})).rejects.toMatchObject({ code: 'USAGE' });
  expect(await read('count', { state: 'dead' })).toEqual({ count: 7, isMore: false });
  expect(await read('count', { state: 'dead', limit: '3' })).toEqual({ count: 3, isMore: true });
  expect(await read('count', { all: 'true' })).toEqual({ count: 8, isMore: false });
  const checkouts = { state: 'dead', type: 'checkout.session.completed' };
  expect(await read('count', checkouts)).toEqual({ count: 7, isMore: false });
  const past = new Date(Date.now() - 3_600_000).toISOString();
  expect(await read('count', { state: 'dead,held', since: past })).toMatchObject({ count: 8 });
  expect(await read('count', { state: 'dead,held', until: past })).toMatchObject({ count: 0 });
  expect(await read('count', { state: 'twin' })).toMatchObject({ count: 0 });
  const said = await runVerb(env, ['replay', '--state', 'dead', '--count']);
  expect(said.stdout.trim()).toBe('7');
  const before = ghost.arrivals.length;
  const [one, other] = await Promise.all([
    write('replay', { state: 'dead' }),
    write('replay', { state: 'dead' }),
  ]);
  expect(one.changed + other.changed).toBe(7);
  await vi.waitFor(async () => expect(await jobCounts(inbox.privateUrl)).toEqual({ done: 7 }));
  const sent = ghost.arrivals.slice(before).map(({ id }) => id);
  expect(sent.toSorted()).toEqual(CHECKOUTS.map(({ id }) => id));
  // By name too, where the state is said in which it was seen.
  const named = await runVerb(env, ['replay', 'evt_checkout_0', '--state', 'dead']);
  expect([named.code, named.stdout]).toEqual([1, '0 of 1 will be delivered.\n']);
  await inbox.stop();
});

test('what happened to members is read from events, by name and page by page', async () => {
  const { env, inbox, read } = await startTroubledInbox(ghost);
  const customer = 'cus_leaves';
  const address = 'leaver@example.com';
  const named = { id: 'cs_leaves', customer, customer_details: { email: address } };
  await send(inbox.url, eventLike(4, { id: 'evt_joins', object: named }));
  await send(inbox.url, eventLike(9, { id: 'evt_leaves', object: { customer } }));
  await send(inbox.url, eventLike(12, { id: 'evt_over', object: { customer: 'cus_stranger' } }));
  const left = await read('changes', { type: 'subscription.cancel_scheduled' });
  expect(left.items).toMatchObject([
    { eventId: 'evt_leaves', customer, address, at: expect.any(Date) },
  ]);
  const found: string[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const page = await read('changes', { customer, limit: 1, after });
    found.push(...page.items.map(({ type }) => type));
    after = page.next;
  }
  expect(found).toContain('subscription.cancel_scheduled');
  const said = await runVerb(env, ['changes', '--customer', customer]);
  expect(said.stdout).toContain(`subscription.cancel_scheduled  ${customer}  ${address}`);
  await expect(read('changes', { type: 'nothing' as 'gift' })).rejects.toThrow(/^type: /);
  await inbox.stop();
});
