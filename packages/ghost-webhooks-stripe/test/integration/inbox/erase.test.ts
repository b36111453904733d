import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { bytesOf, eventLike, recordedEvents } from '../../fixtures/events.ts';
import { startGhostTarget } from '../../fixtures/ghost-target.ts';
import { runVerb } from '../../fixtures/inbox-process.ts';
import { openTestInbox, received } from '../../fixtures/open-test-inbox.ts';
import { inboxEnv, jobCounts, readMetric, send, startInbox } from '../../fixtures/running-inbox.ts';

/* What a reader may ask for: that nothing of them is left. */

const ADA = 'ada@example.com';

test("a reader's events are shown first and erased with --yes, to the last byte on disk, and are still known", async () => {
  await using ghost = await startGhostTarget();
  const env = inboxEnv(ghost.url);
  const inbox = await startInbox(env);
  for (const event of recordedEvents) await send(inbox.url, event);
  const others = { email: 'grace@example.com', name: 'Grace Hopper' };
  const stranger = eventLike(14, {
    id: 'evt_stranger',
    object: { id: 'cs_1', customer_email: others.email, customer_details: others },
  });
  await send(inbox.url, stranger);
  await vi.waitFor(async () => {
    const { done = 0, superseded = 0, ...open } = await jobCounts(inbox.privateUrl);
    expect([open, done + superseded]).toEqual([{}, recordedEvents.length]);
  });
  const folder = env['PROSORA_STRIPE_DATA_DIR'] ?? '';
  const onDisk = () =>
    readdirSync(folder)
      .map((name) => readFileSync(join(folder, name)).toString('latin1'))
      .join();
  expect(onDisk()).toContain(ADA);

  const dry = await runVerb(env, ['erase', 'Ada@Example.com']);
  expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining('Nothing was changed')]);
  expect(onDisk()).toContain(ADA);
  expect((await runVerb(env, ['erase', 'da@example.com'])).stdout).toMatch(/^0 events/);
  const found = JSON.parse((await runVerb(env, ['erase', ADA, '--json'])).stdout);
  expect(found.customers).toContain('cus_TestAda0000001');
  expect(found.waiting).toEqual([]);

  const done = await runVerb(env, ['erase', ADA, '--yes']);
  expect([done.stderr, done.code]).toEqual(['', 0]);
  expect(done.stdout).toContain(`${found.events.length} were erased`);
  await inbox.stop();
  for (const trace of [ADA, 'Ada Lovelace']) expect(onDisk()).not.toContain(trace);
  expect(onDisk()).toContain(others.email);

  const after = await startInbox(env);
  const sent = ghost.arrivals.length;
  for (const event of recordedEvents) expect(await send(after.url, event)).toBe(200);
  expect(await readMetric(after.privateUrl, 'events_total')).toEqual([
    expect.stringMatching(new RegExp(`outcome="duplicate".* ${recordedEvents.length}$`)),
  ]);
  expect(ghost.arrivals.length).toBe(sent);
  expect((await runVerb(env, ['replay', found.events[0]])).stdout).toBe(
    '0 of 1 will be delivered.\n',
  );
  expect((await runVerb(env, ['erase', ADA])).stdout).toMatch(/^0 events/);
  await after.stop();
});

test('an event that Ghost still has to get, or a person to decide about, stays whole and is named', async () => {
  const { inbox } = await openTestInbox();
  await inbox.record(received(eventLike(4)));
  const held = eventLike(6, { id: 'evt_held', api_version: '2026-10-28.endive' });
  await inbox.record(received(held));
  const traces = await inbox.findReader(ADA);
  expect(traces).toMatchObject({ events: [], waiting: [eventLike(4).id, 'evt_held'] });
  expect(await inbox.erase([eventLike(4).id, 'evt_held'])).toBe(0);
  const { body } = (await inbox.find(eventLike(4).id)) ?? {};
  expect(Buffer.from(body ?? [])).toEqual(bytesOf(eventLike(4)));
  await inbox.close();
});

test('an event that is sealed is found and erased as well', async () => {
  const { inbox } = await openTestInbox({ sealKey: 'a key of sixteen signs' });
  await inbox.record(received(eventLike(7)));
  const { events } = await inbox.findReader(ADA);
  expect(events).toEqual([eventLike(7).id]);
  expect(await inbox.erase(events)).toBe(1);
  expect(await inbox.find(eventLike(7).id)).toBeUndefined();
  expect(await inbox.record(received(eventLike(7)))).toEqual({ outcome: 'duplicate' });
  await inbox.close();
});
