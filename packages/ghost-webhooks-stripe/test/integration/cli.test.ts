import { writeFileSync } from 'node:fs';
import Stripe from 'stripe';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { sign } from '../../src/index.ts';
import { bytesOf, eventLike } from '../fixtures/events.ts';
import { type GhostTarget, HOP_SECRET, startGhostTarget } from '../fixtures/ghost-target.ts';
import { freePort, type InboxProcess, runVerb, spawnInbox } from '../fixtures/inbox-process.ts';
import { inboxEnv, jobCounts, STRIPE_SECRET, send } from '../fixtures/running-inbox.ts';

const CHECKOUT = eventLike(4);
const OTHER_VERSION = eventLike(6, { api_version: '2026-10-28.endive' });

let ghost: GhostTarget;
let inbox: InboxProcess;
let env: Record<string, string>;

beforeAll(async () => {
  ghost = await startGhostTarget();
  env = inboxEnv(ghost.url);
  inbox = await spawnInbox(env);
});
afterAll(async () => {
  await inbox.end('SIGKILL');
  await ghost[Symbol.asyncDispose]();
});

test('what Ghost did not take is listed and goes out again with replay', async () => {
  ghost.answer = () => 400;
  await send(inbox.url, CHECKOUT);
  await send(inbox.url, OTHER_VERSION);
  await vi.waitFor(async () => expect(await jobCounts(inbox.privateUrl)).toEqual({ dead: 1 }));

  const open = await runVerb(env, ['list', '--state', 'dead,held']);
  expect(open.stdout.split('\n').map((line) => line.split('  ').slice(1))).toEqual([
    [OTHER_VERSION.id, 'held', 'invoice.payment_succeeded', 'cus_TestAda0000001', 'api_version'],
    [
      CHECKOUT.id,
      'dead',
      'checkout.session.completed',
      'cus_TestAda0000001',
      '400: not a subscription that Ghost can hold',
    ],
    [],
  ]);
  expect(JSON.parse((await runVerb(env, ['status', '--json'])).stdout)).toMatchObject({
    events: 2,
    held: { api_version: 1 },
    deliveries: { dead: 1 },
    sinks: {},
    mrr: {},
    oldestPending: null,
    clock: null,
  });
  expect((await runVerb(env, ['status'])).stdout).toBe(
    'Events       2\nHeld         api_version 1\nDeliveries   dead 1\nOldest open  none\n',
  );
  const shown = (await runVerb(env, ['show', CHECKOUT.id])).stdout;
  expect(shown).toMatch(/ghost: dead\n {2}\S+ {2}dead {2}400: not a subscription/);
  expect(shown).not.toContain('ada@example.com');
  const withPayload = await runVerb(env, ['show', CHECKOUT.id, '--payload']);
  expect(withPayload.stdout).toContain('ada@example.com');

  ghost.answer = () => 200;
  const replay = await runVerb(env, ['replay', CHECKOUT.id, OTHER_VERSION.id]);
  expect([replay.code, replay.stdout]).toEqual([1, '1 of 2 will be delivered.\n']);
  await vi.waitFor(async () => expect(await jobCounts(inbox.privateUrl)).toEqual({ done: 1 }), {
    timeout: 10_000,
  });
  const skip = await runVerb(env, ['skip', '--all']);
  expect(skip.stdout).toBe('1 of 1 will not be delivered.\n');
  expect((await runVerb(env, ['list', '--state', 'dead,ambiguous,held'])).stdout).toBe('');
});

test('events of the other mode are held and go out once the option lets them', async () => {
  const testOnly = inboxEnv(ghost.url, { PROSORA_STRIPE_MODE: 'live' });
  const before = await spawnInbox(testOnly);
  await send(before.url, CHECKOUT);
  const held = await runVerb(testOnly, ['list', '--json']);
  expect(JSON.parse(held.stdout)).toMatchObject([
    { id: CHECKOUT.id, state: 'held', reason: 'livemode' },
  ]);
  expect(await before.end('SIGTERM')).toBe(0);

  const any = { ...testOnly, PROSORA_STRIPE_MODE: 'any' };
  expect((await runVerb(any, ['replay', '--all'])).stdout).toBe('1 of 1 will be delivered.\n');
  const after = await spawnInbox(any);
  await vi.waitFor(async () => expect(await jobCounts(after.privateUrl)).toEqual({ done: 1 }));
  await after.end('SIGTERM');
});

test('sign and verify speak of the same bytes as Stripe and Ghost', async () => {
  const file = `${env['PROSORA_STRIPE_DATA_DIR']}/event.json`;
  writeFileSync(file, bytesOf(CHECKOUT));
  const signature = sign(bytesOf(CHECKOUT), { secrets: [STRIPE_SECRET] });
  const right = await runVerb(env, ['verify', file, '--signature', signature]);
  expect([right.code, right.stdout]).toEqual([0, expect.stringMatching(/^right: secret \w{8}/)]);
  const wrong = await runVerb(env, ['verify', file, '--signature', 't=1,v1=a']);
  expect([wrong.code, wrong.stdout]).toEqual([1, 'wrong: no_match\n']);
  const { stdout: header } = await runVerb(env, ['sign', file]);
  expect(Stripe.webhooks.constructEvent(bytesOf(CHECKOUT), header.trim(), HOP_SECRET).id).toBe(
    CHECKOUT.id,
  );
});

test('doctor says what is well and what is not, with what to do', async () => {
  const well = await runVerb(env, ['doctor']);
  expect([well.code, well.stdout]).toEqual([
    0,
    `✔ inbox: It can be written.\n✔ Ghost: It takes at ${ghost.url} what the inbox signs.\n`,
  ]);
  const wrongSecret = { ...env, PROSORA_STRIPE_GHOST_WEBHOOK_SECRET: 'another-secret-of-ghost' };
  const ill = await runVerb(wrongSecret, ['doctor']);
  expect(ill.code).toBe(1);
  expect(ill.stdout).toMatch(/✘ Ghost: \S+ answers 401: Ghost refuses the signature/);
  const nobody = { ...env, PROSORA_STRIPE_GHOST_URL: 'http://127.0.0.1:9' };
  expect((await runVerb(nobody, ['doctor'])).stdout).toMatch(/✘ Ghost: \S+ does not answer/);
});

test('doctor tries the way from outside with an event of the mode that the site is for', async () => {
  const port = String(await freePort());
  const live = inboxEnv(ghost.url, {
    PROSORA_STRIPE_MODE: 'live',
    PROSORA_STRIPE_PORT: port,
    PROSORA_STRIPE_PUBLIC_URL: `http://127.0.0.1:${port}/members/webhooks/stripe/`,
  });
  const serving = await spawnInbox(live);
  expect((await runVerb(live, ['doctor'])).stdout).toMatch(
    /✔ way from outside: http:\S+ leads to the inbox/,
  );
  expect((await runVerb(live, ['list', '--state', 'held'])).stdout).toBe('');
  await serving.end('SIGTERM');
});

test('mistakes are one sentence each and no stack', async () => {
  const { STRIPE_WEBHOOK_SECRET: _, ...without } = env;
  const missing = await runVerb(without, []);
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain('There is no STRIPE_WEBHOOK_SECRET.');
  expect(missing.stderr).not.toContain('    at ');

  const elsewhere = { ...env, PROSORA_STRIPE_DATA_DIR: `${env['PROSORA_STRIPE_DATA_DIR']}/none` };
  expect((await runVerb(elsewhere, ['status'])).stderr).toMatch(/There is no inbox at/);
  const unknown = await runVerb(env, ['replai']);
  expect([unknown.code, unknown.stderr.split('\n')[0]]).toEqual([
    2,
    'prosora-stripe has no verb "replai". Did you mean "replay"? `prosora-stripe help` lists all.',
  ]);
});

test('sign, verify and status read no option that they do not need', async () => {
  const file = `${env['PROSORA_STRIPE_DATA_DIR']}/event.json`;
  writeFileSync(file, bytesOf(CHECKOUT));
  const PROSORA_STRIPE_DATA_DIR = env['PROSORA_STRIPE_DATA_DIR'] ?? '';
  expect((await runVerb({ PROSORA_STRIPE_DATA_DIR }, ['status'])).code).toBe(0);
  const toSign = { PROSORA_STRIPE_DATA_DIR, PROSORA_STRIPE_GHOST_WEBHOOK_SECRET: HOP_SECRET };
  expect((await runVerb(toSign, ['sign', file])).stdout).toMatch(/^t=\d+,v1=/);
  const toVerify = { PROSORA_STRIPE_DATA_DIR, STRIPE_WEBHOOK_SECRET: STRIPE_SECRET };
  const signature = sign(bytesOf(CHECKOUT), { secrets: [STRIPE_SECRET] });
  const verified = await runVerb(toVerify, ['verify', file, '--signature', signature, '--json']);
  expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, secret: expect.any(String) });
});

test('doctor tells each finding to a program by name, status, sentence and remedy', async () => {
  const PROSORA_STRIPE_GHOST_URL = `http://127.0.0.1:${await freePort()}`;
  const nobody = { ...env, PROSORA_STRIPE_GHOST_URL };
  const { code, stdout } = await runVerb(nobody, ['doctor', '--json']);
  expect([code, JSON.parse(stdout)]).toEqual([
    1,
    [
      { name: 'inbox', status: 'ok', sentence: 'It can be written.' },
      {
        name: 'Ghost',
        status: 'fail',
        sentence: `${PROSORA_STRIPE_GHOST_URL} does not answer (ECONNREFUSED).`,
        remedy: 'Start Ghost, or correct PROSORA_STRIPE_GHOST_URL.',
      },
    ],
  ]);
});
