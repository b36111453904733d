import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { askEdge } from './edge.ts';
import { DOMAIN, exec } from './stack.ts';

const run = promisify(execFile);

test('plain http is sent to https, and the certificate is the one of the local authority', async () => {
  const redirect = await new Promise<{ status?: number | undefined; to?: string | undefined }>(
    (resolve, reject) => {
      httpRequest(
        { host: '127.0.0.1', path: '/about/', headers: { host: DOMAIN } },
        ({ statusCode: status, headers: { location: to } }) => resolve({ status, to }),
      )
        .on('error', reject)
        .end();
    },
  );
  expect(redirect).toEqual({ status: 308, to: `https://${DOMAIN}/about/` });
  // askEdge trusts that authority alone.
  expect((await askEdge('/')).status).toBe(200);
});

const curl = await run('curl', ['--version']);

test.skipIf(!curl.stdout.includes('HTTP3'))(
  'HTTP/3 is offered and answers (needs a curl that speaks it)',
  async () => {
    const file = path.join(inject('stack').dir, 'ca.pem');
    await writeFile(file, inject('stack').ca);
    expect((await askEdge('/')).headers['alt-svc']).toContain('h3=":443"');
    const { stdout } = await run('curl', [
      ...['--silent', '--show-error', '--http3-only', '--cacert', file],
      ...['--resolve', `${DOMAIN}:443:127.0.0.1`, '--output', '/dev/null'],
      ...['--write-out', '%{http_version} %{response_code}', `https://${DOMAIN}/`],
    ]);
    expect(stdout).toBe('3 200');
  },
);

test.each(['zstd', 'gzip'])('pages come compressed as %s to who asks for it', async (encoding) => {
  const { headers } = await askEdge('/', { headers: { 'accept-encoding': encoding } });
  expect(headers['content-encoding']).toBe(encoding);
});

test('hashed files may be kept for a year, others that Ghost says nothing of for an hour', async () => {
  const { body } = await askEdge('/');
  const asset = /\/assets\/[^"]+\?v=[^"]+/.exec(body.toString())?.[0] ?? '';
  expect((await askEdge(asset)).headers['cache-control']).toBe('public, max-age=31536000');
  const sheet = await askEdge('/public/cards.min.css');
  expect({ status: sheet.status, kept: sheet.headers['cache-control'] }).toEqual({
    status: 200,
    kept: expect.stringMatching(/^public, max-age=(3600|31536000)$/),
  });
  // What Ghost says stays.
  expect((await askEdge('/')).headers['cache-control']).toBe('public, max-age=0');
});

test.each(['/', '/ghost/', '/rss/'])(
  '%s carries the security headers, and none that tells what runs here',
  async (at) => {
    const { headers } = await askEdge(at);
    expect(headers).toMatchObject({
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'strict-origin-when-cross-origin',
      'content-security-policy': expect.stringContaining(
        `frame-ancestors 'self' https://${DOMAIN}`,
      ),
    });
    for (const name of ['server', 'via', 'x-powered-by']) expect(headers[name]).toBeUndefined();
  },
);

test('page views of 20 KB go to the collector, larger ones nowhere', async () => {
  const post = (bytes: number) =>
    askEdge('/.ghost/analytics/api/v1/page_hit?name=analytics_events', {
      method: 'POST',
      // Without one the collector answers before the body is there.
      headers: { 'content-type': 'application/json', 'user-agent': 'Mozilla/5.0' },
      body: JSON.stringify({ filler: 'x'.repeat(bytes - 13) }),
    });
  // Read whole and then refused, as it is no page view.
  expect((await post(20 * 1024)).status).toBe(400);
  expect((await post(20 * 1024 + 1)).status).toBe(413);
  // Runs of automations may be larger, and need Ghost's key.
  const sync = await askEdge('/.ghost/analytics/api/v1/tinybird-sync', {
    method: 'POST',
    body: 'x'.repeat(20 * 1024 + 1),
  });
  expect(sync.status).toBe(401);
});

test('an event of Stripe reaches the inbox byte by byte', async () => {
  const vendors = JSON.parse(
    (await askEdge('/vendors', { host: `sandbox.${DOMAIN}` })).body.toString(),
  );
  const body = JSON.stringify(
    {
      id: `evt_${Date.now()}`,
      object: 'event',
      type: 'plan.created',
      api_version: '2020-08-27',
      created: 1,
      livemode: false,
      data: { object: { object: 'plan' } },
    },
    null,
    2,
  );
  const post = (text: string) => {
    const time = Math.floor(Date.now() / 1000);
    const v1 = createHmac('sha256', vendors.stripe.webhookSecret)
      .update(`${time}.${body}`)
      .digest('hex');
    return askEdge('/members/webhooks/stripe/', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'stripe-signature': `t=${time},v1=${v1}` },
      body: text,
    });
  };
  expect((await post(body)).status).toBe(200);
  expect((await post(body.replace('plan', 'plam'))).status).toBe(400);
});

test('a webhook of Resend reaches the bridge, which checks its signature', async () => {
  const body = '{"type":"email.sent"}';
  const { status } = await askEdge('/webhooks/resend', {
    method: 'POST',
    headers: { 'svix-id': 'msg_1', 'svix-timestamp': '1', 'svix-signature': 'v1,none' },
    body,
  });
  expect(status).toBe(401);
});

test.each([
  '/ghost/api/admin/authentication/setup/',
  '/ghost/api/v4/admin/authentication/setup',
  '/ghost/api/admin/authentication/%73etup/',
  '/GHOST/api/admin//authentication/SETUP/',
])('nobody makes the owner over the web at %s', async (at) => {
  const { status, body } = await askEdge(at, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      setup: [
        { name: 'Eve', email: 'eve@example.com', password: 'eve takes it all', blogTitle: 'Mine' },
      ],
    }),
  });
  expect({ status, body: body.toString() }).toEqual({
    status: 403,
    body: "The site's owner is made on its server, not over the web.",
  });
});

test('the tracker that the collector’s image has takes the place of Ghost’s script', async () => {
  const { status, headers, body } = await askEdge('/public/ghost-stats.min.js');
  expect({ status, kept: headers['cache-control'] }).toEqual({
    status: 200,
    kept: 'public, max-age=3600',
  });
  expect(body.toString().trim()).toBe(await exec('analytics', 'cat', '/app/dist/tracker.js'));
});

test('the private pages of the services are not behind the edge', async () => {
  for (const at of ['/metrics/', '/readyz/', '/livez/', '/health/', '/ca.pem', '/config/']) {
    expect((await askEdge(at)).status, at).toBe(404);
  }
  expect(await exec('caddy', 'wget', '-q', '-O', '-', 'http://127.0.0.1:2020/ca.pem')).toBe(
    inject('stack').ca,
  );
});
