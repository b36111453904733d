import { describe, expect, test } from 'vitest';
import { forgetOld } from '../../../src/operate/retention.ts';
import { reconcile } from '../../../src/report/reconcile.ts';
import { readProgress } from '../../../src/send/status.ts';
import { bridgeEnv, runVerb } from '../../fixtures/bridge-process.ts';
import {
  acceptForm,
  BATCH,
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

const HOUR_MS = 60 * 60 * 1000;

eachPlace((nextPlace) => {
  /** A bridge that looks after silence and doubt all the time, at Resend that reports nothing by itself. */
  async function quietLab() {
    const clock = movableClock();
    const lab = await startMailLab({
      clock,
      place: await nextPlace(),
      settings: { autoDeliver: false },
      bridge: { choresEveryMs: 100, silentHours: 6 },
    });
    return { lab, clock };
  }

  async function statesOf(lab: MailLab): Promise<string[]> {
    const { store } = await lab.look();
    const rows = await store.db
      .selectFrom('recipient')
      .select('state')
      .orderBy('position')
      .execute();
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
      await until(async () => (await getEvents(lab, { end })).items.length >= 6);
      const { items } = await getEvents(lab, { end });
      const told = items.map(({ event, recipient }) => `${recipient.slice(0, 7)} ${event}`);
      expect(told.toSorted()).toEqual([
        'member0 delivered',
        'member1 delivered',
        'member1 opened',
        // Not as a suppressed address: whether it bounced for good is not known.
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
      const metrics = async () => (await fetch(`${lab.bridge.privateUrl}/metrics`)).text();
      // The one that Resend does not know is looked up by itself.
      await expect.poll(metrics).toMatch(/prosora_mail_unknown_recipients\{service="mail"\} 0/);
      const { store } = await lab.look();
      expect(await readProgress(store, 'lost')).toMatchObject({ unknown: 1 });
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
      const { lab } = await quietLab();
      await using _lab = lab;
      await post(lab, newsletterForm(membersOf(1)));
      await until(() => lab.log.some((line) => line.includes('"outcome":"done"')));
      const metric = async () => {
        const metrics = await (await fetch(`${lab.bridge.privateUrl}/metrics`)).text();
        return Number(/webhook_silence_seconds\{service="mail"\} (\S+)/.exec(metrics)?.[1]);
      };
      const database = 'mysql' in lab.place && { PROSORA_MAIL_DATABASE_URL: lab.place.mysql };
      const env = { ...bridgeEnv(lab.resend, `${lab.dir}/mail`), ...database };
      const status = async () => (await runVerb({ env }, ['status'])).output;
      expect(await metric()).toBe(0);
      const { store } = await lab.look();
      const sent_at = Date.now() - 16 * 60 * 1000;
      await store.transaction((tx) => tx.updateTable('recipient').set({ sent_at }).execute());
      await until(() => lab.log.some((line) => line.includes('webhooks.silent')));
      expect(await metric()).toBeGreaterThan(15 * 60);
      expect(await status()).toContain('ALARM: Resend has not reported for 16 minutes');
      lab.resend.inbox.deliver(lab.resend.inbox.list()[0]?.id ?? '');
      await until(async () => (await metric()) === 0);
      expect(await status()).not.toContain('ALARM');
    });
  });

  describe('asking Resend', () => {
    /** A store in which so many mails are in doubt, and nobody else at work. */
    async function inDoubt(count: number, change: object = { state: 'unknown' }) {
      const { lab, clock } = await quietLab();
      await lab.bridge.stop();
      const opened = await lab.look();
      const { messageId } = await acceptForm(opened, newsletterForm(membersOf(count)));
      await opened.store.transaction(async (tx) => {
        await tx
          .updateTable('chunk')
          .set({ keyed_at: clock.now() - HOUR_MS })
          .execute();
        await tx.updateTable('recipient').set(change).execute();
      });
      return { lab, clock, store: opened.store, messageId };
    }

    /** Resend's list of so many mails, the newest first, of which some are the newsletter's. */
    function mailsAt(count: number, tags: Record<number, string>) {
      const asked: string[] = [];
      const at = (id = 'mail--1') => Number(id.slice('mail-'.length));
      const list = async ({ after }: { after?: string }) => {
        asked.push(after ?? 'newest');
        const data = Array.from({ length: Math.min(100, count - at(after) - 1) }, (_, index) => ({
          id: `mail-${at(after) + 1 + index}`,
          to: [`member0@example.org`],
          created_at: new Date().toISOString(),
        }));
        return { data: { data, has_more: at(data.at(-1)?.id) < count - 1 }, error: null };
      };
      const get = async (id: string) => ({
        data: { tags: [{ name: 'gb_r', value: tags[at(id)] ?? 'other' }], last_event: 'sent' },
        error: null as { statusCode: number; name: string; message: string } | null,
      });
      return { asked, emails: { list, get } };
    }

    const contextOf = ({
      store,
      clock,
    }: Pick<Awaited<ReturnType<typeof inDoubt>>, 'store' | 'clock'>) => ({
      store,
      clock,
      turn: async () => {},
      silentMs: HOUR_MS,
    });

    test('goes on in the next round where a round ended, until it has seen every mail', async () => {
      const world = await inDoubt(1);
      await using _lab = world.lab;
      const resend = mailsAt(6_000, { 5900: `${world.messageId}-0` });
      const context = { ...contextOf(world), resend: resend as never };
      expect(await reconcile(context)).toEqual({ found: 0, absent: 0, told: 0 });
      expect(resend.asked).toHaveLength(50);
      expect(await reconcile(context)).toEqual({ found: 1, absent: 0, told: 0 });
      expect(resend.asked[50]).toBe('mail-4999');
      expect(resend.asked).toHaveLength(60);
    });

    test('takes no mail for absent that Resend could not tell of', async () => {
      const world = await inDoubt(1);
      await using _lab = world.lab;
      const resend = mailsAt(3, { 2: `${world.messageId}-0` });
      const { get } = resend.emails;
      const refusal = { statusCode: 429, name: 'rate_limit_exceeded', message: 'Too many.' };
      resend.emails.get = async (id) => ({ ...(await get(id)), error: refusal });
      const context = { ...contextOf(world), resend: resend as never };
      const problem = 'rate_limit_exceeded: Too many.';
      expect(await reconcile(context)).toEqual({ found: 0, absent: 0, told: 0, problem });
      resend.emails.get = get;
      expect(await reconcile(context)).toEqual({ found: 1, absent: 0, told: 0 });
    });

    test('stamps events with the time after it has waited for its turn', async () => {
      const change = { state: 'sent', resend_id: 'mail-0', sent_at: 1 };
      const world = await inDoubt(1, change);
      await using _lab = world.lab;
      const resend = mailsAt(1, {});
      const { get } = resend.emails;
      resend.emails.get = async (id) => {
        const { data, error } = await get(id);
        return { data: { ...data, last_event: 'delivered' }, error };
      };
      const turn = async () => world.clock.forward(HOUR_MS);
      const context = { ...contextOf(world), resend: resend as never, turn };
      expect(await reconcile(context)).toMatchObject({ told: 1 });
      const [event] = await world.store.db.selectFrom('event').select('stamp').execute();
      expect(event?.stamp).toBeGreaterThan((Date.now() + HOUR_MS) / 1000 - 60);
    });

    test('tells of a mail that failed, without ending it for good', async () => {
      const world = await inDoubt(1, { state: 'sent', resend_id: 'mail-0', sent_at: 1 });
      await using _lab = world.lab;
      const resend = mailsAt(1, {});
      const { get } = resend.emails;
      resend.emails.get = async (id) => {
        const { data, error } = await get(id);
        return { data: { ...data, last_event: 'failed' }, error };
      };
      await reconcile({ ...contextOf(world), resend: resend as never });
      const events = await world.store.db
        .selectFrom('event')
        .select(['type', 'severity'])
        .execute();
      expect(events).toEqual([{ type: 'failed', severity: 'temporary' }]);
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
});
