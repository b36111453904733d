import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type AdminClient,
  createAdminClient,
  lexicalDocument,
  paragraph,
} from '@prosora/ghost-local';
import mailgun from 'mailgun.js';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { askEdge, type EdgeRequest, fetchThrough } from './edge.ts';
import {
  bringUpElsewhere,
  type ElsewhereStack,
  HOST,
  PORT,
  S3_PUBLIC_URL,
} from './elsewhere/elsewhere.ts';
import { ensureOwner, OWNER } from './people.ts';
import { prosoraIn } from './prosora.ts';

let stack: ElsewhereStack;
let admin: AdminClient;
const SITE = `https://${HOST}`;

const ask = (at: string, options: EdgeRequest = {}) =>
  askEdge(at, { host: HOST, ...options, port: PORT, ca: stack.ca });

/** What the stand-in of Mailgun took, in that order. */
async function sent(): Promise<Record<string, string[]>[]> {
  const answer = await fetch(`http://${await stack.addressOf('mailgun')}/sent`);
  return (await answer.json()) as Record<string, string[]>[];
}

/** Statements of whoever runs the database. */
const sql = (statements: string): Promise<string> =>
  stack.servers('exec', '-T', 'database', 'mysql', '-proot', '-N', 'blog', '-e', statements);

let repository = '';
const prosora = (...words: string[]) =>
  prosoraIn({ dir: stack.dir, env: { BACKUP_REPOSITORY: repository } }, words);

beforeAll(async () => {
  repository = await mkdtemp(path.join(tmpdir(), 'prosora-backups-'));
  stack = await bringUpElsewhere(inject('stack'));
  await ensureOwner(stack);
  admin = createAdminClient({ url: SITE }, { fetch: fetchThrough({ port: PORT, ca: stack.ca }) });
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await rm(repository, { recursive: true });
});

test('what is elsewhere has no container here', async () => {
  const running = (await stack.compose('ps', '--services')).split('\n');
  expect(running.sort()).toEqual(['analytics', 'caddy', 'console', 'ghost', 'pages', 'webhooks']);
});

test('the owner signs in with a code that came through Mailgun', async () => {
  const json = { username: OWNER.email, password: OWNER.password };
  // Who made the site is known from the first device, and asked on the second.
  await admin.request('POST', 'session', { json });
  admin = createAdminClient({ url: SITE }, { fetch: fetchThrough({ port: PORT, ca: stack.ca }) });
  await expect(admin.request('POST', 'session', { json })).rejects.toThrow(/403/);
  const code = await vi.waitUntil(
    async () => {
      const mail = (await sent()).findLast(({ to }) => to?.join().includes(OWNER.email));
      return /\b(\d{6})\b/.exec(`${mail?.['subject']} ${mail?.['text']}`)?.[1];
    },
    { timeout: 20_000, interval: 200 },
  );
  await admin.request('PUT', 'session/verify', { json: { token: code } });
  const { users } = await admin.request<{ users: { email: string }[] }>('GET', 'users/me');
  expect(users.map((user) => user.email)).toEqual([OWNER.email]);
});

test('Ghost keeps its tables in the database there and its lists in the Redis there, both over TLS', async () => {
  // Both servers refuse whoever speaks without it.
  const count = 'SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = "blog"';
  const login = ['mysql', '-h', '127.0.0.1', '-u', 'writer', '-pof@elsewhere', '-N', '-e', count];
  const tables = await stack.servers('exec', '-T', 'database', ...login);
  expect(Number(tables)).toBeGreaterThan(90);
  expect((await ask('/')).status).toBe(200);
  const tls = ['--tls', '--cacert', '/tls/ca.pem', '--sni', 'redis.elsewhere.test'];
  const keys = ['redis-cli', ...tls, '-a', 'of-elsewhere', '--no-auth-warning', 'keys', '*'];
  await vi.waitUntil(
    async () =>
      /^elsewhere\.localhost:postsPublic:/m.test(
        await stack.servers('exec', '-T', 'cache', ...keys),
      ),
    { timeout: 10_000, interval: 500 },
  );
});

test('a picture, a video and a file go into the bucket, and readers find them there', async () => {
  const picture = await sharp({
    create: { width: 1200, height: 800, channels: 3, background: '#7a93a8' },
  })
    .jpeg()
    .toBuffer();
  const bytes = new Uint8Array(picture);
  const image = await admin.images.upload({ name: 'fog.jpg', bytes });
  const media = await admin.media.upload({ name: 'fog.mp3', bytes });
  const file = await admin.files.upload({ name: 'fog.pdf', bytes });
  expect([image.url, media.url, file.url]).toEqual([
    expect.stringMatching(`^${S3_PUBLIC_URL}/content/images/\\d{4}/\\d{2}/fog`),
    expect.stringMatching(`^${S3_PUBLIC_URL}/content/media/\\d{4}/\\d{2}/fog`),
    expect.stringMatching(`^${S3_PUBLIC_URL}/content/files/\\d{4}/\\d{2}/fog`),
  ]);
  const s3 = await stack.addressOf('s3');
  const kept = async ({ url }: { url: string }) =>
    Buffer.from(await (await fetch(url.replace('s3.elsewhere.test', s3))).arrayBuffer());
  // Ghost writes pictures anew.
  expect((await sharp(await kept(image)).metadata()).width).toBe(1200);
  expect((await kept(media)).equals(picture)).toBe(true);
  expect((await kept(file)).equals(picture)).toBe(true);
  const post = await admin.posts.add({
    title: 'Fog over the harbour',
    feature_image: image.url,
    lexical: lexicalDocument(paragraph('It is gone by ten.')),
    status: 'published',
  });
  expect((await ask(new URL(post.url).pathname)).body.toString()).toContain(image.url);
});

test('mailgun.js, with which Ghost asks, takes the stand-in for Mailgun', async () => {
  const url = `http://${await stack.addressOf('mailgun')}`;
  const client = (key: string) =>
    new mailgun.default(FormData).client({ username: 'api', key, url });
  const mail = { from: 'a@example.org', to: ['b@example.org'], subject: 'Judged', text: 'It is.' };
  const { messages, events } = client('key-of-elsewhere');
  const { id, status } = await messages.create(HOST, mail);
  expect(status).toBe(200);
  const { items } = await events.get(HOST, { event: 'delivered' });
  expect(items.at(-1)).toMatchObject({
    recipient: 'b@example.org',
    message: { headers: { 'message-id': id?.slice(1, -1) } },
  });
  await expect(client('another').messages.create(HOST, mail)).rejects.toMatchObject({
    status: 401,
  });
});

test('a newsletter goes through Mailgun, with what is each reader’s own', async () => {
  const email = 'reader@example.org';
  await admin.members.add({ email, name: 'Ada Reader' });
  const [newsletter] = await admin.newsletters.browse();
  const draft = await admin.posts.add({
    title: 'By the other mail',
    lexical: lexicalDocument(paragraph('Read it twice.')),
  });
  const post = await admin.posts.publish(draft.id, { newsletter: newsletter?.slug ?? '' });
  const { id = '' } = post.email ?? {};
  await vi.waitUntil(async () => (await admin.emails.read(id)).status === 'submitted', {
    timeout: 60_000,
    interval: 500,
  });
  const mail = (await sent()).find(({ subject }) => subject?.[0] === 'By the other mail');
  expect(mail?.['to']).toEqual([email]);
  expect(JSON.parse(mail?.['recipient-variables']?.[0] ?? '')).toHaveProperty([email]);
  expect(mail?.['v:email-id']).toEqual([id]);
});

test('page views go to Tinybird, and Ghost’s charts come from there', async () => {
  const page = (await ask('/')).body.toString();
  const [, siteUuid] = /tb_site_uuid="([^"]+)"/.exec(page) ?? [];
  const hit = {
    timestamp: new Date().toISOString(),
    action: 'page_hit',
    version: '1',
    payload: {
      event_id: crypto.randomUUID(),
      site_uuid: siteUuid,
      locale: 'en-GB',
      location: 'GB',
      pathname: '/seen-from-elsewhere/',
      href: `${SITE}/seen-from-elsewhere/`,
    },
  };
  const taken = await ask('/.ghost/analytics/api/v1/page_hit?name=analytics_events', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    },
    body: JSON.stringify(hit),
  });
  expect(taken.status).toBe(202);
  const today = new Date().toISOString().slice(0, 10);
  const range = { date_from: today, date_to: today, timezone: 'Etc/UTC' };
  type Pages = { stats: { pathname: string }[] };
  await vi.waitUntil(
    async () => {
      const { stats } = await admin.stats<Pages>('top-content', range);
      return stats.some(({ pathname }) => pathname === '/seen-from-elsewhere/');
    },
    { timeout: 60_000, interval: 1_000 },
  );
});

test('the social web’s server hears of the site by the site’s own name', async () => {
  const finger = await ask('/.well-known/webfinger?resource=acct:index@elsewhere.localhost');
  expect(JSON.parse(finger.body.toString()).asked).toEqual({
    path: '/.well-known/webfinger?resource=acct:index@elsewhere.localhost',
    host: HOST,
    site: HOST,
    scheme: 'https',
    hasToken: false,
  });
  expect(JSON.parse((await ask('/.well-known/nodeinfo')).body.toString()).asked.host).toBe(HOST);
  // What Ghost asks when it starts with an owner, through the edge.
  await stack.compose('restart', 'ghost');
  await stack.compose('up', '--detach', '--wait', '--no-build', '--no-recreate');
  await vi.waitUntil(
    async () =>
      (await stack.servers('logs', '--no-log-prefix', 'social')).includes(
        `{"path":"/.ghost/activitypub/v1/site/","host":"${HOST}","site":"${HOST}","scheme":"https","hasToken":true}`,
      ),
    { timeout: 30_000, interval: 500 },
  );
});

test('the name with www leads to the one without', async () => {
  const { status, headers } = await ask('/a?b=c', { host: `www.${HOST}` });
  expect([status, headers.location]).toEqual([301, `${SITE}/a?b=c`]);
});

test('Ghost has its own options out of .env, and nothing else of it', async () => {
  const read = ['exec', '-T', 'ghost', 'cat', '/proc/1/environ'];
  const environment = (await stack.compose(...read)).split('\0');
  expect(environment).toContain('privacy__useGravatar=false');
  expect(environment).toContain('portal__url=it has a $ and a # in it');
  const names = environment.map((line) => line.split('=')[0]);
  const foreign =
    /^(DOMAIN|MEDIA|MAILER|S3_|MAILGUN_|TINYBIRD_|DATABASE_|REDIS_|COMPOSE_|SOCIAL|WWW)/;
  expect(names.filter((name) => foreign.test(name ?? ''))).toEqual([]);
  expect(
    environment.join().match(/(key|secret|admin|of)[-@]of-elsewhere|of@elsewhere/g),
  ).toBeNull();
});

test('a database elsewhere is in a backup by its dump, and the command says that this is all', async () => {
  const { code, output } = await prosora('backup', 'now');
  expect({ code, output }).toMatchObject({
    code: 0,
    output: expect.stringContaining('database is kept.'),
  });
  expect(await prosora('backup', 'minutes')).toMatchObject({ code: 0 });
  expect((await prosora('status')).output).toMatch(/^✔ minutes: Of the database elsewhere/m);
});

test('a user with no rights beside the database is told which a restore needs, and the site goes on', async () => {
  const { code, output } = await prosora('restore', '--only', 'database');
  expect([code, output]).toEqual([
    1,
    expect.stringContaining('granted ALL ON blog_restoring.* and ON blog_before_restore.*'),
  ]);
  expect((await ask('/')).status).toBe(200);
});

test('another folder does not restore over a database that is in use', async () => {
  await sql(
    'GRANT ALL ON blog_restoring.* TO writer; GRANT ALL ON blog_before_restore.* TO writer',
  );
  const { code, output } = await prosora('restore', '--from', repository);
  expect([code, output]).toEqual([1, expect.stringContaining('--keep-database')]);
  expect((await ask('/')).status).toBe(200);
});

test('what was deleted in it comes back, and what was there stays beside', async () => {
  const before = await sql('SELECT COUNT(*), MAX(title) FROM posts');
  await sql("DELETE FROM posts_meta; UPDATE posts SET title = 'Overwritten'");
  const { code, output } = await prosora('restore', '--only', 'database');
  expect({ code, output }).toMatchObject({ code: 0 });
  expect(await sql('SELECT COUNT(*), MAX(title) FROM posts')).toBe(before);
  expect(await sql('SELECT MAX(title) FROM blog_before_restore.posts')).toBe('Overwritten');
  expect((await ask('/')).status).toBe(200);
});
