import { hasTestServer, startTestServer } from '@prosora/durable/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  API_KEY,
  DOMAIN,
  type MailLab,
  mailsByAddress,
  membersOf,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../fixtures/bridge-with-resend.ts';

const SITES = [
  { name: 'one', apiKey: API_KEY, domains: [DOMAIN, 'fallback.example.com'] },
  { name: 'two', apiKey: 'key-of-the-other-site', domains: [DOMAIN] },
  { name: 'three', apiKey: 'key-of-the-third-site', domains: ['mg.two.example'] },
];

let lab: MailLab;
beforeAll(async () => {
  lab = await startMailLab({ bridge: { sites: SITES } });
});
afterAll(() => lab[Symbol.asyncDispose]());

function ask(path: string, apiKey: string, init: RequestInit = {}) {
  const authorization = `Basic ${Buffer.from(`api:${apiKey}`).toString('base64')}`;
  return fetch(lab.bridge.url + path, { ...init, headers: { authorization } });
}

const [one, two, three] = SITES.map(({ apiKey }) => apiKey) as [string, string, string];

describe('several Ghosts on one bridge', () => {
  test('with the same domain, id and members each get their own mail and their own events', async () => {
    const [member = ''] = membersOf(1);
    for (const key of [one, two, two]) {
      const body = newsletterForm([member]);
      const answer = await ask(`/v3/${DOMAIN}/messages`, key, { method: 'POST', body });
      expect(answer.status).toBe(200);
    }
    await until(() => lab.resend.inbox.list(member).length === 2);
    await until(() => lab.resend.pendingWebhooks() === 0);
    for (const key of [one, two]) {
      await until(async () => {
        const end = Math.floor(Date.now() / 1000) + 5;
        const page = await ask(`/v3/${DOMAIN}/events?begin=0&end=${end}&ascending=yes`, key);
        return ((await page.json()) as { items: unknown[] }).items.length === 1;
      });
    }
    expect(lab.resend.inbox.list(member)).toHaveLength(2);
  });

  test('one may name several domains, whose events are apart', async () => {
    const body = newsletterForm(['warm@example.org'], { 'v:email-id': 'warming' });
    const path = '/v3/fallback.example.com';
    expect((await ask(`${path}/messages`, one, { method: 'POST', body })).status).toBe(200);
    await until(async () => {
      const end = Math.floor(Date.now() / 1000) + 5;
      const page = await ask(`${path}/events?begin=0&end=${end}&ascending=yes`, one);
      const { items } = (await page.json()) as { items: { recipient: string }[] };
      return items.length === 1 && items[0]?.recipient === 'warm@example.org';
    });
    expect((await ask(`${path}/events`, two)).status).toBe(404);
  });

  test('none sends from a domain of another, and both are named', async () => {
    const from = '"One" <news@two.example>';
    const body = newsletterForm(['foreign@example.org'], { 'v:email-id': 'foreign', from });
    const send = (key: string) => ask('/v3/mg.two.example/messages', key, { method: 'POST', body });
    const mine = newsletterForm(['foreign@example.org'], { 'v:email-id': 'foreign', from });
    const answer = await ask(`/v3/${DOMAIN}/messages`, one, { method: 'POST', body: mine });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toEqual({
      error: expect.stringMatching(
        /"from" names two\.example, which belongs to the site "three"; this key is that of the site "one"/,
      ),
    });
    expect((await send(three)).status).toBe(200);
    await until(() => lab.resend.inbox.list('foreign@example.org').length === 1);
  });

  test('an address that complained to one of them is not taken off the list of Resend by another', async () => {
    const address = 'shared@example.org';
    const complainTo = async (key: string, path: string, id: string, from: string) => {
      const body = newsletterForm([address], { 'v:email-id': id, from });
      const before = lab.resend.inbox.list(address).length;
      expect((await ask(`${path}/messages`, key, { method: 'POST', body })).status).toBe(200);
      await until(() => lab.resend.inbox.list(address).length === before + 1);
      await until(() => lab.resend.pendingWebhooks() === 0);
      const mail = lab.resend.inbox.list(address).find(({ from: by }) => by.includes(from));
      lab.resend.inbox.complain(mail?.id ?? '');
      await until(() => lab.resend.pendingWebhooks() === 0);
    };
    const enable = async (key: string, path: string) => {
      for (const list of ['bounces', 'complaints', 'unsubscribes']) {
        const url = `${path}/${list}/${encodeURIComponent(address)}`;
        expect((await ask(url, key, { method: 'DELETE' })).status).toBe(200);
      }
    };
    const suppressed = () => lab.resend.inbox.suppressions().some(({ email }) => email === address);
    await complainTo(three, '/v3/mg.two.example', 'shared-3', 'news@two.example');
    expect(suppressed()).toBe(true);

    await enable(one, `/v3/${DOMAIN}`);
    expect(lab.log.filter((line) => line.includes('"outcome":"held"'))).toHaveLength(1);
    const { suppressions } = await lab.look();
    expect(await suppressions.list()).toEqual([]);
    expect(suppressed()).toBe(true);

    await enable(three, '/v3/mg.two.example');
    await until(() => !suppressed());
  });

  test('tags of a site filter its events', async () => {
    const tags = ['ghost-email', 'bulk-email', 'site-one'];
    const body = newsletterForm(['tagged@example.org'], { 'v:email-id': 'tagged', 'o:tag': tags });
    await ask(`/v3/${DOMAIN}/messages`, one, { method: 'POST', body });
    const end = Math.floor(Date.now() / 1000) + 30;
    const query = `begin=0&end=${end}&ascending=yes&tags=${encodeURIComponent('bulk-email AND site-one')}`;
    await until(async () => {
      const page = await ask(`/v3/${DOMAIN}/events?${query}`, one);
      const { items } = (await page.json()) as { items: { recipient: string }[] };
      return items.map(({ recipient }) => recipient).join() === 'tagged@example.org';
    });
  });
});

test.skipIf(!hasTestServer)(
  'two bridges on one database share the rate of Resend (needs mariadb-server)',
  async () => {
    await using server = await startTestServer();
    const settings = { limiter: 'sliding-log', requestsPerSecond: 5, autoDeliver: false } as const;
    await using own = await startMailLab({ place: await server.place('rate'), settings });
    const bridges = [own.bridge, await own.another()];
    const members = membersOf(1_500);
    for (const [at, bridge] of [...bridges, ...bridges, ...bridges].entries()) {
      const some = members.slice(at * 250, (at + 1) * 250);
      expect((await post({ bridge }, newsletterForm(some))).status).toBe(200);
    }
    const sent = () => own.resend.inbox.list().length === members.length;
    await vi.waitUntil(sent, { timeout: 60_000, interval: 50 });
    expect(mailsByAddress(own.resend)).toEqual(new Map(members.map((member) => [member, 1])));
    const calls = own.resend.requests.list(/batch/);
    // Each for itself they would have every second call refused.
    expect(calls.filter(({ status }) => status === 429).length).toBeLessThan(4);
  },
  120_000,
);
