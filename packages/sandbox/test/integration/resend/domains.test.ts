import { Resend as ResendSdk } from 'resend';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ResendWithSdk, startResendWithSdk } from '../../fixtures/resend-with-sdk.ts';

let lab: ResendWithSdk;
let sdk: ResendSdk;

beforeAll(async () => {
  lab = await startResendWithSdk();
  ({ sdk } = lab);
});
beforeEach(() => lab.sandbox.reset());
afterAll(() => lab[Symbol.asyncDispose]());

const settings = () => lab.sandbox.resend.settings;

async function make(name: string) {
  const { data } = await sdk.domains.create({
    name,
    region: 'eu-west-1',
    openTracking: true,
    trackingSubdomain: 'links',
  });
  return data ?? expect.fail('not made');
}

test('a domain comes with the records that its owner publishes, by their names in the zone', async () => {
  const made = await make('mail.blog.example');
  expect(made).toMatchObject({
    name: 'mail.blog.example',
    status: 'not_started',
    region: 'eu-west-1',
    open_tracking: true,
    click_tracking: false,
    tracking_subdomain: 'links',
    capabilities: { sending: 'enabled' },
  });
  expect(made.records.map(({ record, type, name }) => `${record} ${type} ${name}`)).toEqual([
    'SPF MX send.mail',
    'SPF TXT send.mail',
    'DKIM TXT resend._domainkey.mail',
    'Tracking CNAME links.mail',
  ]);
  expect(made.records[0]).toMatchObject({
    value: 'feedback-smtp.eu-west-1.amazonses.com',
    priority: 10,
    status: 'not_started',
  });
  const { data: found } = await sdk.domains.get(made.id);
  expect(found).toEqual({ ...made, object: 'domain' });
  const { data: bounces } = await sdk.domains.create({
    name: 'other.example',
    customReturnPath: 'bounces',
  });
  expect(bounces?.records.map(({ name }) => name)).toContain('bounces');
});

test('a domain is verified a while after that was asked for, and its records with it', async () => {
  settings().set({ verifyAfterMs: 3_600_000 });
  const { id } = await make('slow.example');
  expect((await sdk.domains.verify(id)).error).toBeNull();
  expect((await sdk.domains.get(id)).data).toMatchObject({ status: 'pending' });
  settings().set({ verifyAfterMs: 1 });
  await expect
    .poll(async () => (await sdk.domains.get(id)).data)
    .toMatchObject({ status: 'verified', records: [{ status: 'verified' }, {}, {}, {}] });
});

test('a domain without its records stays pending', async () => {
  settings().set({ dnsRecords: 'missing' });
  const { id } = await make('bare.example');
  await sdk.domains.verify(id);
  expect((await sdk.domains.get(id)).data).toMatchObject({ status: 'pending' });
  settings().set({ dnsRecords: 'published' });
  expect((await sdk.domains.get(id)).data).toMatchObject({ status: 'verified' });
});

test.each([
  ['one that is there', {}, 'example.com', 'The `example.com` domain has been registered already.'],
  [
    'one of another team',
    { foreignDomains: ['theirs.example'] },
    'theirs.example',
    'The `theirs.example` domain has been registered already.',
  ],
  [
    'one more than the plan has',
    { domainLimit: 1 },
    'second.example',
    'Your plan includes 1 domain. Upgrade to add more.',
  ],
])('%s is refused', async (_what, change, name, message) => {
  settings().set(change);
  const { error } = await sdk.domains.create({ name });
  expect(error).toMatchObject({ statusCode: 403, name: 'validation_error', message });
});

test('what is no domain is refused, and so is a key that may only send', async () => {
  expect((await sdk.domains.create({ name: 'https://x.example' })).error).toMatchObject({
    statusCode: 422,
  });
  const { sendingKey, url: baseUrl } = lab.sandbox.resend;
  const sending = new ResendSdk(sendingKey, { baseUrl });
  expect((await sending.domains.create({ name: 'a.example' })).error).toMatchObject({
    statusCode: 401,
    name: 'restricted_api_key',
  });
});

test('tracking can be switched on later, and has its record then', async () => {
  const { data } = await sdk.domains.create({ name: 'plain.example' });
  const id = data?.id ?? '';
  expect(data?.records.map(({ record }) => record)).not.toContain('Tracking');
  await sdk.domains.update({ id, openTracking: true, trackingSubdomain: 'go' });
  const { data: changed } = await sdk.domains.get(id);
  expect(changed?.records.at(-1)).toMatchObject({ record: 'Tracking', name: 'go' });
});

test('the secret of a webhook can be read again', async () => {
  const endpoint = 'https://blog.example/webhooks/resend';
  const { data: made } = await sdk.webhooks.create({ endpoint, events: ['email.delivered'] });
  const { data: found } = await sdk.webhooks.get(made?.id ?? '');
  expect(found).toMatchObject({ endpoint, signing_secret: made?.signing_secret });
  expect((await sdk.webhooks.list()).data?.data[0]).not.toHaveProperty('signing_secret');
});
