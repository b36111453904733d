import { ProsoraError } from '@prosora/service';
import { expect, test } from 'vitest';
import type { Confirmation } from '../../src/guard/ghost.ts';
import type { Services } from '../../src/services/services.ts';
import { stubApi } from '../fixtures/stub-api.ts';
import { ADMIN_URL, PASSWORD, startTestApp } from '../fixtures/test-app.ts';

const MINUTE_MS = 60_000;

function start({ failure }: { failure?: Error } = {}) {
  const callers: string[] = [];
  const status = { backups: {}, jobs: [], running: null, metrics: [] };
  const ops = {
    get: async (name: string) => (name === 'status' ? status : { items: [] }),
    async post(_name: string, _input: object, caller: string) {
      if (failure) throw failure;
      callers.push(caller);
      return { isNext: true };
    },
  };
  const app = startTestApp({ ops } as unknown as Services);

  async function press(session: string, more: Record<string, string> = {}): Promise<Response> {
    const form = { token: await app.tokenOf(session), ...more };
    return await app.ask('/care/backup', { session, form, origin: ADMIN_URL });
  }

  return { ...app, callers, press };
}

test('an action asks for the password, keeps what was in its form, and then does it', async () => {
  const app = start();
  const question = await app.press('owner-1', { kind: 'whole' });
  const text = await question.text();
  expect(question.status).toBe(200);
  expect(text).toContain('Your password again');
  expect(text).toContain('name="kind" value="whole"');
  expect(text).toContain('<h2>Back up now</h2>');
  expect(app.callers).toEqual([]);

  const done = await app.press('owner-1', { kind: 'whole', password: PASSWORD });
  expect([done.status, done.headers.get('location')]).toEqual([303, '/ghost/prosora/care']);
  expect(done.headers.get('set-cookie')).toContain('ghost-admin-api-session=owner-2;');
  expect(app.callers).toEqual(['Olive Owner <owner@example.com> in the console']);
});

test('what was done is said once, and not to a page that is looked at again by itself', async () => {
  const app = start();
  await app.press('owner-1', { password: PASSWORD });
  const session = 'owner-2';
  const style = { session, headers: { 'sec-fetch-dest': 'style' } };
  await app.ask('/look.css', style);
  expect(await (await app.ask('/care', { session })).text()).toContain('A backup begins now.');
  expect(await (await app.ask('/care', { session })).text()).not.toContain('A backup begins now.');
});

test('the password is asked for once in ten minutes, and of every session', async () => {
  const app = start();
  await app.press('owner-1', { password: PASSWORD });
  app.clock.now += 10 * MINUTE_MS - 1;
  expect((await app.press('owner-2')).status).toBe(303);
  app.clock.now += 2;
  expect((await app.press('owner-2')).status).toBe(200);
  expect(app.callers.length).toBe(2);
});

test.each<[Confirmation | undefined, string]>([
  [undefined, 'That is not your password.'],
  [{ kind: 'code', setCookies: [] }, 'Ghost wants to be sure of this browser'],
  [{ kind: 'limited', sentence: 'Too many attempts try again in 57 minutes' }, '57 minutes'],
])('a password that is not taken does nothing, and the page says why: %o', async (answer, said) => {
  const app = start();
  app.ghost.answer = answer;
  const refused = await app.press('owner-1', { password: 'another one' });
  expect(refused.status).toBe(403);
  const text = await refused.text();
  expect(text).toContain(said);
  expect(text).not.toContain('another one');
  expect(app.callers).toEqual([]);
});

test('strangers behind the same address keep nobody from going on', async () => {
  const app = start();
  await app.press('owner-1');
  for (let at = 0; at < 100; at++) await app.ask('/', { session: `guess-${at}` });
  expect((await app.press('owner-1', { password: PASSWORD })).status).toBe(303);
  expect((await app.ask('/care', { session: 'owner-2' })).status).toBe(200);
});

test('a Ghost that does not answer confirms nothing', async () => {
  const app = start();
  const token = await app.tokenOf('owner-1');
  await app.press('owner-1');
  app.ghost.isAway = true;
  const form = { token, password: PASSWORD };
  const refused = await app.ask('/care/backup', { session: 'owner-1', form, origin: ADMIN_URL });
  expect(await refused.text()).toContain('Ghost does not answer');
  expect(app.callers).toEqual([]);
});

test('the log has who did what, and no password', async () => {
  const app = start();
  await app.press('owner-1', { password: PASSWORD });
  expect(app.lines).toContainEqual(
    expect.objectContaining({
      event: 'console.acted',
      user: '1',
      who: 'Olive Owner',
      action: 'care.backup',
    }),
  );
  expect(JSON.stringify(app.lines)).not.toContain(PASSWORD);
});

test('what a service refuses is said with its remedy, and logged', async () => {
  const help = 'Wait for its end.';
  const app = start({ failure: new ProsoraError('REFUSED', 'A drill is at work.', { help }) });
  await app.press('owner-1', { password: PASSWORD });
  const text = await (await app.ask('/care', { session: 'owner-2' })).text();
  expect(text).toContain('A drill is at work. Wait for its end.');
  expect(app.lines.map(({ event }) => event)).toContain('console.not-acted');
});

test('what a service says in words of Node is said as a sentence, and what is in doubt as that', async () => {
  for (const [code, said] of [
    ['ERR_SQLITE_ERROR', 'could not do that.'],
    ['UNANSWERED', 'does not answer. Nobody knows what was done'],
  ] as const) {
    const app = start({ failure: new ProsoraError(code, 'database disk image is malformed') });
    await app.press('owner-1', { password: PASSWORD });
    const text = await (await app.ask('/care', { session: 'owner-2' })).text();
    expect(text).toContain(said);
    expect(text).not.toContain('malformed');
  }
});

test('the question for the password names what is changed', async () => {
  const app = startTestApp({ mail: stubApi({}).api } as unknown as Services);
  const page = await (await app.ask('/mail/suppressions', { session: 'owner-1' })).text();
  const token = /name="token" value="([^"]+)"/.exec(page)?.[1] ?? '';
  const form = { token, emailId: 'e-<7>' };
  const sent = { session: 'owner-1', form, origin: ADMIN_URL };
  const text = await (await app.ask('/mail/cancel', sent)).text();
  expect(text).toContain('<h2>Cancel a newsletter for good</h2>');
  expect(text).toContain('<dt>emailId</dt><dd>e-&#60;7&#62;</dd>');
});

test('what fails in the console itself is not shown in its own words', async () => {
  const app = start({ failure: new TypeError('cannot read property of undefined') });
  await app.press('owner-1', { password: PASSWORD });
  const text = await (await app.ask('/care', { session: 'owner-2' })).text();
  expect(text).toContain('That failed;');
  expect(text).not.toContain('cannot read property');
});

test('nobody acts more often than a person does', async () => {
  const app = start();
  await app.press('owner-1', { password: PASSWORD });
  const statuses: number[] = [];
  for (let at = 0; at < 25; at++) statuses.push((await app.press('owner-2')).status);
  expect(statuses.filter((status) => status === 303).length).toBe(19);
  expect(statuses.at(-1)).toBe(429);
});
