import { ProsoraError } from '@prosora/service';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { jobsPage } from '../../src/mail/jobs-page.ts';
import type { Mail } from '../../src/mail/mail.ts';
import { fateOf } from '../../src/mail/mail.ts';
import { mailPage, mailsPage, readerPage } from '../../src/mail/mails-page.ts';
import { newsletterPage, newslettersPage } from '../../src/mail/newsletters-page.ts';
import { FRAME, stubApi, wordsOf } from '../fixtures/stub-api.ts';

const AT = '2026-12-01T12:00:00.000Z';
const ID = '6b04ac398120085ae4c38cc2';
const TAG = `${'0'.repeat(27)}-0`;
const STATUS = {
  isReady: true,
  failures: [],
  metrics: [{ name: 'prosora_mail_resend_mails_total', labels: { verdict: 'quota' }, value: 3 }],
  chunks: { ready: 4 },
  oldestWaitingAt: AT,
  limit: 5,
  heldUntil: null,
  lastWebhookAt: AT,
  alarms: [],
};
const PROGRESS = {
  emailId: ID,
  acceptedAt: AT,
  subject: 'Tom & <b>Jerry</b>',
  decision: null,
  accepted: 1_200,
  queued: 200,
  sent: 1_000,
  unknown: 0,
  canceled: 0,
  delivered: 990,
  opened: 400,
  failed: 7,
  complained: 1,
  rate: 12.34,
  doneAt: AT,
  waits: null,
};
const MAIL = {
  id: TAG,
  site: 'ghost',
  lane: 'transactional',
  emailId: null,
  address: 'reader@example.org',
  state: 'sent',
  acceptedAt: AT,
  sentAt: AT,
  resendId: 're_1',
  events: ['delivered', 'opened'],
};

beforeAll(() => void vi.setSystemTime(AT));
afterAll(() => void vi.useRealTimers());

const mailOf = (answers: Record<string, unknown>) =>
  stubApi<Mail>({ status: STATUS, suppressions: { items: [], next: null }, ...answers });

test('a newsletter in the list has its own numbers, and what is in its subject is no HTML', async () => {
  const { api } = mailOf({
    newsletters: { items: [{ ...PROGRESS, site: 'ghost', progress: PROGRESS }], next: ID },
  });
  const { body } = await newslettersPage({ mail: api }, {}, FRAME);
  const words = wordsOf(body);
  expect(words).toContain('Tom & <b>Jerry</b>');
  expect(body.text).not.toContain('<b>Jerry');
  for (const number of ['1,000 of 1,200', '990', '400', '7', 'ready 4']) {
    expect(words).toContain(number);
  }
  expect(words).toContain('Refused: the quota was used up 3');
  expect(body.text).toContain(`/ghost/prosora/mail?after=${ID}`);
  expect(words).toContain('prosora-mail pause ID');
});

test('a list that is filtered asks in the site’s time zone, and its next page keeps the filter', async () => {
  const { api, asked } = mailOf({
    newsletters: { items: [{ ...PROGRESS, site: 'ghost', progress: PROGRESS }], next: ID },
  });
  const query = { since: '2026-12-01T13:00', site: 'ghost' };
  const { body } = await newslettersPage({ mail: api }, query, FRAME);
  const { input } = asked.find(({ name }) => name === 'newsletters') ?? {};
  expect(input).toMatchObject({ since: AT, site: 'ghost' });
  expect(body.text).toMatch(/href="[^"]*site=ghost[^"]*after=/);
});

test('a wrong filter is told on the page with the name of the field', async () => {
  const problem = new ProsoraError('USAGE', 'since: Invalid ISO datetime');
  const { api } = mailOf({ newsletters: problem });
  const shown = await newslettersPage({ mail: api }, { since: 'yesterday' }, FRAME);
  expect(shown.problem?.code).toBe('USAGE');
  expect(wordsOf(shown.body)).toContain('since: Invalid ISO datetime');
});

test('a service that does not run is one sentence with its remedy', async () => {
  const gone = new ProsoraError('NOT_RUNNING', 'Nothing answers at http://mail:4201.');
  const { api } = mailOf({ status: gone, newsletters: gone });
  const shown = await newslettersPage({ mail: api }, {}, FRAME);
  expect(wordsOf(shown.body)).toContain('The mail service does not run.');
});

test('a newsletter says why it does not go on, and what may be done about it', async () => {
  const waits = {
    state: 'delayed',
    attempts: 2,
    dueAt: AT,
    reason: 'daily_quota_exceeded: no more',
  };
  const { api } = mailOf({
    status: { ...STATUS, heldUntil: AT },
    newsletter: { ...PROGRESS, waits },
    recipients: {
      items: [{ ...MAIL, emailId: ID, code: 550, reason: 'mailbox full', events: ['failed'] }],
      next: null,
    },
  });
  const words = wordsOf((await newsletterPage(api, { id: ID }, FRAME)).body);
  expect(words).toContain('Resend takes no mail before 1 Dec, 13:00.');
  expect(words).toContain('daily_quota_exceeded: no more.');
  expect(words).toContain('bounced 550: mailbox full');
  expect(words).toContain(`prosora-mail cancel ${ID}`);
  const paused = mailOf({
    newsletter: { ...PROGRESS, decision: 'paused' },
    recipients: { items: [], next: null },
  });
  const body = wordsOf((await newsletterPage(paused.api, { id: ID }, FRAME)).body);
  expect(body).toContain('Resume');
  expect(body).not.toContain(`prosora-mail pause ${ID}`);
});

test('what became of a mail is what was heard of it, the gravest first', () => {
  expect(fateOf({ state: 'sent', events: [] })).toBe('sent');
  expect(fateOf({ state: 'sent', events: ['delivered', 'opened'] })).toBe('opened');
  expect(fateOf({ state: 'sent', events: ['delivered', 'failed'] })).toBe('bounced');
  expect(fateOf({ state: 'failed', events: ['failed'] })).toBe('failed');
  expect(fateOf({ state: 'sent', events: ['delivered', 'complained'] })).toBe('complained');
});

test('a reader’s address stands in no address of the page that shows their mails', async () => {
  const { api, asked } = mailOf({
    reader: { items: [MAIL], next: TAG },
    mails: { items: [MAIL], next: TAG },
  });
  const { body } = await readerPage(api, { address: 'reader@example.org' }, FRAME);
  expect(asked.map(({ name }) => name).sort()).toEqual(['reader', 'suppressions']);
  expect(body.text).not.toMatch(/(href|action)="[^"]*reader@/);
  expect(body.text).toContain('name="after"');
  const listed = await mailsPage(api, {}, FRAME);
  expect(listed.body.text).toContain('<select name="lane"><option selected>transactional<');
  expect(wordsOf(listed.body)).toContain('reader@example.org 1 Dec, 13:00 opened');
  expect(listed.body.text).not.toMatch(/(href|action)="[^"]*reader@/);
});

test('a mail is told step by step in the order of time', async () => {
  const event = { kind: 'k', toldAt: AT, severity: null, code: null, reason: null, bot: null };
  const { api } = mailOf({
    mail: {
      ...MAIL,
      domain: 'd',
      deliverAt: null,
      chunk: { id: 'c1', state: 'dead', calledAt: null },
      attempts: [{ startedAt: AT, endedAt: AT, outcome: 'done', reason: null }],
      events: [
        { ...event, type: 'opened', at: '2026-12-01T12:10:00.000Z' },
        { ...event, type: 'delivered', at: '2026-12-01T12:05:00.000Z' },
      ],
    },
  });
  const words = wordsOf((await mailPage(api, { id: TAG }, FRAME)).body);
  const steps = [
    'Ghost handed it over',
    'Resend was called: done',
    'Resend took it',
    'reported: delivered',
    'reported: opened',
  ];
  const places = steps.map((step) => words.indexOf(step));
  expect(places.every((place) => place >= 0)).toBe(true);
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  expect(words).toContain('prosora-mail replay c1');
});

test('calls that were given up can be tried again together, those that are not are left', async () => {
  const job = {
    queue: 'chunk',
    emailId: ID,
    addedAt: AT,
    dueAt: AT,
    settledAt: AT,
    attempts: 9,
    reason: 'No.',
  };
  const { api } = mailOf({
    jobs: {
      items: [
        { ...job, id: 'one', state: 'dead' },
        { ...job, id: 'two', state: 'ready' },
      ],
      next: null,
    },
  });
  const { body } = await jobsPage(api, {}, FRAME);
  expect(body.text).toContain('name="id" value="one"');
  expect(body.text).not.toContain('name="id" value="two"');
});
