import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '@prosora/sandbox';
import {
  examineCloudflareToken,
  examineCloudinaryUrl,
  examineResendKey,
  examineStripeKey,
  type KeyFinding,
} from '@prosora/service';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

let dir: string;
let sandbox: Sandbox;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stack-keys-'));
  sandbox = await startSandbox({ port: 0, dataDir: dir });
});
beforeEach(() => sandbox.reset());
afterAll(async () => {
  await sandbox.close();
  await rm(dir, { recursive: true, force: true });
});

const AWAY = 'http://127.0.0.1:1';
const ALL = [{ fault: { status: 503 } }];

async function verdict(findings: AsyncIterable<KeyFinding>): Promise<string> {
  const all: string[] = [];
  for await (const { status, sentence, remedy = '' } of findings) {
    all.push(`${status}: ${sentence} ${remedy}`);
  }
  return all.join();
}

const resend = (key = sandbox.resend.apiKey, url = sandbox.resend.url) =>
  verdict(examineResendKey(key, url));
const stripe = (key = sandbox.stripe.secretKey, url = sandbox.stripe.url) =>
  verdict(examineStripeKey(key, url));
const DOMAIN = 'blog.example.com';
const cloudflare = (
  token = sandbox.cloudflare.token,
  domain = DOMAIN,
  { url = sandbox.cloudflare.apiUrl, zoneId = '' } = {},
) => verdict(examineCloudflareToken(token, domain, { url, zoneId }));
/** The address with one of its parts changed. */
const cloudinary = (change: (address: URL) => void = () => {}) => {
  const address = new URL(sandbox.cloudinary.cloudinaryUrl);
  change(address);
  return verdict(examineCloudinaryUrl(address.href));
};

test('right keys are right', async () => {
  expect(await resend()).toMatch(/^ok: The key has full access/);
  expect(await cloudinary()).toMatch(/^ok: .*"Free", and 0 % of it are used/);
  expect(await stripe()).toMatch(/^warn: .* is one for tests/);
  expect(await cloudflare()).toMatch(/^ok: The token may set example\.com/);
  const { zoneId } = sandbox.cloudflare;
  expect(await cloudflare(undefined, 'alias.example.org', { zoneId })).toMatch(/^ok: /);
});

test.each<[what: string, look: () => Promise<string>, said: RegExp]>([
  ['a key of Resend that only sends', () => resend(sandbox.resend.sendingKey), /may only send/],
  ['a wrong key of Resend', () => resend('re_wrong'), /refuses the key.*api-keys/],
  ['a Resend that is away', () => resend('re_any', AWAY), /cannot be reached/],
  ['no secret key of Stripe', () => stripe('pk_test_x'), /begins with sk_ or rk_/],
  ['a wrong key of Stripe', () => stripe('sk_test_wrong'), /does not know the key/],
  [
    'a key of Stripe that may not make endpoints',
    () => stripe(sandbox.stripe.restrictedKey),
    /may not look at webhook endpoints.*Webhook Endpoints: Write/,
  ],
  ['a Stripe that is away', () => stripe('sk_test_x', AWAY), /cannot be reached/],
  ['another secret', () => cloudinary((at) => (at.password = 'no')), /secret,.*is not that of/],
  ['another key', () => cloudinary((at) => (at.username = '1')), /key,.*is none of this account/],
  ['another cloud', () => cloudinary((at) => (at.hostname = 'other')), /name of the cloud/],
  [
    'a Cloudinary that is away',
    () => cloudinary((at) => at.searchParams.set('upload_prefix', AWAY)),
    /cannot be reached/,
  ],
  [
    'a wrong token of Cloudflare',
    () => cloudflare('wrong'),
    /refuses the token: Invalid API Token/,
  ],
  [
    'a domain that is in none of its zones',
    () => cloudflare(undefined, 'blog.example.org'),
    /sees no zone that blog\.example\.org is in.*Zone Read/,
  ],
  [
    'a Cloudflare that is away',
    () => cloudflare('any', DOMAIN, { url: AWAY }),
    /cannot be reached/,
  ],
])('%s is refused with its remedy', async (_what, look, said) => {
  const sentence = await look();
  expect(sentence).toMatch(/^fail: /);
  expect(sentence).toMatch(said);
  expect(sentence).not.toMatch(/re_wrong|sk_test_wrong/);
});

test('a plan that is used up is refused, and one that nearly is is told', async () => {
  sandbox.cloudinary.settings.set({ creditsUsed: 24 });
  expect(await cloudinary()).toMatch(/^warn: .*96 %/);
  sandbox.cloudinary.settings.set({ creditsUsed: 26 });
  expect(await cloudinary()).toMatch(/^fail: .*104 %.*larger plan/);
});

test('a token of Cloudflare that may only purge is told what it lacks', async () => {
  sandbox.cloudflare.settings.set({ permissions: ['Zone Read', 'Cache Purge', 'DNS Read'] });
  expect(await cloudflare()).toMatch(
    /^fail: The token lacks Cache Rules Edit, Zone Settings Edit\./,
  );
});

test.each([
  ['is away', { dropBeforeHandling: true }, /^fail: .* cannot be reached or does not answer/],
  ['is unwell', { status: 503 }, /^fail: It answers 503, which says nothing of the key/],
])(
  'a Cloudflare that %s amid the look is not taken for a token that lacks something',
  async (_what, fault, said) => {
    sandbox.cloudflare.faults.set([{ match: { path: /settings/ }, fault }]);
    const told = await cloudflare();
    expect(told).toMatch(said);
    expect(told).not.toContain('lacks');
  },
);

test('a vendor that is unwell says nothing of the key', async () => {
  for (const vendor of [sandbox.resend, sandbox.stripe, sandbox.cloudinary]) vendor.faults.set(ALL);
  for (const said of [await resend(), await stripe(), await cloudinary()]) {
    expect(said).toMatch(/^fail: It answers 503, which says nothing of the key/);
  }
});

test('a clock that is off is seen by the vendor’s', async () => {
  const date = new Date(Date.now() - 600_000).toUTCString();
  sandbox.resend.faults.set([{ fault: { headers: { date } } }]);
  expect(await resend()).toMatch(/fail: This machine's clock is \d+ s ahead\. .*timedatectl/);
});
