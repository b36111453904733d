import { expect, test } from 'vitest';
import type { Services } from '../../src/services/services.ts';
import { ADMIN_URL, createSilentServices, startTestApp } from '../fixtures/test-app.ts';

type TestApp = ReturnType<typeof startTestApp>;

/** Everything that the router knows, but for what stands before all routes. */
function routesOf({ app }: TestApp): { method: string; path: string }[] {
  return app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => ({ method, path: path.replace('/ghost/prosora', '') || '/' }));
}

const start = (services: Services = createSilentServices().services) => startTestApp(services);

test('no route answers anything but 404 without a session that Ghost knows', async () => {
  const app = start();
  const routes = routesOf(app);
  expect(routes.length).toBeGreaterThan(20);
  for (const { method, path } of routes) {
    const form = method === 'POST' ? { token: 'x' } : undefined;
    for (const session of [undefined, 'nobody', '']) {
      const sent = { session, method, ...(form && { form, origin: ADMIN_URL }) };
      const response = await app.ask(path, sent);
      expect([method, path, response.status, await response.text()]).toEqual([
        method,
        path,
        404,
        'Not Found',
      ]);
    }
    // No more unknown sessions are looked up than an address may have.
    app.clock.now += 10_000;
  }
});

test('every answer forbids what is not needed, refusals too', async () => {
  const app = start();
  for (const { method, path } of [...routesOf(app), { method: 'GET', path: '/no-such-page' }]) {
    for (const session of [undefined, 'owner-1']) {
      if (path === '/live') continue;
      const { headers } = await app.ask(path, { session, method });
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      const isFile = session !== undefined && /\.(css|js)$/.test(path);
      expect(headers.get('cache-control')).toBe(
        isFile ? 'private, max-age=31536000, immutable' : 'no-store',
      );
    }
  }
});

test('what is posted from elsewhere or without its token does nothing', async () => {
  const { services, writes } = createSilentServices();
  const app = startTestApp(services);
  const token = await app.tokenOf('owner-1');
  for (const { method, path } of routesOf(app)) {
    if (method !== 'POST') continue;
    const session = 'owner-1';
    const form = { token };
    const foreign = 'https://evil.example';
    expect((await app.ask(path, { session, form, origin: foreign })).status).toBe(403);
    expect((await app.ask(path, { session, form })).status).toBe(403);
    expect((await app.ask(path, { session, form: {}, origin: ADMIN_URL })).status).toBe(403);
    const other = { token: `${token.slice(1)}A` };
    expect((await app.ask(path, { session, form: other, origin: ADMIN_URL })).status).toBe(403);
  }
  expect(writes).toEqual([]);
});

test('a script of the same origin can neither call an action nor send it from a frame', async () => {
  const { services, writes } = createSilentServices();
  const app = startTestApp(services);
  const form = { token: await app.tokenOf('owner-1') };
  for (const place of ['empty', 'iframe']) {
    const headers = { 'sec-fetch-dest': place, 'sec-fetch-site': 'same-origin' };
    const sent = { session: 'owner-1', form, origin: ADMIN_URL, headers };
    expect((await app.ask('/care/backup', sent)).status).toBe(403);
  }
  expect(writes).toEqual([]);
});

test('a page is given to who opens it, and not to a script that fetches it', async () => {
  const app = start();
  const status = async (path: string, headers: Record<string, string>) =>
    (await app.ask(path, { session: 'owner-1', headers })).status;
  for (const path of ['/', '/care', '/mail', '/payments/many']) {
    for (const place of ['empty', 'iframe', 'object', 'image']) {
      expect(await status(path, { 'sec-fetch-dest': place })).toBe(404);
    }
    expect(await status(path, { 'sec-fetch-dest': 'document' })).toBe(200);
  }
  expect(await status('/look.css', { 'sec-fetch-dest': 'style' })).toBe(200);
  expect(await status('/live.js', { 'sec-fetch-dest': 'script' })).toBe(200);
});

test('another site leads somebody here, and fetches nothing', async () => {
  const app = start();
  const status = async (path: string, mode: string) => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode };
    return (await app.ask(path, { session: 'owner-1', headers })).status;
  };
  expect(await status('/care', 'navigate')).toBe(200);
  for (const path of ['/care', '/live?page=/', '/look.css']) {
    expect([path, await status(path, 'no-cors')]).toEqual([path, 404]);
  }
  expect(app.ghost.asked.length).toBe(1);
});

test('a GET never acts, whatever stands in its address', async () => {
  const { services, writes } = createSilentServices();
  const app = startTestApp(services);
  const token = await app.tokenOf('owner-1');
  for (const { path } of routesOf(app)) {
    if (path === '/live') continue;
    for (const method of ['GET', 'HEAD']) {
      const query = `?token=${token}&id=1&emailId=1&confirm=yes&password=x`;
      const { status } = await app.ask(path + query, { session: 'owner-1', method });
      expect(status).toBeLessThan(500);
    }
  }
  expect(writes).toEqual([]);
});

test('a part that does not answer is a sentence on a page that is there', async () => {
  const app = start();
  for (const path of ['/', '/mail', '/payments', '/visits', '/media', '/care', '/care/logs']) {
    const response = await app.ask(path, { session: 'owner-1' });
    expect([path, response.status]).toEqual([path, 200]);
    expect(await response.text()).toContain('does not run.');
  }
});

test('a session is asked for once in five seconds, and a sign-out is followed then', async () => {
  const app = start();
  const status = async () => (await app.ask('/care', { session: 'owner-1' })).status;
  await Promise.all([status(), status()]);
  expect(await status()).toBe(200);
  expect(app.ghost.asked).toEqual(['owner-1']);
  app.ghost.sessions.clear();
  app.clock.now += 4_999;
  expect(await status()).toBe(200);
  app.clock.now += 2;
  expect(await status()).toBe(404);
});

test('an address that brings one unknown session after another is not looked up for long', async () => {
  const app = start();
  for (let at = 0; at < 100; at++) await app.ask('/', { session: `guess-${at}` });
  expect(app.ghost.asked.length).toBe(30);
  const sent = { session: 'owner-1', headers: { 'x-forwarded-for': '203.0.113.10' } };
  expect((await app.ask('/care', sent)).status).toBe(200);
  // Who was known stays so, also behind that address.
  app.clock.now += 6_000;
  for (let at = 0; at < 100; at++) await app.ask('/', { session: `guess-${at}` });
  expect((await app.ask('/care', { session: 'owner-1' })).status).toBe(200);
  expect(app.lines.some(({ event }) => event === 'console.strangers')).toBe(true);
});

test('one network of IPv6 is one address, and who was not looked up is once there is room', async () => {
  const app = start();
  const from = (address: string) => ({ 'x-forwarded-for': address });
  for (let at = 0; at < 100; at++) {
    await app.ask('/', { session: `guess-${at}`, headers: from(`2001:db8:1:2::${at}`) });
  }
  expect(app.ghost.asked.length).toBe(30);
  const status = async (address: string) =>
    (await app.ask('/care', { session: 'owner-1', headers: from(address) })).status;
  expect(await status('2001:db8:1:2:3:4:5:6')).toBe(404);
  app.clock.now += 2_000;
  expect(await status('2001:db8:1:2:3:4:5:6')).toBe(200);
});

test('while Ghost does not answer there is nothing here, and the log says why', async () => {
  const app = start();
  app.ghost.isAway = true;
  expect((await app.ask('/', { session: 'owner-1' })).status).toBe(404);
  expect(app.lines.map(({ event }) => event)).toContain('ghost.unanswered');
});

test('a form larger than any of ours is not read', async () => {
  const app = start();
  const form = { token: 'x'.repeat(70_000) };
  const { status } = await app.ask('/care/backup', { session: 'owner-1', form, origin: ADMIN_URL });
  expect(status).toBe(413);
});
