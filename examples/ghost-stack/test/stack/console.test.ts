import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { beforeAll, expect, inject, test } from 'vitest';
import { askEdge, type EdgeAnswer, fetchThroughEdge } from './edge.ts';
import { signIn } from './people.ts';
import { DOMAIN, exec } from './stack.ts';

const BASE = '/ghost/prosora';

/** The owner's session, as a browser has it. */
let cookie = '';
beforeAll(async () => {
  const heard: string[] = [];
  const fetch: typeof fetchThroughEdge = async (input, init) => {
    const answer = await fetchThroughEdge(input, init);
    heard.push(...answer.headers.getSetCookie());
    return answer;
  };
  await signIn(`https://${DOMAIN}`, fetch);
  cookie = heard.at(-1)?.split(';')[0] ?? '';
});

const read = (path: string, headers: Record<string, string> = { cookie }): Promise<EdgeAnswer> =>
  askEdge(BASE + path, { headers });

/** What comes first of an answer that goes on for minutes. */
async function beginningOf(path: string): Promise<string> {
  const { ca, port } = inject('stack');
  const at = { host: '127.0.0.1', port, servername: DOMAIN, ca, agent: false };
  const asked = request({ ...at, path: BASE + path, headers: { host: DOMAIN, cookie } }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  for await (const chunk of answer.setEncoding('utf8')) return chunk;
  return '';
}

test('whoever is not signed in finds nothing there', async () => {
  for (const headers of [{}, { cookie: 'ghost-admin-api-session=s%3Aforged.signature' }]) {
    for (const path of ['/', '/mail', '/care', '/live', '/look.css']) {
      expect((await read(path, headers)).status).toBe(404);
    }
  }
});

test.each([
  '/',
  '/mail',
  '/payments',
  '/visits',
  '/media',
  '/care',
  '/care/updates',
  '/care/findings',
])('the owner reads %s, of which every part answers', async (path) => {
  const { status, headers, body } = await read(path);
  expect(status).toBe(200);
  expect(body.toString()).not.toMatch(/does not answer|do not answer|cannot be reached/);
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'referrer-policy': 'same-origin',
    'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
  });
  expect(String(headers['content-security-policy'])).not.toContain(DOMAIN);
});

test('a page that is open hears of changes as they come', async () => {
  expect(await beginningOf('/live?page=/')).toMatch(/^event: main$/m);
});

test('a form of more than 64 KB is not even read', async () => {
  const form = { method: 'POST', headers: { cookie }, body: 'x'.repeat(64 * 1024 + 1) };
  expect((await askEdge(`${BASE}/mail/pause`, form)).status).toBe(413);
});

test('it takes little memory, and no token of it opens what another was given', async () => {
  const tokens = await exec(
    'console',
    'sh',
    '-c',
    'for file in /run/secrets/*_token; do cat $file; echo; done',
  );
  const given = tokens.split('\n').filter(Boolean);
  expect(new Set(given).size).toBe(given.length);
  const ask = (url: string, token: string) => `
    fetch('${url}/operator/v1/status', { headers: { authorization: 'Bearer ' + require('fs').readFileSync('/run/secrets/${token}', 'utf8') } })
      .then(({ status }) => console.log(status))`;
  const asked = (url: string, token: string) => exec('console', 'node', '-e', ask(url, token));
  expect(await asked('http://mail.watch:4201', 'mail_token')).toBe('200');
  expect(await asked('http://webhooks.watch:4301', 'mail_token')).toBe('401');
});
