import { createAdminClient } from '@prosora/ghost-local';
import { seededRandom } from '@prosora/service/testing';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { openRepository } from './own-repository.ts';
import { ensureOwner, OWNER } from './people.ts';
import { prosora, prosoraKilledAfter } from './prosora.ts';
import { containerOf, docker, exec, imageOf, inspect, sql } from './stack.ts';

const { soak, seed } = inject('proof');
const { port, project } = inject('stack');
const SITE = 'http://127.0.0.1:2369';
const STAGING = `${project}-staging`;
const IMAGE = '/content/images/2026/11/staging.png';
/** A PNG of one pixel. */
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const KILLS = soak ? 12 : 1;
/** About as long as one takes to come up. */
const LONGEST_MS = 40_000;

const LOGIN = 'MYSQL_PWD="$(cat /run/secrets/db_root_password)" mysql -N -u root ghost -e';
const IS_TOUCHED = "`key` IN ('require_email_mfa', 'stripe_secret_key', 'stripe_publishable_key')";

let own: Awaited<ReturnType<typeof openRepository>>;

beforeAll(async () => {
  own = await openRepository();
  process.env['BACKUP_REPOSITORY'] = own.folder;
  await ensureOwner();
  const file = `/var/lib/ghost${IMAGE}`;
  const write = `mkdir -p $(dirname ${file}) && echo ${PIXEL} | base64 -d > ${file}`;
  await exec('ghost', 'sh', '-c', write);
  // Such a site asks for a code that it mails, at every sign-in, and has keys of Stripe's.
  const was = await sql(`SELECT \`key\`, QUOTE(value) FROM settings WHERE ${IS_TOUCHED}`);
  const set = (name: string, value: string) =>
    sql(`UPDATE settings SET value = ${value} WHERE \`key\` = '${name}'`);
  await set('require_email_mfa', "'true'");
  await set('stripe_secret_key', "'sk_live_of_the_site'");
  await set('stripe_publishable_key', "'pk_live_of_the_site'");
  expect(await prosora(['backup', 'now'])).toMatchObject({ code: 0 });
  for (const [name = '', value = ''] of was.split('\n').map((line) => line.split('\t'))) {
    await set(name, value);
  }
});

afterAll(async () => {
  await prosora(['staging', 'down']);
  delete process.env['BACKUP_REPOSITORY'];
  await exec('ghost', 'rm', `/var/lib/ghost${IMAGE}`);
  await own.remove();
});

/** What Docker still has of a project. */
async function leftOf(name: string): Promise<string> {
  const filter = ['--quiet', '--filter', `label=com.docker.compose.project=${name}`];
  const found = [
    await docker(['ps', '--all', ...filter]),
    await docker(['network', 'ls', ...filter]),
    await docker(['volume', 'ls', ...filter]),
  ];
  return found.join('');
}

test(`what a killed run left is thrown away by the next (${KILLS} kills, seed ${seed})`, async () => {
  const random = seededRandom(seed);
  for (let kill = 0; kill < KILLS; kill += 1) {
    await prosoraKilledAfter(random() * LONGEST_MS, ['staging', 'up']);
    expect(await prosora(['staging', 'down'])).toMatchObject({ code: 0 });
    expect(await leftOf(STAGING)).toBe('');
  }
});

test('staging is the site at a port of this machine: its page, its pictures, and Admin without a mail', async () => {
  const up = await prosora(['staging', 'up']);
  expect(up).toMatchObject({ code: 0, output: expect.stringContaining(`${SITE}/ghost/`) });
  const page = await fetch(`${SITE}/`);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain(`<link rel="canonical" href="${SITE}/">`);
  const image = await fetch(SITE + IMAGE);
  expect(Buffer.from(await image.arrayBuffer()).toString('base64')).toBe(PIXEL);
  const elsewhere = await fetch(`${SITE}/content/images/of-the-cloud.png`, { redirect: 'manual' });
  expect([elsewhere.status, elsewhere.headers.get('location')]).toEqual([
    302,
    expect.stringMatching('^https://res.cloudinary.com/closed/'),
  ]);
  const admin = createAdminClient({ url: SITE });
  const json = { username: OWNER.email, password: OWNER.password };
  await admin.request('POST', 'session', { json });
  const { users } = await admin.request<{ users: { email: string }[] }>('GET', 'users/me');
  expect(users.map(({ email }) => email)).toEqual([OWNER.email]);
  const keys = "SELECT COUNT(*) FROM settings WHERE value LIKE '__live_of_the_site'";
  expect(await docker(['exec', `${STAGING}-db-1`, 'sh', '-c', `${LOGIN} "$0"`, keys])).toBe('0');
  expect((await prosora(['staging'])).output).toContain(`The site     ${SITE}/`);
  expect(await prosora(['staging', 'up'])).toMatchObject({
    code: 1,
    output: expect.stringContaining('Staging is there already'),
  });
});

test('nothing goes out of it: not to the site, not to this machine, not to the stand-ins', async () => {
  // Other tests make networks and remove them, some between the two questions.
  const gateways = await vi.waitFor(async () => {
    const networks = (await docker(['network', 'ls', '--quiet'])).split('\n');
    const format = '{{range .IPAM.Config}}{{.Gateway}} {{end}}';
    return await docker(['network', 'inspect', ...networks, '--format', format]);
  });
  const addressesOf = async (container: string) =>
    Object.values((await inspect(container)).NetworkSettings.Networks).map((at) => at.IPAddress);
  const sandbox = await addressesOf(containerOf('sandbox'));
  const targets = [...(await addressesOf(containerOf('caddy'))), '1.1.1.1'].map(
    (host) => `${host} 443`,
  );
  targets.push(
    ...(gateways.match(/\S+/g)?.map((host) => `${host} ${port}`) ?? []),
    ...sandbox.flatMap((host) => [4100, 4101, 4102, 4103].map((port) => `${host} ${port}`)),
  );
  const dial = `const { connect } = require('net');
    for (const target of process.argv.slice(1)) {
      const [host, port] = target.split(' ');
      const socket = connect({ host, port, timeout: 2000 });
      socket.on('connect', () => { console.log(target); socket.destroy(); });
      socket.on('timeout', () => socket.destroy()).on('error', () => {});
    }`;
  const reachedFrom = async (container: string, to: readonly string[]) =>
    (await docker(['exec', container, 'node', '-e', dial, ...to])).split('\n').filter(Boolean);
  // The site's own Ghost reaches some of them.
  expect(await reachedFrom(containerOf('ghost'), targets)).not.toEqual([]);
  expect(await reachedFrom(`${STAGING}-ghost-1`, targets)).toEqual([]);
  // The forwarder has this machine for a neighbour, and calls nobody but Ghost.
  const forwarder = `${STAGING}-forwarder-1`;
  const beyond = targets.filter((target) => !gateways.includes(target.split(' ')[0] ?? ''));
  expect(await reachedFrom(forwarder, [...beyond, 'ghost 2368'])).toEqual(['ghost 2368']);
  expect(await docker(['exec', forwarder, 'cat', '/proc/sys/net/ipv4/ip_forward'])).toBe('0');
});

if (soak) {
  test('a drill beside it proves the backup, and staging stays', async () => {
    expect(await prosora(['drill'])).toMatchObject({ code: 0 });
    expect((await fetch(`${SITE}/`)).status).toBe(200);
  });
}

test('down leaves nothing of it', async () => {
  expect(await prosora(['staging', 'down'])).toMatchObject({ code: 0 });
  expect(await leftOf(STAGING)).toBe('');
  expect((await prosora(['staging'])).output).toContain('There is no staging');
});

if (soak) {
  test('another Ghost is tried without the site’s own image being touched', async () => {
    const idOf = () => docker(['image', 'inspect', '--format', '{{.Id}}', imageOf('ghost')]);
    const before = await idOf();
    const up = await prosora(['staging', 'up', '--ghost', '6.65.0', '--port', '2370']);
    expect(up).toMatchObject({
      code: 0,
      output: expect.stringContaining('on ghost:6.65.0-alpine'),
    });
    expect((await fetch('http://127.0.0.1:2370/')).status).toBe(200);
    expect((await inspect(`${STAGING}-ghost-1`)).Config).toMatchObject({
      Image: `${STAGING}/ghost:trial`,
    });
    expect(await prosora(['staging', 'down'])).toMatchObject({ code: 0 });
    expect(await docker(['image', 'ls', '--quiet', `${STAGING}/ghost`])).toBe('');
    expect(await idOf()).toBe(before);
  });
}
