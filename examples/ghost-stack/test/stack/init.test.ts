import { randomUUID } from 'node:crypto';
import { cp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  AdminApiError,
  type AdminClient,
  createAdminClient,
  lexicalDocument,
  DEFAULT_OWNER as OWNER,
  paragraph,
} from '@prosora/ghost-local';
import { seededRandom } from '@prosora/service/testing';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { askEdge, fetchThrough } from './edge.ts';
import { createKiller, prosoraIn } from './prosora.ts';
import { resendOf } from './resend-of-site.ts';
import { docker } from './stack.ts';

const { dir: clone, project: first, port: taken, env: own } = inject('stack');
const { soak, seed } = inject('proof');
const KILLS = soak ? 20 : 1;
/** No run takes longer here: neither the first, nor one that finds what is there. */
const LONGEST_MS = { first: 45_000, further: 15_000 };

const HOST = 'init.localhost';
const PORT = 19443;
const SITE = `https://${HOST}`;
const dir = `${clone}-init`;
const project = `${first}-init`;
const registry = own['PROSORA_REGISTRY'] ?? 'ghcr.io/prosora';
const place = { dir, env: { COMPOSE_PROJECT_NAME: project, PROSORA_REGISTRY: registry } };
const envFile = path.join(dir, '.env');

const ANSWERS = {
  DOMAIN: HOST,
  CDN: 'cloudflare',
  HTTP_PORT: 19080,
  HTTPS_PORT: PORT,
  COMPOSE_PROJECT_NAME: project,
  SITE_TITLE: 'Harbour Notes',
  OWNER_NAME: OWNER.name,
  OWNER_EMAIL: OWNER.email,
  OWNER_PASSWORD: OWNER.password,
};
const WHO = { username: OWNER.email, password: OWNER.password };
const INIT = ['init', '--profile', 'sandbox', '--answers', 'answers.json'];

const compose = (...words: string[]) =>
  docker(['compose', '--project-name', project, '--profile', '*', ...words], { cwd: dir });

const sql = (statement: string) =>
  compose(
    ...['exec', '-T', 'db', 'sh', '-c'],
    'MYSQL_PWD="$(cat /run/secrets/db_root_password)" mysql -N -u root ghost -e "$0"',
    statement,
  );

let ca = '';
/** What the site's readers, its owner and its vendors' pages are asked by. */
const ask: typeof fetch = (input, init) => fetchThrough({ port: PORT, ca })(input, init);
const { mailsTo, nextMailTo, call: atResend } = resendOf(HOST, ask);

beforeAll(async () => {
  for (const file of ['docker-compose.yml', 'examples/ghost-stack', 'prosora', '.env.example']) {
    await cp(path.join(clone, file), path.join(dir, file), { recursive: true });
  }
  await writeFile(path.join(dir, 'answers.json'), JSON.stringify(ANSWERS));
});
afterAll(async () => {
  await compose('down', '--volumes', '--timeout', '5');
  await rm(dir, { recursive: true });
});

test.each([
  ['a port that is taken', [`HTTPS_PORT=${taken}`], `Port ${taken} is taken.`],
  ['a typo', ['DOMIAN=blog.example.com'], 'Did you mean DOMAIN?'],
  ['a wrong domain', ['DOMAIN=https://init.localhost'], 'use the host name alone'],
  ['a secret that all can see', ['RESEND_API_KEY=re_x'], 'has no business on a command line'],
  ['keys that no vendor takes', ['--answers', 'wrong.env'], 'Nothing was changed'],
])('%s is told, and nothing is changed', async (_what, words, sentence) => {
  const wrong = 'CLOUDINARY_URL=cloudinary://1:a-secret@b\nRESEND_API_KEY=re_wrong\n';
  await writeFile(
    path.join(dir, 'wrong.env'),
    `DOMAIN=${HOST}\n${wrong}HTTP_PORT=19080\nHTTPS_PORT=${PORT}\n`,
  );
  const init = words.includes('--answers') ? ['init'] : INIT;
  const { code, output } = await prosoraIn(place, [...init, ...words]);
  expect(output).toContain(sentence);
  expect(output).not.toContain('a-secret');
  expect(code).not.toBe(0);
  await expect(stat(envFile)).rejects.toThrow('ENOENT');
  expect(await docker(['ps', '--all', '--quiet', '--filter', `name=${project}-`])).toBe('');
});

test('from a clone and a file of answers it is one command to a site', {
  timeout: 400_000,
}, async () => {
  const startedAt = performance.now();
  const { code, output } = await prosoraIn(place, INIT);
  console.log(`init took ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`);
  expect(code, output).toBe(0);
  for (const line of [
    /^✔ ports: 19080 and 19443 are free\.$/m,
    /^\+ DOMAIN=init\.localhost$/m,
    /^DKIM +TXT +resend\._domainkey /m,
    /^✔ Resend: It sends for the domain\.$/m,
    /^✔ Stripe: It reports to the site by we_/m,
    /^✔ owner: .+ owns the site\.$/m,
    /^✔ second sign-in: The code from the mail lets the owner in\.$/m,
    /^✔ Cloudflare: The rules and settings of the zone are as Ghost needs them\.$/m,
    /^✔ Ghost: It tells of changes, by the integration "Cloudflare"\.$/m,
  ]) {
    expect(output).toMatch(line);
  }
  expect(output).not.toContain(OWNER.password);
  expect((await stat(envFile)).mode & 0o777).toBe(0o600);
  const env = await readFile(envFile, 'utf8');
  expect(env).toMatch(/^RESEND_WEBHOOK_SECRET=.?whsec_/m);
  expect(env).toContain('# required: the host name that readers type.');
  expect(env).not.toContain(OWNER.password);
  ca = await compose('exec', '-T', 'caddy', 'cat', '/data/caddy/pki/authorities/local/root.crt');
});

test('the front page is there, and the owner comes in from two further devices', async () => {
  const page = await ask(`${SITE}/`);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Harbour Notes')]);
  for (const _device of [1, 2]) {
    const me = await (await signIn()).request('GET', 'users/me');
    expect(me).toMatchObject({ users: [{ email: OWNER.email }] });
  }
});

/** As from a device that Ghost has never seen, with the code from the mail. */
async function signIn(): Promise<AdminClient> {
  await forgetSignIns();
  const admin = createAdminClient({ url: SITE }, { fetch: ask });
  const before = (await mailsTo(OWNER.email)).length;
  const refusal = await admin.request('POST', 'session', { json: WHO }).catch((error) => error);
  expect(refusal).toBeInstanceOf(AdminApiError);
  const { subject } = await nextMailTo(OWNER.email, before);
  const token = /\d{6}/.exec(subject)?.[0];
  await admin.request('PUT', 'session/verify', { json: { token } });
  return admin;
}

/** Ghost takes a few in an hour, and these are many. */
const forgetSignIns = () => sql('DELETE FROM brute');

test('a newsletter is sent, and its fate comes back by the webhook that was made', async () => {
  const admin = await signIn();
  const [newsletter] = await admin.newsletters.browse();
  const email = `reader-${Date.now()}@example.org`;
  const newsletters = [{ id: newsletter?.id }];
  await admin.members.add({ email, name: 'Ada Reader', newsletters });
  const { id } = await admin.posts.add({
    title: 'Fog over the harbour',
    lexical: lexicalDocument(paragraph('It came at five.')),
  });
  await admin.posts.publish(id, { newsletter: newsletter?.slug ?? '' });
  expect(await nextMailTo(email, 0)).toMatchObject({ subject: 'Fog over the harbour' });
  const [webhook] = await atResend('webhooks');
  expect(webhook).toMatchObject({ endpoint: `${SITE}/webhooks/resend`, status: 'enabled' });
  await vi.waitUntil(
    async () => {
      const events = await atResend(`webhooks/${webhook?.['id']}/events?limit=100`);
      const delivered = events.filter(({ type }) => type === 'email.delivered');
      return delivered.length > 0 && delivered.every(({ status }) => status === 'success');
    },
    { timeout: 30_000, interval: 500 },
  );
});

test('what is published is on the front page that Cloudflare keeps, since Ghost tells of it', async () => {
  const frontPage = async () => {
    const page = await ask(`https://cloudflare.sandbox.${HOST}/`);
    return { isKept: page.headers.get('cf-cache-status') === 'HIT', text: await page.text() };
  };
  await vi.waitUntil(async () => (await frontPage()).isKept, { timeout: 20_000, interval: 200 });
  const admin = await signIn();
  const { id } = await admin.posts.add({ title: 'Gulls on the mole' });
  await admin.posts.publish(id);
  const isThere = async () => (await frontPage()).text.includes('Gulls on the mole');
  await vi.waitUntil(isThere, { timeout: 20_000, interval: 200 });
  expect(await compose('logs', '--no-log-prefix', 'cdn')).toContain('"event":"webhook.taken"');
  const { output } = await prosoraIn(place, ['doctor']);
  expect(output).toMatch(/^✔ ghost: changes: Ghost tells of each/m);
  expect(output).toMatch(/^✔ cdn: zone: The token reads init\.localhost/m);
});

test('a page view shows in the charts', async () => {
  const admin = await signIn();
  const uuid = await sql("SELECT value FROM settings WHERE `key` = 'site_uuid'");
  const hit = {
    timestamp: new Date().toISOString(),
    action: 'page_hit',
    version: '1',
    payload: {
      event_id: randomUUID(),
      site_uuid: uuid,
      locale: 'en-GB',
      location: 'GB',
      pathname: '/counted/',
      href: `${SITE}/counted/`,
    },
  };
  const { status } = await askEdge('/.ghost/analytics/api/v1/page_hit?name=analytics_events', {
    host: HOST,
    port: PORT,
    ca,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    },
    body: JSON.stringify(hit),
  });
  expect(status).toBe(202);
  const today = new Date().toISOString().slice(0, 10);
  await vi.waitUntil(
    async () => {
      const range = { date_from: today, date_to: today, timezone: 'Etc/UTC' };
      const { stats } = await admin.stats<{ stats: { pathname: string }[] }>('top-content', range);
      return stats.some(({ pathname }) => pathname === '/counted/');
    },
    { timeout: 90_000, interval: 1_000 },
  );
});

test('run again with one answer it changes that and nothing else', async () => {
  const before = await readFile(envFile, 'utf8');
  const { code, output } = await prosoraIn(place, ['init', 'TIMEZONE=Europe/Berlin']);
  expect(code, output).toBe(0);
  expect(output).toContain('✔ owner: The site has one.');
  const after = await readFile(envFile, 'utf8');
  expect(after).toBe(before.replace('# TIMEZONE=UTC', 'TIMEZONE=Europe/Berlin'));
  const rehearsal = await prosoraIn(place, ['init', 'TIMEZONE=UTC', '--dry-run']);
  expect(rehearsal.output).toContain('- TIMEZONE=Europe/Berlin\n+ TIMEZONE=UTC');
  expect(await readFile(envFile, 'utf8')).toBe(after);
});

test('while mail does not go out Ghost asks for no code, and once it does it asks again', async () => {
  const setting = async (changes: object) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(changes);
    await ask(`https://sandbox.${HOST}/resend/settings`, { method: 'PATCH', headers, body });
  };
  await setting({ anyDomain: false, dnsRecords: 'missing' });
  // What was verified once stays so.
  for (const { id } of await atResend('domains')) await atResend(`domains/${id}`, 'DELETE');
  await forgetSignIns();
  const { output } = await prosoraIn(place, INIT);
  expect(output).toMatch(/^! Resend: The domain is "pending" and sends nothing yet\./m);
  expect(output).toMatch(/^! second sign-in: Ghost asks for no code/m);
  const admin = createAdminClient({ url: SITE }, { fetch: ask });
  await admin.request('POST', 'session', { json: WHO });
  await setting({ dnsRecords: 'published' });
  await forgetSignIns();
  const again = await prosoraIn(place, INIT);
  expect(again.output).toContain('✔ second sign-in: The code from the mail lets the owner in.');
  await signIn();
});

test('once mail works, Ghost asks for a code at every sign-in when that is wanted', async () => {
  await forgetSignIns();
  const { output } = await prosoraIn(place, [...INIT, 'REQUIRE_EMAIL_MFA=yes']);
  expect(output).toContain('✔ sign-ins: Each asks for a code by mail from now on.');
  expect(await sql("SELECT value FROM settings WHERE `key` = 'require_email_mfa'")).toBe('true');
});

test(`init that is killed is ended by the next one (${KILLS} kills, seed ${seed})`, {
  timeout: KILLS * 400_000,
}, async () => {
  const random = seededRandom(seed);
  const killFirst = createKiller(random, LONGEST_MS.first, place);
  const killFurther = createKiller(random, LONGEST_MS.further, place);
  const fromNothing = async () => {
    await compose('down', '--volumes', '--timeout', '5');
    await rm(envFile, { force: true });
  };
  for (let kill = 0; kill < KILLS; kill += 1) {
    const isFirst = (seed + kill) % 3 === 0;
    const ms = await (isFirst ? killFirst(INIT, fromNothing) : killFurther(INIT, async () => {}));
    const { code, output } = await prosoraIn(place, INIT);
    console.log(`kill ${kill} of init after ${ms} ms: ${code}`);
    expect({ kill, ms, code, output }).toMatchObject({ code: 0 });
    ca = await compose('exec', '-T', 'caddy', 'cat', '/data/caddy/pki/authorities/local/root.crt');
    expect((await ask(`${SITE}/`)).status).toBe(200);
  }
});

test('uninstall leaves the folder, and nothing at Docker', async () => {
  const job = ['--label', `prosora.ops=${project}`, '--volume', `${project}_db_data:/data`];
  await docker(['run', '--detach', '--name', `${project}-job`, ...job, 'node:24-alpine', 'true']);
  const { code, output } = await prosoraIn(place, ['uninstall', '--yes']);
  expect(code, output).toBe(0);
  for (const kind of ['container', 'volume', 'network']) {
    expect(await docker([kind, 'ls', '--quiet', '--filter', `name=${project}`]), kind).toBe('');
  }
  expect((await stat(envFile)).isFile()).toBe(true);
});
