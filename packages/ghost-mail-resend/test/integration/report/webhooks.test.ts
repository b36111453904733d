import { createHmac } from 'node:crypto';
import type { MailSummary } from '@prosora/sandbox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkSkew } from '../../../src/doctor/clock.ts';
import { lastHeardAt } from '../../../src/report/webhook-silence.ts';
import {
  AUTHORIZATION,
  DOMAIN,
  eachPlace,
  getEvents,
  type MailLab,
  machineClock,
  membersOf,
  movableClock,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../../fixtures/bridge-with-resend.ts';

eachPlace((nextPlace) => {
  let lab: MailLab;
  let next = 0;
  beforeAll(async () => {
    lab = await startMailLab({ settings: { autoDeliver: false }, place: await nextPlace() });
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  /** One mail at Resend, with the id it has there. */
  async function sendMail(changes: Record<string, string | null> = {}) {
    const id = `hook${next++}`;
    const address = `${id}@example.org`;
    await post(lab, newsletterForm([address], { 'v:email-id': id, ...changes }));
    await until(() => lab.resend.inbox.list(address).length === 1);
    const [mail] = lab.resend.inbox.list(address);
    return { address, resendId: mail?.id ?? '', tags: tagsOf(mail) };
  }

  /** Webhooks carry tags as an object. */
  function tagsOf(mail: MailSummary | undefined): Record<string, string> {
    return Object.fromEntries((mail?.tags ?? []).map(({ name, value }) => [name, value]));
  }

  const eventsFor = async (address: string) =>
    (await getEvents(lab)).items.filter(({ recipient }) => recipient === address);

  /** Sends a webhook signed by hand. */
  async function sendWebhook(
    event: object | string,
    options: {
      secret?: string;
      id?: string;
      ageSeconds?: number;
      url?: string;
      prefix?: string;
    } = {},
  ) {
    const {
      secret = lab.resend.webhookSecret,
      id = `msg_${next++}`,
      ageSeconds = 0,
      url = lab.bridge.url,
      prefix = 'svix',
    } = options;
    const body = typeof event === 'string' ? event : JSON.stringify(event);
    const timestamp = `${Math.floor(Date.now() / 1000) - ageSeconds}`;
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    const signature = createHmac('sha256', key)
      .update(`${id}.${timestamp}.${body}`)
      .digest('base64');
    const response = await fetch(`${url}/webhooks/resend`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [`${prefix}-id`]: id,
        [`${prefix}-timestamp`]: timestamp,
        [`${prefix}-signature`]: `v1,AAAA v1,${signature}`,
      },
      body,
    });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  }

  const delivered = (data: object) => ({
    type: 'email.delivered',
    created_at: new Date().toISOString(),
    data: { to: ['x@example.org'], ...data },
  });

  describe('what happened to a mail', () => {
    test('comes once, however often and by whichever webhook it is told', async () => {
      const { address, resendId, tags } = await sendMail();
      const event = delivered({ email_id: resendId, tags });
      expect((await sendWebhook(event, { id: 'msg_same' })).body['outcome']).toBe('recorded');
      expect((await sendWebhook(event, { id: 'msg_same' })).body['outcome']).toBe('known');
      expect((await sendWebhook(event)).body['outcome']).toBe('known');
      expect(await eventsFor(address)).toHaveLength(1);
    });

    test('is known by the id at Resend where the tags are missing', async () => {
      const { address, resendId } = await sendMail();
      expect((await sendWebhook(delivered({ email_id: resendId }))).body['outcome']).toBe(
        'recorded',
      );
      expect(await eventsFor(address)).toHaveLength(1);
    });

    test('comes in any order', async () => {
      const { address, resendId } = await sendMail();
      lab.resend.inbox.complain(resendId);
      lab.resend.inbox.open(resendId);
      lab.resend.inbox.deliver(resendId);
      await until(async () => (await eventsFor(address)).length === 3);
      const types = (await eventsFor(address)).map(({ event }) => event);
      expect(types.toSorted()).toEqual(['complained', 'delivered', 'opened']);
    });

    test('a bounce is a failure and a suppression, stamped in whole seconds', async () => {
      const { address, resendId } = await sendMail();
      lab.resend.inbox.bounce(resendId);
      await until(async () => (await eventsFor(address)).length === 2);
      const events = await eventsFor(address);
      expect(events.map((event) => event['delivery-status']?.code)).toEqual([550, 605]);
      expect(events.every(({ timestamp }) => Number.isInteger(timestamp))).toBe(true);
    });

    test('an open is only told where Ghost asked for opens', async () => {
      const { address, resendId } = await sendMail({ 'o:tracking-opens': null });
      lab.resend.inbox.open(resendId);
      lab.resend.inbox.deliver(resendId);
      await until(async () => (await eventsFor(address)).length > 0);
      expect((await eventsFor(address)).map(({ event }) => event)).toEqual(['delivered']);
    });

    test('a mail of another sender of the team is none of ours', async () => {
      const answer = await sendWebhook(delivered({ email_id: 'unknown', tags: { gb_r: 'other' } }));
      expect(answer).toEqual({ status: 200, body: { outcome: 'foreign' } });
      const metrics = await (await fetch(`${lab.bridge.privateUrl}/metrics`)).text();
      expect(metrics).toMatch(
        /webhooks_total\{type="email.delivered",outcome="foreign",service="mail"\} 1/,
      );
    });

    test('a mail that failed for want of quota is sent again an hour later, once', async () => {
      const clock = movableClock();
      const place = await nextPlace();
      await using own = await startMailLab({ clock, place, settings: { autoDeliver: false } });
      const [address] = membersOf(1) as [string];
      await post(own, newsletterForm([address]));
      await until(() => own.log.some((line) => line.includes('"outcome":"done"')));
      const [first] = own.resend.inbox.list();
      const failed = { reason: 'reached_daily_quota' };
      own.resend.inbox.fail(first?.id ?? '', failed.reason);
      // A second endpoint at Resend tells of it under another id.
      own.resend.inbox.fail(first?.id ?? '', failed.reason);
      await until(() => own.resend.pendingWebhooks() === 0);
      expect(own.resend.inbox.list()).toHaveLength(1);
      clock.forward(61 * 60 * 1000);
      await until(() => own.resend.inbox.list().length === 2);
      await until(() => own.log.filter((line) => line.includes('"outcome":"done"')).length === 2);
      const late = delivered({ email_id: first?.id, tags: tagsOf(first), failed });
      const again = { ...late, type: 'email.failed' };
      const answer = await sendWebhook(again, { url: own.bridge.url });
      expect(answer).toEqual({ status: 200, body: { outcome: 'known' } });
      const { queues } = await own.look();
      expect(await queues.chunks.counts()).toEqual({ done: 2 });
    });
  });

  describe('an event by which the way is tried out', () => {
    const probe = { type: 'prosora.probe', created_at: new Date().toISOString(), data: {} };

    test('is answered, and Resend is as silent as before', async () => {
      await using own = await startMailLab({ place: await nextPlace() });
      const { url } = own.bridge;
      expect(await sendWebhook(probe, { url, secret: own.resend.webhookSecret })).toEqual({
        status: 200,
        body: { outcome: 'probe' },
      });
      expect(await lastHeardAt((await own.look()).store)).toBe(0);
    });

    test('is refused with another secret', async () => {
      const secret = `whsec_${Buffer.from('another secret').toString('base64')}`;
      expect((await sendWebhook(probe, { secret })).status).toBe(401);
    });

    test('says nothing of the time, as one of Resend does', async () => {
      const clocks = machineClock();
      const place = await nextPlace();
      await using own = await startMailLab({ place, bridge: { clocks, choresEveryMs: 20 } });
      const isDoubted = async () => {
        const metrics = await (await fetch(`${own.bridge.privateUrl}/metrics`)).text();
        return !/^prosora_clock_step_seconds\S* 0$/m.test(metrics);
      };
      clocks.step(3_600_000);
      await until(isDoubted);
      const ageSeconds = Math.round((Date.now() - clocks.now()) / 1_000);
      const options = { url: own.bridge.url, secret: own.resend.webhookSecret, ageSeconds };
      expect((await sendWebhook(probe, options)).body['outcome']).toBe('probe');
      expect(await isDoubted()).toBe(true);
      expect((await sendWebhook(delivered({}), options)).status).toBe(200);
      await until(async () => !(await isDoubted()));
    });
  });

  describe('a webhook that cannot be trusted', () => {
    test('with the signature of another secret is answered 401', async () => {
      const secret = `whsec_${Buffer.from('another secret').toString('base64')}`;
      expect((await sendWebhook(delivered({}), { secret })).status).toBe(401);
    });

    test.each([
      [600, '10 minutes ahead of'],
      [-600, '10 minutes behind'],
    ])(
      'signed %i seconds ago says that the clock is wrong, and so do doctor and a metric',
      async (ageSeconds, side) => {
        const sentence = new RegExp(`clock is ${side}: set the clock.* the secret is right`);
        expect(await sendWebhook(delivered({}), { ageSeconds })).toMatchObject({
          status: 400,
          body: { error: expect.stringMatching(sentence) },
        });
        const finding = await checkSkew(await lab.look());
        expect(finding).toMatchObject({ status: 'fail', sentence: expect.stringContaining(side) });
        const metrics = await (await fetch(`${lab.bridge.privateUrl}/metrics`)).text();
        const skew = /webhook_skew_seconds\{service="mail"\} (\S+)/.exec(metrics)?.[1];
        expect(Math.round(Number(skew) / 60)).toBe(-ageSeconds / 60);
      },
    );

    test('signed at another time with another secret is a wrong secret', async () => {
      const secret = `whsec_${Buffer.from('another secret').toString('base64')}`;
      expect(await sendWebhook(delivered({}), { secret, ageSeconds: 600 })).toMatchObject({
        status: 401,
      });
    });

    test('with the header names of Standard Webhooks is taken as with those of Svix', async () => {
      const { address, resendId, tags } = await sendMail();
      const event = delivered({ email_id: resendId, tags, to: [address] });
      expect(await sendWebhook(event, { prefix: 'webhook' })).toEqual({
        status: 200,
        body: { outcome: 'recorded' },
      });
    });

    test('without its headers is answered 400', async () => {
      const response = await fetch(`${lab.bridge.url}/webhooks/resend`, {
        method: 'POST',
        body: '{}',
      });
      expect(response.status).toBe(400);
    });

    test('signed, but not as Resend writes them, is answered 400', async () => {
      expect((await sendWebhook({ hello: 'world' })).status).toBe(400);
      expect((await sendWebhook('not json')).status).toBe(400);
    });

    test('of more than a megabyte is answered 413', async () => {
      expect((await sendWebhook('x'.repeat(1_100_000))).status).toBe(413);
    });
  });

  describe('deleting suppressions', () => {
    const deleteFrom = (list: string, address: string) =>
      fetch(`${lab.bridge.url}/v3/${DOMAIN}/${list}/${encodeURIComponent(address)}`, {
        method: 'DELETE',
        headers: { authorization: AUTHORIZATION },
      });
    const suppressed = () => lab.resend.inbox.suppressions().map(({ email }) => email);

    test('from all three lists at once takes the address off the list of Resend', async () => {
      const { address, resendId } = await sendMail();
      lab.resend.inbox.bounce(resendId);
      expect(suppressed()).toContain(address);
      for (const list of ['bounces', 'complaints', 'unsubscribes']) {
        expect((await deleteFrom(list, address)).status).toBe(200);
      }
      await until(() => !suppressed().includes(address));
    });

    test('from one alone, as Ghost does after each complaint, changes nothing there', async () => {
      const { suppressions } = await lab.look();
      const before = (await suppressions.list()).length;
      const { address, resendId } = await sendMail();
      lab.resend.inbox.complain(resendId);
      expect((await deleteFrom('complaints', address)).status).toBe(200);
      expect((await deleteFrom('complaints', address)).status).toBe(200);
      expect((await deleteFrom('unsubscribes', address)).status).toBe(200);
      // What takes an address off the list is a job, on disk before Ghost has its answer.
      expect(await suppressions.list()).toHaveLength(before);
    });
  });
});
