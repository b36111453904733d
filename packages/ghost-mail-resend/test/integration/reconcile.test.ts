import { describe, expect, test } from 'vitest';
import { forgetOld } from '../../src/retention.ts';
import { webhookSilenceMs } from '../../src/webhook-silence.ts';
import {
  getEvents,
  type MailLab,
  membersOf,
  movableClock,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../bridge-with-resend.ts';

const HOUR_MS = 60 * 60 * 1000;
const BATCH = /^\/emails\/batch$/;

/** A bridge that looks after silence and doubt all the time, at Resend that reports nothing by itself. */
async function quietLab() {
  const clock = movableClock();
  const lab = await startMailLab({
    clock,
    settings: { autoDeliver: false },
    bridge: { choresEveryMs: 100, silentHours: 6 },
  });
  return { lab, clock };
}

async function statesOf(lab: MailLab): Promise<string[]> {
  const { store } = await lab.look();
  const rows = await store.db.selectFrom('recipient').select('state').orderBy('position').execute();
  return rows.map(({ state }) => state);
}

describe('mails that Resend never reported on', () => {
  test('are asked after once they are silent for long, and Ghost is told', async () => {
    const { lab, clock } = await quietLab();
    await using _lab = lab;
    await post(lab, newsletterForm(membersOf(5)));
    await until(() => lab.log.some((line) => line.includes('"outcome":"done"')));
    // What happens at Resend is not told: no webhook leaves it.
    lab.resend.settings.set({ webhookUrl: null });
    const [delivered, opened, bounced, complained] = lab.resend.inbox.list();
    lab.resend.inbox.deliver(delivered?.id ?? '');
    lab.resend.inbox.open(opened?.id ?? '');
    lab.resend.inbox.bounce(bounced?.id ?? '');
    lab.resend.inbox.complain(complained?.id ?? '');
    expect((await getEvents(lab)).items).toEqual([]);
    clock.forward(6 * HOUR_MS + 1_000);
    const end = String(Math.floor(clock.now() / 1000) + 60);
    await until(async () => (await getEvents(lab, { end })).items.length >= 7);
    const { items } = await getEvents(lab, { end });
    const told = items.map(({ event, recipient }) => `${recipient.slice(0, 7)} ${event}`);
    expect(told.toSorted()).toEqual([
      'member0 delivered',
      'member1 delivered',
      'member1 opened',
      'member2 failed',
      'member2 failed',
      'member3 complained',
      'member3 delivered',
    ]);
  });
});

describe('calls that nobody can repeat', () => {
  test('are looked up at Resend: who was sent a mail is sent, who was not stays unknown', async () => {
    const { lab, clock } = await quietLab();
    await using _lab = lab;
    // One call is taken and its answer lost; another never arrives.
    lab.resend.faults.set([
      { match: { path: BATCH, times: 1 }, fault: { dropAfterAccept: true } },
      { match: { path: BATCH }, fault: { status: 500 } },
    ]);
    await post(lab, newsletterForm(membersOf(4), { 'v:email-id': 'taken' }));
    await until(() => lab.resend.inbox.list().length === 4);
    const never = ['never@example.org'];
    await post(lab, newsletterForm(never, { 'v:email-id': 'lost' }));
    const retried = () =>
      lab.log.flatMap((line) => /"job":"([^"]+)".*"retry"/.exec(line)?.[1] ?? []);
    await until(() => new Set(retried()).size === 2);
    clock.forward(24 * HOUR_MS);
    lab.resend.faults.clear();
    await lab.restart();
    await until(
      () => lab.log.filter((line) => line.includes('"outcome":"ambiguous"')).length === 2,
    );
    await until(() => lab.log.some((line) => line.includes('"found":4')));
    expect((await statesOf(lab)).toSorted()).toEqual([...Array(4).fill('sent'), 'unknown']);
    expect(lab.resend.inbox.list()).toHaveLength(4);
    const metrics = await (await fetch(`${lab.bridge.privateUrl}/metrics`)).text();
    expect(metrics).toMatch(/prosora_mail_unknown_recipients\{service="mail"\} 1/);
  });

  test('are known to be sent by a webhook too', async () => {
    const { lab, clock } = await quietLab();
    await using _lab = lab;
    lab.resend.faults.set([{ match: { path: BATCH }, fault: { dropAfterAccept: true } }]);
    await post(lab, newsletterForm(membersOf(1)));
    await until(() => lab.resend.inbox.list().length === 1);
    // The list at Resend is not to be had.
    lab.resend.faults.set([
      { match: { path: BATCH }, fault: { status: 500 } },
      { match: { path: /^\/emails$/ }, fault: { status: 500 } },
    ]);
    clock.forward(24 * HOUR_MS);
    await lab.restart();
    await until(async () => (await statesOf(lab)).includes('unknown'));
    lab.resend.inbox.deliver(lab.resend.inbox.list()[0]?.id ?? '');
    await until(async () => (await statesOf(lab)).includes('sent'));
  });
});

describe('silence of webhooks', () => {
  test('raises the alarm in log, metric and status, and ends it with the first that comes', async () => {
    const { lab, clock } = await quietLab();
    await using _lab = lab;
    await post(lab, newsletterForm(membersOf(1)));
    await until(() => lab.log.some((line) => line.includes('"outcome":"done"')));
    const { store } = await lab.look();
    expect(await webhookSilenceMs(store, clock.now())).toBe(0);
    clock.forward(16 * 60 * 1000);
    await until(() => lab.log.some((line) => line.includes('webhooks.silent')));
    expect(await webhookSilenceMs(store, clock.now())).toBeGreaterThan(15 * 60 * 1000);
    lab.resend.inbox.deliver(lab.resend.inbox.list()[0]?.id ?? '');
    await until(async () => (await webhookSilenceMs(store, clock.now())) === 0);
  });
});

describe('what is old', () => {
  test('is forgotten with all its rows, and what still waits to be sent is not', async () => {
    const { lab, clock } = await quietLab();
    await using _lab = lab;
    await post(lab, newsletterForm(membersOf(3), { 'v:email-id': 'old' }));
    await until(() => lab.log.some((line) => line.includes('"outcome":"done"')));
    lab.resend.inbox.deliver(lab.resend.inbox.list()[0]?.id ?? '');
    const later = new Date(clock.now() + 400 * 24 * HOUR_MS).toUTCString();
    await post(lab, newsletterForm(['waits@example.org'], { 'o:deliverytime': later }));
    await until(async () => (await getEvents(lab)).items.length === 1);
    const opened = await lab.look();
    const now = clock.now() + 100 * 24 * HOUR_MS;
    expect(await forgetOld(opened, 90 * 24 * HOUR_MS, now)).toBe(1);
    const rows = await opened.store.db.selectFrom('recipient').select('address').execute();
    expect(rows).toEqual([{ address: 'waits@example.org' }]);
    for (const table of ['event', 'webhook_seen', 'chunk_body'] as const) {
      expect(await opened.store.db.selectFrom(table).selectAll().execute(), table).toEqual([]);
    }
  });
});
