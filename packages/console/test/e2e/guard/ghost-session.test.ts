import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import {
  bootGhost,
  createAdminClient,
  DEFAULT_OWNER,
  type RunningGhost,
} from '@prosora/ghost-local';
import { createLogger, type Listener, listen, readOptions } from '@prosora/service';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Console, startConsole } from '../../../src/console.ts';
import { consoleOptions } from '../../../src/options.ts';
import { type Browser, openBrowser } from '../../fixtures/browser.ts';

const PASSWORD = DEFAULT_OWNER.password;
const TOKEN = 'token-of-ops-that-is-long-enough-for-it';
/** What a session is remembered for, and a little. */
const KNOWN_MS = 5_200;

let ghost: RunningGhost;
let ops: Listener;
let shown: Console;
const acted: string[] = [];
const lines: string[] = [];

beforeAll(async () => {
  ghost = await bootGhost();
  ops = await listen(createOps(), { host: '127.0.0.1', port: 0 });
  const values = readOptions(consoleOptions, {
    PROSORA_CONSOLE_ADMIN_URL: ghost.url,
    PROSORA_CONSOLE_GHOST_URL: ghost.listenUrl,
    PROSORA_CONSOLE_OPS_URL: ops.url,
    PROSORA_CONSOLE_OPS_TOKEN: TOKEN,
    PROSORA_CONSOLE_PORT: '0',
    PROSORA_CONSOLE_PRIVATE_PORT: '0',
  });
  const destination = { write: (line: string) => void lines.push(line) };
  shown = await startConsole(values, createLogger({ name: 'console', destination }));
  await createAdminClient(ghost).setup();
});

afterAll(async () => {
  await shown?.stop();
  await ops?.close(0);
  await ghost?.[Symbol.asyncDispose]();
});

/** As much of it as the page of backups asks, over the wire. */
function createOps(): Server {
  return createServer((request, response) => {
    const name = request.url?.split(/[/?]/).at(3) ?? '';
    if (request.method === 'POST') acted.push(`${name} ${request.headers['x-prosora-caller']}`);
    const status = { backups: {}, jobs: [], running: null, metrics: [] };
    const answers: Record<string, object> = {
      status,
      edge: { past: null },
      backup: { isNext: true },
      drill: { isNext: false },
    };
    const body = answers[name] ?? { items: [] };
    const code = name === 'media' ? 500 : 200;
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
}

const newBrowser = (): Browser =>
  openBrowser({ consoleUrl: shown.url, ghostUrl: ghost.listenUrl, origin: ghost.url });

async function signIn(email = DEFAULT_OWNER.email, password = PASSWORD): Promise<Browser> {
  const browser = newBrowser();
  const { status } = await browser.ghost('POST', 'session/', { username: email, password });
  expect(status).toBe(201);
  return browser;
}

/** A user of the site with a role, who accepted the invitation. */
async function invite(owner: Browser, roleName: string): Promise<{ email: string; id: string }> {
  const email = `${roleName.toLowerCase()}@example.com`;
  const [role] = await ghost.sql('SELECT id FROM roles WHERE name = ?', [roleName]);
  await owner.ghost('POST', 'invites/', { invites: [{ email, role_id: role?.['id'] }] });
  const [row] = await ghost.sql('SELECT token FROM invites WHERE email = ?', [email]);
  const invitation = [{ name: roleName, email, password: PASSWORD, token: row?.['token'] }];
  await newBrowser().ghost('POST', 'authentication/invitation/', { invitation });
  const [user] = await ghost.sql('SELECT id FROM users WHERE email = ?', [email]);
  return { email, id: String(user?.['id']) };
}

describe('who sees the console', () => {
  let owner: Browser;

  beforeAll(async () => {
    owner = await signIn();
  });

  test('the owner does, and no cookie is changed by looking', async () => {
    const before = owner.session;
    const response = await owner.get('/');
    expect(response.status).toBe(200);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(response.text).toContain(`${DEFAULT_OWNER.name}, Owner`);
    expect(owner.session).toBe(before);
  });

  test.each(['Administrator', 'Editor', 'Author', 'Contributor'])('%s', async (role) => {
    const { email } = await invite(owner, role);
    const { status } = await (await signIn(email)).get('/');
    expect(status).toBe(role === 'Administrator' ? 200 : 404);
  });

  test('an administrator who is suspended does not, from the next seconds on', async () => {
    const [user] = await ghost.sql('SELECT id FROM users WHERE email = ?', [
      'administrator@example.com',
    ]);
    const browser = await signIn('administrator@example.com');
    expect((await browser.get('/')).status).toBe(200);
    const users = [{ id: user?.['id'], status: 'inactive' }];
    expect((await owner.ghost('PUT', `users/${user?.['id']}/`, { users })).status).toBe(200);
    await wait(KNOWN_MS);
    expect((await browser.get('/')).status).toBe(404);
  });

  test('nobody does without a cookie, or with one that another site signed', async () => {
    expect((await newBrowser().get('/')).status).toBe(404);
    const id = decodeURIComponent(owner.session).slice(2).split('.')[0] ?? '';
    const signature = createHmac('sha256', randomBytes(32)).update(id).digest('base64');
    const forged = encodeURIComponent(`s:${id}.${signature.replace(/=+$/, '')}`);
    const { status } = await fetch(`${shown.url}/ghost/prosora/`, {
      headers: { cookie: `ghost-admin-api-session=${forged}` },
    });
    expect(status).toBe(404);
  });

  test('nobody does from a page of another site', async () => {
    const { status } = await fetch(`${shown.url}/ghost/prosora/`, {
      headers: {
        cookie: `ghost-admin-api-session=${owner.session}`,
        origin: 'https://evil.example',
      },
    });
    expect(status).toBe(404);
  });

  test('who signs out of Ghost Admin sees nothing within seconds', async () => {
    const browser = await signIn();
    expect((await browser.get('/')).status).toBe(200);
    await browser.ghost('DELETE', 'session/');
    await wait(KNOWN_MS);
    expect((await browser.get('/')).status).toBe(404);
  });
});

describe('the password again', () => {
  const sessionsOf = async () =>
    Number((await ghost.sql('SELECT COUNT(*) AS n FROM sessions'))[0]?.['n']);

  test('a right one makes the same session go on under another cookie, and no second one', async () => {
    const owner = await signIn();
    const before = owner.session;
    const count = await sessionsOf();
    const done = await owner.post('/care/backup', { password: PASSWORD });
    expect([done.status, done.headers.get('location')]).toEqual([303, '/ghost/prosora/care']);
    expect(owner.session).not.toBe(before);
    expect(await sessionsOf()).toBe(count);
    expect(acted.at(-1)).toBe(
      `backup ${DEFAULT_OWNER.name} <${DEFAULT_OWNER.email}> in the console`,
    );
    // Ghost Admin goes on with it.
    expect((await owner.ghost('GET', 'users/me/')).status).toBe(200);
    expect((await owner.post('/care/drill', {})).status).toBe(303);
    await wait(KNOWN_MS);
    const old = { headers: { cookie: `ghost-admin-api-session=${before}` } };
    expect((await fetch(`${shown.url}/ghost/prosora/`, old)).status).toBe(404);
  });

  test('a wrong one does nothing, and the session stays as it was', async () => {
    const owner = await signIn();
    const before = owner.session;
    const count = acted.length;
    const refused = await owner.post('/care/backup', { password: 'not the password' });
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('That is not your password.');
    expect([owner.session, acted.length]).toEqual([before, count]);
    expect((await owner.get('/')).status).toBe(200);
  });

  describe('where Ghost sends a code to a browser that it does not know', () => {
    let owner: Browser;
    let late: Browser;
    beforeAll(async () => {
      [owner, late] = [await signIn(), await signIn()];
      await ghost.restart({ config: { security: { staffDeviceVerification: true } } });
    });

    test('one that it knows needs none', async () => {
      const stranger = newBrowser();
      const credentials = { username: DEFAULT_OWNER.email, password: PASSWORD };
      const signed = await stranger.ghost('POST', 'session/', credentials);
      expect(signed.status).toBe(403);
      expect((await stranger.get('/')).status).toBe(404);
      const shownBefore = (await owner.get('/care')).status;
      const done = await owner.post('/care/backup', { password: PASSWORD });
      expect([shownBefore, done.status]).toEqual([200, 303]);
    });

    test('and of everybody, who is signed out meanwhile needs one too', async () => {
      const wantCodes = (value: boolean) =>
        owner.ghost('PUT', 'settings/', { settings: [{ key: 'require_email_mfa', value }] });
      expect((await wantCodes(true)).status).toBe(200);
      try {
        await late.post('/care/backup', {});
        await late.ghost('DELETE', 'session/');
        const count = acted.length;
        // The console still remembers whose session it was.
        const refused = await late.post('/care/backup', { password: PASSWORD });
        expect([refused.status, acted.length]).toEqual([403, count]);
        expect(refused.text).toContain('Ghost wants to be sure of this browser');
        expect((await owner.post('/care/backup', { password: PASSWORD })).status).toBe(303);
      } finally {
        await wantCodes(false);
      }
    });
  });

  test("Ghost's limit of wrong passwords is said with how long it takes", async () => {
    const limit = { freeRetries: 1, minWait: 3_600_000, maxWait: 3_600_000, lifetime: 3_600 };
    await ghost.restart({
      config: { security: { staffDeviceVerification: false }, spam: { user_login: limit } },
    });
    const owner = await signIn();
    let text = '';
    for (let at = 0; at < 4; at++) {
      text = (await owner.post('/care/backup', { password: 'not the password' })).text;
    }
    expect(text).toMatch(/minutes|hour/);
    expect(lines.join('')).toContain('"outcome":"limited"');
  });
});

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
