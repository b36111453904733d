import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type MailService, startMailService } from '../../fixtures/mail-service.ts';
import { type OwnConsole, startOwnConsole } from '../../fixtures/own-console.ts';
import { wordsOf } from '../../fixtures/stub-api.ts';

const EMAIL_ID = '6b04ac398120085ae4c38cc2';
const STALLED_ID = '6b04ac398120085ae4c38cc3';
const READER = 'member7@example.org';
const members = (count: number) =>
  Array.from({ length: count }, (_, at) => `member${at}@example.org`);

let service: MailService;
let own: OwnConsole;
beforeAll(async () => {
  service = await startMailService();
  own = await startOwnConsole(service.env);
  await service.hand(EMAIL_ID, members(120));
  await service.hand(null, [READER], {
    html: '<a href="https://example.com/?token=secret-link">in</a>',
  });
  await vi.waitUntil(
    async () => (await service.mail.get('newsletter', { emailId: EMAIL_ID })).delivered === 120,
    { timeout: 60_000, interval: 100 },
  );
});
afterAll(async () => {
  await own?.[Symbol.asyncDispose]();
  await service?.[Symbol.asyncDispose]();
});

const words = async (path: string) => wordsOf({ text: (await own.get(path)).html });

test('every number of a newsletter is the service’s own', async () => {
  const progress = await service.mail.get('newsletter', { emailId: EMAIL_ID });
  const shown = await words(`/mail/newsletter?id=${EMAIL_ID}`);
  expect(shown).toContain('News from the harbour');
  for (const [name, value] of [
    ['Sent', progress.sent],
    ['Waiting', progress.queued],
    ['Delivered', progress.delivered],
    ['Opened', progress.opened],
    ['Failed', progress.failed],
    ['Complaints', progress.complained],
  ] as const) {
    expect(shown).toContain(`${name} ${value}`);
  }
  expect(await words('/mail')).toContain(`120 of 120 ${progress.delivered}`);
});

test('recipients page through in whole, each once', async () => {
  const found: string[] = [];
  let path = `/mail/newsletter?id=${EMAIL_ID}`;
  for (;;) {
    const { html } = await own.get(path);
    found.push(
      ...Array.from(html.matchAll(/>(member\d+@example\.org)</g), ([, address]) => address ?? ''),
    );
    const next = /href="\/ghost\/prosora([^"]+)" rel="next"/.exec(html)?.[1];
    if (next === undefined) break;
    path = next.replaceAll('&#38;', '&');
  }
  expect(found.sort()).toEqual(members(120).sort());
});

test('a reader’s mail is found by a form, with its fate and without its link', async () => {
  const { status, html } = await own.post('/mail/reader', { address: READER });
  expect(status).toBe(200);
  const [, id = ''] = /mail\/mail\?id=([^"]+)"/.exec(html) ?? [];
  const { html: way } = await own.get(`/mail/mail?id=${id}`);
  expect(wordsOf({ text: way })).toMatch(
    /Ghost handed it over\..*Resend took it\..*Resend reported: delivered/,
  );
  for (const page of [html, way, (await own.get('/mail/mails')).html]) {
    expect(page).not.toContain('secret-link');
  }
  expect(own.log.join('')).not.toContain(READER);
});

test('what is wrong of a filter is a 400 on the page that names the field, and what is not there a 404', async () => {
  for (const [path, field] of [
    ['/mail?since=yesterday', 'since'],
    ['/mail/mails?lane=newsletter', 'lane'],
    ['/mail/mails?state=lost', 'state'],
    ['/mail/jobs?state=lost', 'state'],
    ['/mail/jobs?after=1', 'after'],
    [`/mail/newsletter?id=${EMAIL_ID}&state=lost`, 'state'],
    ['/mail/suppressions?after=x', 'after'],
    ['/mail/mail?id=1', 'id'],
  ]) {
    const { status, html } = await own.get(path ?? '');
    expect([path, status]).toEqual([path, 400]);
    expect(wordsOf({ text: html })).toContain(`${field}: `);
  }
  const { status } = await own.post('/mail/reader', { address: 'nobody' });
  expect(status).toBe(400);
  expect((await own.get('/mail/newsletter?id=nothing')).status).toBe(404);
});

test('a newsletter that waits for the quota says so, is paused, resumed and canceled, and the log says who did it', async () => {
  service.resend.settings.set({ dailyQuota: 0 });
  await service.hand(STALLED_ID, members(30));
  await vi.waitUntil(
    async () => (await service.mail.get('newsletter', { emailId: STALLED_ID })).waits?.reason,
    { timeout: 20_000, interval: 100 },
  );
  const path = `/mail/newsletter?id=${STALLED_ID}`;
  expect(await words(path)).toMatch(/Resend takes no mail before .* daily_quota_exceeded/);
  const decide = (name: string) => own.post(`/mail/${name}`, { emailId: STALLED_ID });
  expect(await decide('pause')).toMatchObject({ status: 303, location: `/ghost/prosora${path}` });
  expect(await service.mail.get('newsletter', { emailId: STALLED_ID })).toMatchObject({
    decision: 'paused',
  });
  expect(await words(path)).toContain('It is paused: 30 mails wait until somebody resumes it.');
  service.resend.settings.set({ dailyQuota: null });
  await decide('resume');
  await vi.waitUntil(
    async () => (await service.mail.get('newsletter', { emailId: STALLED_ID })).sent === 30,
    { timeout: 20_000, interval: 100 },
  );
  expect(own.log.join('')).toMatch(/"event":"console\.acted".*"action":"mail\.pause"/);
});
