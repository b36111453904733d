import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { operations } from '../../../src/operate/operations.ts';
import { bytesOf } from '../../fixtures/events.ts';
import { type GhostTarget, HOP_SECRET, startGhostTarget } from '../../fixtures/ghost-target.ts';
import { runVerb } from '../../fixtures/inbox-process.ts';
import { jobCounts, STRIPE_SECRET } from '../../fixtures/running-inbox.ts';
import { startTestAccount } from '../../fixtures/stripe-account.ts';
import { CHECKOUTS, HELD, startTroubledInbox } from '../../fixtures/troubled-inbox.ts';

const ADA = 'ada@example.com';

let ghost: GhostTarget;
beforeAll(async () => {
  ghost = await startGhostTarget();
});
afterAll(() => ghost?.[Symbol.asyncDispose]());

const changesIn = (lines: readonly string[]) =>
  lines
    .map((line) => JSON.parse(line))
    .filter(({ event }) => String(event).startsWith('operator.'))
    .map(({ event, operation, caller }) => [event, operation, caller]);

test('no token or a wrong one is answered 401 by every operation, and the read token changes nothing', async () => {
  const { inbox, read } = await startTroubledInbox(ghost);
  for (const [name, { access }] of Object.entries(operations)) {
    const url = `${inbox.privateUrl}/operator/v1/${name}`;
    const method = access === 'write' ? 'POST' : 'GET';
    for (const headers of [{}, { authorization: `Bearer ${'x'.repeat(43)}` }]) {
      expect([name, (await fetch(url, { method, headers })).status]).toEqual([name, 401]);
    }
    if (access === 'write') {
      const asked = read(name as 'replay', { all: true });
      await expect(asked).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
  }
  expect(await jobCounts(inbox.privateUrl)).toEqual({ dead: 7 });
  await inbox.stop();
});

test('events are listed page by page, shown with what Ghost answered, and a wrong filter is named', async () => {
  const { inbox, tokens, read } = await startTroubledInbox(ghost);
  const ids: string[] = [];
  let after: string | undefined;
  do {
    const page = await read('events', { state: 'dead,held', limit: 3, after });
    ids.push(...page.items.map(({ id }) => id));
    after = page.next ?? undefined;
  } while (after !== undefined);
  expect(ids).toEqual([HELD.id, ...CHECKOUTS.map(({ id }) => id).reverse()]);

  expect(await read('event', { id: 'evt_checkout_3' })).toMatchObject({
    state: 'dead',
    receivedAt: expect.any(Date),
    deliveries: [
      { sink: 'ghost', attempts: [{ outcome: 'dead', reason: expect.stringMatching(/^400: /) }] },
    ],
  });
  expect(await read('event', { id: 'evt_checkout_3' })).not.toHaveProperty('payload');
  const { payload } = await read('event', { id: 'evt_checkout_3', payload: 'true' });
  expect(payload).toBe(bytesOf(CHECKOUTS[3]).toString());
  await expect(read('event', { id: 'evt_none' })).rejects.toMatchObject({ code: 'NOT_FOUND' });

  for (const [field, value] of [
    ['state', 'dead,lost'],
    ['since', 'yesterday'],
    ['limit', '5000'],
    ['after', 'the next'],
  ] as const) {
    const url = `${inbox.privateUrl}/operator/v1/events?${new URLSearchParams({ [field]: value })}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${tokens.read}` } });
    const { error } = (await response.json()) as { error: { message: string } };
    expect([response.status, error.message]).toEqual([
      400,
      expect.stringMatching(new RegExp(`^${field}`)),
    ]);
  }
  await inbox.stop();
});

test('events are replayed and skipped by name and by filter, and the log says who asked', async () => {
  const { inbox, lines, write, read } = await startTroubledInbox(ghost);
  await expect(write('replay', {})).rejects.toMatchObject({ code: 'USAGE' });
  expect(await write('replay', { ids: ['evt_checkout_0', 'evt_none'] })).toEqual({
    asked: 2,
    changed: 1,
  });
  expect(await write('skip', { ids: [HELD.id] })).toEqual({ asked: 1, changed: 1 });
  await vi.waitFor(async () =>
    expect(await jobCounts(inbox.privateUrl)).toEqual({ dead: 6, done: 1 }),
  );
  const before = ghost.arrivals.length;
  expect(await write('replay', { state: 'dead', limit: 2 })).toEqual({ asked: 2, changed: 2 });
  await vi.waitFor(() => expect(ghost.arrivals.length).toBe(before + 2));
  // The newest two, in the order in which they came.
  expect(ghost.arrivals.slice(-2).map(({ id }) => id)).toEqual([
    'evt_checkout_5',
    'evt_checkout_6',
  ]);
  expect(await write('skip', { all: true })).toEqual({ asked: 4, changed: 4 });
  expect(await read('status', {})).toMatchObject({ held: {}, deliveries: { done: 3, dropped: 4 } });
  await inbox.stop();
  expect(changesIn(lines)).toEqual([
    ['operator.failed', 'replay', 'a test'],
    ['operator.done', 'replay', 'a test'],
    ['operator.done', 'skip', 'a test'],
    ['operator.done', 'replay', 'a test'],
    ['operator.done', 'skip', 'a test'],
  ]);
});

test('what is in the events of a reader is erased, also on disk, while the inbox runs', async () => {
  const { inbox, lines, write, read } = await startTroubledInbox(ghost);
  await write('skip', { all: true });
  const found = await write('erase', { address: ADA });
  expect(found).toMatchObject({ events: { length: 8 }, waiting: [] });
  expect(found).not.toHaveProperty('erased');
  const erased = await write('erase', { address: ADA, apply: true });
  expect(erased).toMatchObject({ erased: 8, isOverwritten: true });
  expect((await read('event', { id: HELD.id, payload: 'true' })).bytes).toBe(0);
  await expect(write('erase', { address: 'ada' })).rejects.toThrow(/^address: /);
  await inbox.stop();
  expect(lines.join()).not.toContain(ADA);
});

test('the doctor of the running inbox looks with its secrets, and its clock is set right by a person', async () => {
  const { inbox, read, write } = await startTroubledInbox(ghost);
  expect((await read('doctor', {})).findings).toEqual([
    { name: 'inbox', status: 'ok', sentence: 'It can be written.' },
    { name: 'Ghost', status: 'ok', sentence: expect.stringContaining(ghost.url) },
  ]);
  // The inbox is still open.
  expect(await read('status', {})).toMatchObject({ isReady: true, events: 8, clock: null });
  expect(await write('trust-clock', {})).toEqual({ isHeard: true });
  await inbox.stop();
});

test('what Stripe has and the inbox lacks is told first, and brought when it is asked for', async () => {
  await using site = await startTestAccount();
  site.signUp('grace@example.com');
  const { stripe } = site;
  const { inbox, read, write } = await startTroubledInbox(ghost, {
    STRIPE_SECRET_KEY: stripe.secretKey,
    PROSORA_STRIPE_API_URL: stripe.url,
  });
  await expect(read('differences', { since: 'a while' })).rejects.toThrow(/^since: /);
  const now = vi
    .spyOn(Date, 'now')
    .mockImplementation(() => performance.timeOrigin + 9e5 + performance.now());
  const { repairs } = await read('differences', { since: 'all' });
  expect(repairs.map(({ kind }) => new Set([kind]))).toContainEqual(new Set(['lost']));
  expect((await read('status', {})).events).toBe(8);
  const done = await write('reconcile', { since: 'all' });
  now.mockRestore();
  expect(done.repairs.map(({ id }) => id)).toEqual(repairs.map(({ id }) => id));
  expect(done.repairs.map(({ outcome }) => outcome)).toContain('sent');
  expect((await read('status', {})).events).toBeGreaterThan(8);
  await inbox.stop();
});

test('without a key of Stripe, or with one that Stripe refuses, 409 says which option to set', async () => {
  await using site = await startTestAccount();
  for (const key of [{}, { STRIPE_SECRET_KEY: 'sk_test_of_somebody_else' }]) {
    const env = { ...key, PROSORA_STRIPE_API_URL: site.stripe.url };
    const { inbox, lines, tokens } = await startTroubledInbox(ghost, env);
    const headers = { authorization: `Bearer ${tokens.write}` };
    const url = `${inbox.privateUrl}/operator/v1`;
    for (const [path, asked] of [
      ['differences?since=all', { headers }],
      ['reconcile', { headers, method: 'POST', body: JSON.stringify({ since: 'all' }) }],
    ] as const) {
      const response = await fetch(`${url}/${path}`, asked);
      const help = expect.stringContaining('STRIPE_SECRET_KEY');
      expect(await response.json()).toMatchObject({ error: { code: 'STRIPE_KEY', help } });
      expect(response.status).toBe(409);
    }
    await inbox.stop();
    expect(lines.join()).not.toContain('operator.error');
  }
});

test('a verb asks the inbox that runs, and opens it where none does', async () => {
  const { env, inbox, lines } = await startTroubledInbox(ghost);
  const listed = await runVerb(env, ['list', '--state', 'dead', '--limit', '2', '--json']);
  expect(JSON.parse(listed.stdout).map(({ id }: { id: string }) => id)).toEqual([
    'evt_checkout_6',
    'evt_checkout_5',
  ]);
  const running = await runVerb(env, ['replay', 'evt_checkout_0', 'evt_none']);
  expect([running.code, running.stdout]).toEqual([1, '1 of 2 will be delivered.\n']);
  expect(changesIn(lines)).toEqual([
    ['operator.done', 'replay', expect.stringMatching(/ at the command line$/)],
  ]);
  const wrong = await runVerb(env, ['list', '--state', 'lost']);
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/^state/)]);
  const unknown = await runVerb(env, ['show', 'evt_none']);
  expect(unknown.stderr).toBe('There is no event evt_none. `prosora-stripe list` names them.\n');

  // The key of the account is the verb's alone.
  await using site = await startTestAccount();
  const key = {
    STRIPE_SECRET_KEY: site.stripe.secretKey,
    PROSORA_STRIPE_API_URL: site.stripe.url,
  };
  expect((await runVerb(env, ['reconcile', '--all'])).stderr).toMatch(/STRIPE_SECRET_KEY/);
  expect((await runVerb({ ...env, ...key }, ['reconcile', '--all'])).stdout).toMatch(/compared/);

  await inbox.stop();
  const stopped = await runVerb(env, ['skip', '--state', 'dead']);
  expect([stopped.stderr, stopped.stdout]).toEqual(['', '6 of 6 will not be delivered.\n']);
  expect(changesIn(lines).filter(([event]) => event === 'operator.done')).toHaveLength(1);
});

test('a verb says so where something else listens, and changes nothing', async () => {
  const { env, inbox } = await startTroubledInbox(ghost);
  const file = join(env['PROSORA_STRIPE_DATA_DIR'] ?? '', 'operator-tokens.json');
  writeFileSync(file, JSON.stringify({ read: 'r'.repeat(43), write: 'w'.repeat(43) }));
  const { code, stderr } = await runVerb(env, ['skip', '--all']);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/operator API wants its token/)]);
  expect(await jobCounts(inbox.privateUrl)).toEqual({ dead: 7 });
  await inbox.stop();
});

test('no secret is in an answer or in the log, and the tokens of the options win', async () => {
  const set = {
    write: 'write-token-of-the-options-0123456789',
    read: 'read-token-of-the-options-0123456789',
  };
  const { inbox, lines } = await startTroubledInbox(ghost, {
    PROSORA_STRIPE_OPERATOR_TOKEN: set.write,
    PROSORA_STRIPE_OPERATOR_READ_TOKEN: set.read,
    PROSORA_STRIPE_SEAL_KEY: 'the key of the seal of the inbox',
  });
  const answers: string[] = [];
  for (const path of ['status', 'doctor', 'events', 'event?id=evt_held', 'differences?since=1d']) {
    const url = `${inbox.privateUrl}/operator/v1/${path}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${set.read}` } });
    answers.push(await response.text());
  }
  await inbox.stop();
  const said = [...answers, ...lines].join();
  for (const secret of [STRIPE_SECRET, HOP_SECRET, set.write, set.read, 'seal of the inbox', ADA]) {
    expect(said).not.toContain(secret);
  }
});
