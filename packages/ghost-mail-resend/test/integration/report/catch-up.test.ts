import { Resend } from 'resend';
import { expect, test } from 'vitest';
import { examine } from '../../../src/doctor/doctor.ts';
import { setUpWebhook } from '../../../src/operate/setup.ts';
import { catchUp } from '../../../src/report/catch-up.ts';
import { webhookSilenceMs } from '../../../src/report/webhook-silence.ts';
import {
  API_KEY,
  DOMAIN,
  eachPlace,
  getEvents,
  type MailLab,
  membersOf,
  movableClock,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../../fixtures/bridge-with-resend.ts';

const MINUTE_MS = 60_000;
const EVENTS = /^\/webhooks\/[^/]+\/events/;

eachPlace((nextPlace) => {
  /**
   * A bridge that has heard of Resend once, and a webhook there that its settings do not make: with `path`
   * it leads nowhere.
   */
  async function silentLab(settings: object = {}) {
    const clock = movableClock();
    const lab = await startMailLab({
      clock,
      place: await nextPlace(),
      settings: { autoDeliver: false, webhookRetriesMs: [], ...settings },
      bridge: { choresEveryMs: 100 },
    });
    const { apiKey, url: baseUrl } = lab.resend;
    const resend = new Resend(apiKey, { baseUrl });
    const opened = await lab.look();
    // What the stand-in would send by itself.
    lab.resend.settings.set({ webhookUrl: null });
    await setUpWebhook({ resend, store: opened.store }, lab.bridge.url);
    const [webhook] = (await resend.webhooks.list()).data?.data ?? [];
    return {
      lab,
      clock,
      resend,
      opened,
      webhookId: webhook?.id ?? '',
      /** Resend goes on to make events, of which none arrives. */
      lose: () =>
        resend.webhooks.update(webhook?.id ?? '', {
          endpoint: 'http://127.0.0.1:1/webhooks/resend',
        }),
      mend: () =>
        resend.webhooks.update(webhook?.id ?? '', {
          endpoint: `${lab.bridge.url}/webhooks/resend`,
        }),
    };
  }

  type World = Awaited<ReturnType<typeof silentLab>>;

  /** So many mails at Resend, with nothing told of them yet. */
  async function sendTo({ lab, opened }: World, members: readonly string[], id = 'letter') {
    await post(lab, newsletterForm(members, { 'v:email-id': id }));
    const isSent = async () => {
      const rows = opened.store.db
        .selectFrom('recipient')
        .select('state')
        .where('email_id', '=', id);
      return (await rows.execute()).every(({ state }) => state === 'sent');
    };
    await until(isSent);
    const ids = new Map(lab.resend.inbox.list().map(({ to, id: mailId }) => [to[0], mailId]));
    return members.map((member) => ids.get(member) ?? '');
  }

  const told = async (lab: MailLab, now: number) => {
    const { items } = await getEvents(lab, { end: `${Math.floor(now / 1000) + 60}` });
    return items.map(({ event, recipient }) => `${recipient.split('@')[0]} ${event}`).toSorted();
  };

  const asked = (lab: MailLab, path: RegExp) =>
    lab.resend.requests.list(path).filter(({ method }) => method === 'GET').length;

  test('what was made during a silence is told whole, and no mail is asked after one by one', async () => {
    const world = await silentLab();
    const { lab, clock, lose } = world;
    await using _lab = lab;
    await lose();
    const [delivered = '', bounced = '', complained = ''] = await sendTo(world, membersOf(3));
    lab.resend.inbox.deliver(delivered);
    lab.resend.inbox.open(delivered);
    lab.resend.inbox.bounce(bounced);
    lab.resend.inbox.complain(complained);
    await until(() => lab.resend.pendingWebhooks() === 0);
    expect(await told(lab, clock.now())).toEqual([]);
    clock.forward(16 * MINUTE_MS);
    await until(async () => (await told(lab, clock.now())).length === 5);
    expect(await told(lab, clock.now())).toEqual([
      'member0 delivered',
      'member0 opened',
      // The bounce with its reason and the suppression, which the mail alone does not tell.
      'member1 failed',
      'member1 failed',
      'member2 complained',
    ]);
    expect(asked(lab, /^\/emails\/[^/]+$/)).toBe(0);
    // It is said at the end of the round.
    await until(() => lab.log.join('').includes('"events":4'));
  });

  test('what a webhook brought is not read again, and a page passes over a hundred of it', async () => {
    const world = await silentLab();
    const { lab, clock, lose, mend } = world;
    await using _lab = lab;
    const ids = await sendTo(world, membersOf(30));
    for (const id of ids.slice(0, 29)) lab.resend.inbox.deliver(id);
    await until(() => lab.resend.pendingWebhooks() === 0);
    await until(async () => (await told(lab, clock.now())).length === 29);
    await lose();
    const [late = ''] = await sendTo(world, ['late@example.org'], 'later');
    lab.resend.inbox.deliver(late);
    lab.resend.inbox.deliver(ids[29] ?? '');
    await until(() => lab.resend.pendingWebhooks() === 0);
    clock.forward(16 * MINUTE_MS);
    await until(async () => (await told(lab, clock.now())).length === 31);
    const single = lab.resend.requests.list(/^\/webhooks\/[^/]+\/events\/[^/]+$/);
    expect(single).toHaveLength(2);
    await mend();
  });

  test('the alarm goes on until a webhook comes, and then a last look is taken', async () => {
    const world = await silentLab();
    const { lab, clock, opened, lose, mend } = world;
    await using _lab = lab;
    await lose();
    const [first = '', second = '', third = ''] = await sendTo(world, membersOf(3));
    for (const id of [first, second, third]) lab.resend.inbox.deliver(id);
    await until(() => lab.resend.pendingWebhooks() === 0);
    clock.forward(16 * MINUTE_MS);
    await until(async () => (await told(lab, clock.now())).length === 3);
    // No mail is silent any more; Resend is, which is written down when the round of catching up is over.
    await until(async () => (await webhookSilenceMs(opened.store, clock.now())) > 15 * MINUTE_MS);
    lab.resend.inbox.open(first);
    await until(() => lab.resend.pendingWebhooks() === 0);
    await until(async () => (await told(lab, clock.now())).length === 4);
    await mend();
    // The machine's clock is that of webhooks.
    clock.forward(-16 * MINUTE_MS);
    lab.resend.inbox.open(second);
    await until(async () => (await told(lab, clock.now() + 16 * MINUTE_MS)).length === 5);
    const note = () =>
      opened.store.db
        .selectFrom('note')
        .select('value')
        .where('name', '=', 'catch-up')
        .executeTakeFirstOrThrow();
    await until(async () => (await note()).value === '');
    expect(await webhookSilenceMs(opened.store, clock.now())).toBe(0);
    const before = asked(lab, EVENTS);
    await until(
      async () => (await opened.store.db.selectFrom('note').selectAll().execute()).length,
    );
    expect(asked(lab, EVENTS)).toBe(before);
  });

  test('a round is bounded, and the next goes on where it ended', async () => {
    const world = await silentLab({ requestsPerSecond: 100_000 });
    const { lab, clock, opened, resend, lose } = world;
    await using _lab = lab;
    await lose();
    const ids = await sendTo(world, membersOf(250));
    await lab.bridge.stop();
    for (const id of ids) lab.resend.inbox.deliver(id);
    await until(() => lab.resend.pendingWebhooks() === 0);
    clock.forward(16 * MINUTE_MS);
    lab.resend.requests.clear();
    const context = {
      ...opened,
      clock,
      resend,
      publicUrl: undefined,
      turn: async () => undefined,
    };
    const first = await catchUp(context);
    expect(first).toEqual({ missed: 197 });
    expect(await catchUp(context)).toEqual({ missed: 250 - first.missed });
    expect(lab.resend.requests.list(/^\/webhooks\/[^/]+\/events\/[^/]+$/)).toHaveLength(250);
  });

  test.each([
    [
      'has no such route',
      { status: 404, body: { statusCode: 404, name: 'not_found', message: '-' } },
    ],
    [
      'does not allow it',
      { status: 405, body: { statusCode: 405, name: 'method_not_allowed', message: '-' } },
    ],
  ])('a Resend that %s is asked mail by mail, as before', async (_what, fault) => {
    const world = await silentLab();
    const { lab, clock, lose } = world;
    await using _lab = lab;
    await lose();
    lab.resend.faults.set([{ match: { path: EVENTS }, fault }]);
    const [delivered = ''] = await sendTo(world, membersOf(1));
    lab.resend.inbox.deliver(delivered);
    await until(() => lab.resend.pendingWebhooks() === 0);
    clock.forward(6 * 60 * MINUTE_MS + 1_000);
    await until(async () => (await told(lab, clock.now())).length === 1);
    expect(asked(lab, /^\/emails\/[^/]+$/)).toBeGreaterThan(0);
    expect(lab.log.join('')).not.toContain('not-reconciled');
  });

  test('the alarm and the doctor say what came of the last attempt of Resend', async () => {
    const world = await silentLab();
    const { lab, clock, opened, lose, resend, webhookId } = world;
    await using _lab = lab;
    await lose();
    const [delivered = ''] = await sendTo(world, membersOf(1));
    lab.resend.inbox.deliver(delivered);
    await until(() => lab.resend.pendingWebhooks() === 0);
    // Where the clock will be: once it is there, the chores catch up, and nothing is overdue.
    const later = () => clock.now() + 16 * MINUTE_MS;
    const reports = async () => {
      const findings = examine({
        resendApiKey: lab.resend.apiKey,
        resendBaseUrl: lab.resend.url,
        webhookSecrets: [],
        place: lab.place,
        sites: [{ name: 'ghost', apiKey: API_KEY, domains: [DOMAIN] }],
        publicUrl: undefined,
        pixel: 'off',
        smtpPort: undefined,
        now: later,
      });
      for await (const { name, sentence } of findings) if (name === 'reports') return sentence;
      return undefined;
    };
    expect(await reports()).toContain('Nothing answered the last attempt of Resend.');
    await resend.webhooks.update(webhookId, { status: 'disabled' });
    expect(await reports()).toContain('Resend has switched the webhook off.');
    expect(await webhookSilenceMs(opened.store, later())).toBeGreaterThan(0);

    await resend.webhooks.update(webhookId, { status: 'enabled' });
    clock.forward(16 * MINUTE_MS);
    const alarm = () => lab.log.find((line) => line.includes('webhooks.silent')) ?? '';
    await until(alarm);
    expect(alarm()).toContain('Nothing answered the last attempt of Resend.');
  });
});
