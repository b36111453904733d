import { createServer } from 'node:http';
import { listen } from '@prosora/service';
import { freePort } from '@prosora/service/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { examineDomain } from '../../../src/init/domain.ts';
import { startDns } from '../../fixtures/dns-server.ts';

let addresses = ['203.0.113.7', '2001:db8::7'];
vi.mock('node:os', async (original) => ({
  ...(await original<object>()),
  networkInterfaces: () => ({
    eth0: addresses.map((address) => ({ internal: false, address })),
  }),
}));

const WORD = 'the word of this test';
const cleanup = new AsyncDisposableStack();
let server = '';

beforeAll(async () => {
  const dns = await startDns({
    'here.example': '127.0.0.1',
    'bare.example': 'nothing',
    'refused.example': 'refused',
  });
  cleanup.defer(() => dns[Symbol.dispose]());
  ({ server } = dns);
});
afterAll(() => cleanup.disposeAsync());

/** What answers on this machine under the domain. */
async function answering(body: string, headers: Record<string, string> = {}) {
  const listener = await listen(
    createServer((_request, response) => void response.writeHead(200, headers).end(body)),
    { host: '127.0.0.1', port: 0 },
  );
  cleanup.defer(() => listener.close());
  return listener.port;
}

const examine = (domain: string, port: number | undefined) =>
  examineDomain({ domain, port, word: WORD, servers: [server] });

test('a domain that leads here is right', async () => {
  const finding = await examine('here.example', await answering(WORD));
  expect(finding).toMatchObject({
    status: 'ok',
    sentence: 'here.example (127.0.0.1) leads here.',
  });
});

test('a name of this machine needs no DNS', async () => {
  expect(await examine('blog.localhost', 1)).toMatchObject({ status: 'ok' });
});

test.each([
  ['no.example', 'no.example does not exist.', 'Make an A record'],
  ['bare.example', 'bare.example has no address.', 'Make an A record'],
  ['refused.example', 'Nobody said where refused.example leads (EREFUSED', 'DNS servers'],
])('%s: %s', async (domain, sentence, remedy) => {
  expect(await examine(domain, 1)).toMatchObject({
    status: 'fail',
    sentence: expect.stringContaining(sentence),
    remedy: expect.stringContaining(remedy),
  });
});

test.each([
  ['another machine that answers', 'a page of somebody else', {}, 'leads to another machine'],
  ['Cloudflare, which stops there', 'error 522', { server: 'cloudflare' }, 'leads to Cloudflare'],
])('a domain that leads to %s is wrong', async (_what, body, headers, sentence) => {
  const finding = await examine('here.example', await answering(body, headers));
  expect(finding).toMatchObject({ status: 'fail', sentence: expect.stringContaining(sentence) });
});

test('one that comes here through Cloudflare is right, and the setting for it is named', async () => {
  const port = await answering(WORD, { server: 'cloudflare' });
  expect(await examine('here.example', port)).toMatchObject({
    status: 'warn',
    remedy: expect.stringContaining('CDN=cloudflare'),
  });
});

test('one where nobody answers is wrong, and may be taken all the same', async () => {
  expect(await examine('here.example', await freePort())).toMatchObject({
    status: 'fail',
    remedy: expect.stringContaining('--trust DOMAIN'),
  });
});

test('behind a proxy of one’s own nothing is asked', async () => {
  expect(await examine('here.example', undefined)).toMatchObject({ status: 'ok' });
});

test.each([
  ['has a public address', ['172.17.0.1', '203.0.113.7'], 'for 203.0.113.7.'],
  [
    'stands behind a provider’s NAT',
    ['10.0.0.5', '192.168.1.2', '100.64.0.9', 'fd00::5'],
    'for the public address that your provider shows.',
  ],
])('of a machine that %s the record is said that leads there', async (_what, own, remedy) => {
  addresses = own;
  expect((await examine('no.example', 1)).remedy).toContain(remedy);
});
