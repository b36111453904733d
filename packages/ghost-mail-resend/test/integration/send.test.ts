import { createHash } from 'node:crypto';
import { systemClock } from '@prosora/durable';
import { describe, expect, test } from 'vitest';
import { acceptMessage } from '../../src/accept.ts';
import { parseMessage } from '../../src/message.ts';
import { RENDERER } from '../../src/render.ts';
import { createResendClient } from '../../src/resend.ts';
import { sendChunk } from '../../src/send.ts';
import { createSharedPace, type SharedPace } from '../../src/shared-pace.ts';
import { openMailStore } from '../../src/store.ts';
import {
  DOMAIN,
  getEvents,
  type MailLab,
  mailsByAddress,
  membersOf,
  movableClock,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../bridge-with-resend.ts';

const BATCH = /^\/emails\/batch$/;
const ONCE_EACH = (addresses: string[]) => new Map(addresses.map((address) => [address, 1]));

const arrived = (lab: MailLab, count: number) =>
  until(() => lab.resend.inbox.list().length >= count);

describe('whatever Resend does', () => {
  test('an answer that is lost after the mails were taken doubles none', async () => {
    await using lab = await startMailLab();
    lab.resend.faults.set([{ match: { path: BATCH, times: 2 }, fault: { dropAfterAccept: true } }]);
    const to = membersOf(150);
    await post(lab, newsletterForm(to));
    await until(() => lab.log.filter((line) => line.includes('"outcome":"done"')).length === 2);
    expect(mailsByAddress(lab.resend)).toEqual(ONCE_EACH(to));
    expect(lab.resend.requests.list(BATCH)).toHaveLength(4);
  });

  test('500, 429 and a refused connection are tried again', async () => {
    await using lab = await startMailLab();
    lab.resend.faults.set([
      { match: { times: 1 }, fault: { status: 500, body: 'oops' } },
      { match: { times: 1 }, fault: { status: 429, headers: { 'retry-after': '1' } } },
      { match: { times: 1 }, fault: { dropBeforeHandling: true } },
    ]);
    const to = membersOf(3);
    await post(lab, newsletterForm(to));
    await arrived(lab, 3);
    expect(mailsByAddress(lab.resend)).toEqual(ONCE_EACH(to));
  });

  test.each(['fixed-window', 'sliding-log', 'token-bucket'] as const)(
    'a limit of five calls a second by %s is kept well enough that all is sent',
    async (limiter) => {
      await using lab = await startMailLab({ settings: { limiter, requestsPerSecond: 5 } });
      const to = membersOf(1_000);
      await post(lab, newsletterForm(to));
      await arrived(lab, 1_000);
      expect(mailsByAddress(lab.resend)).toEqual(ONCE_EACH(to));
    },
  );

  test('a quota that is used up parks mail without a call a second, until it is there again', async () => {
    const clock = movableClock();
    await using lab = await startMailLab({ clock, settings: { dailyQuota: 0 } });
    await post(lab, newsletterForm(membersOf(1)));
    await until(() => lab.log.some((line) => line.includes('daily_quota_exceeded')));
    lab.resend.settings.set({ dailyQuota: null });
    clock.forward(59 * 60 * 1000);
    await lab.restart();
    expect(lab.resend.inbox.list()).toEqual([]);
    expect(lab.resend.requests.list(BATCH)).toHaveLength(1);
    clock.forward(2 * 60 * 1000);
    await arrived(lab, 1);
  });

  test('a sign-in mail leaves ahead of a newsletter that is being sent', async () => {
    await using lab = await startMailLab({ settings: { requestsPerSecond: 3 } });
    await post(lab, newsletterForm(membersOf(1_500)));
    await arrived(lab, 200);
    const signIn = { 'v:email-id': null, 'recipient-variables': null };
    const tags = { 'o:tag': ['ghost-email', 'transactional-email'] };
    await post(lab, newsletterForm(['visitor@example.org'], { ...signIn, ...tags }));
    await until(() => lab.resend.inbox.list('visitor@example.org').length === 1);
    expect(lab.resend.inbox.list().length).toBeLessThan(1_000);
  });
});

describe('a bad recipient', () => {
  test('becomes a failure in Ghost, and the other 99 go out', async () => {
    await using lab = await startMailLab();
    const good = membersOf(99);
    const bad = 'no-dot@localhost';
    await post(lab, newsletterForm([...good.slice(0, 50), bad, ...good.slice(50)]));
    await arrived(lab, 99);
    expect(mailsByAddress(lab.resend)).toEqual(ONCE_EACH(good));
    await until(async () => (await getEvents(lab, { event: 'failed' })).items.length === 1);
    const [failure] = (await getEvents(lab, { event: 'failed' })).items;
    expect(failure).toMatchObject({
      recipient: bad,
      severity: 'permanent',
      'delivery-status': { code: 550, message: expect.stringContaining('Invalid `to` field') },
    });
  });

  test('is found by halving where Resend refuses the whole batch for it', async () => {
    await using lab = await startMailLab();
    const good = membersOf(9);
    const bad = 'no-dot@localhost';
    // Without this header the stand-in is strict, as an account without the feature would be.
    const strict = { method: 'POST', path: BATCH } as const;
    lab.resend.faults.set([
      {
        match: { ...strict, times: 1 },
        fault: { status: 422, body: { name: 'validation_error', message: 'Invalid `to` field.' } },
      },
    ]);
    await post(lab, newsletterForm([...good, bad]));
    await arrived(lab, 9);
    await until(async () => (await getEvents(lab, { event: 'failed' })).items.length === 1);
    expect(mailsByAddress(lab.resend)).toEqual(ONCE_EACH(good));
    expect(lab.resend.requests.list(BATCH)).toHaveLength(3);
  });
});

describe('a call in doubt', () => {
  /** A chunk whose first call got no answer, with the bridge stopped before the second. */
  async function stopInDoubt(lab: MailLab, change: Record<string, unknown>) {
    lab.resend.faults.set([{ match: { path: BATCH }, fault: { dropAfterAccept: true } }]);
    await post(lab, newsletterForm(membersOf(2)));
    await arrived(lab, 2);
    await lab.bridge.stop();
    lab.resend.faults.clear();
    const { store } = await openMailStore({ dataDir: `${lab.dir}/mail` });
    await store.transaction(async (tx) => {
      await tx.updateTable('chunk').set(change).execute();
      // As a version left it that kept no bytes.
      await tx.deleteFrom('chunk_body').execute();
    });
    await store.close();
    await lab.restart();
  }

  test.each([
    ['rendered by another version', { renderer: RENDERER + 1 }],
    ['of other bytes', { sha256: createHash('sha256').update('other').digest('hex') }],
    ['older than Resend keeps its key', { keyed_at: Date.now() - 24 * 60 * 60 * 1000 }],
  ])('%s is never sent again, and says so', async (_what, change) => {
    await using lab = await startMailLab();
    await stopInDoubt(lab, change);
    await until(() => lab.log.some((line) => line.includes('"outcome":"ambiguous"')));
    expect(lab.resend.inbox.list()).toHaveLength(2);
    const { store } = await openMailStore({ dataDir: `${lab.dir}/mail` });
    const states = await store.db.selectFrom('recipient').select('state').execute();
    expect(states).toEqual([{ state: 'unknown' }, { state: 'unknown' }]);
    await store.close();
  });

  test('that is refused when repeated is not sent under other keys', async () => {
    await using lab = await startMailLab();
    lab.resend.faults.set([
      { match: { path: BATCH, times: 1 }, fault: { dropAfterAccept: true } },
      {
        match: { path: BATCH, times: 1 },
        fault: { status: 422, body: { name: 'x', message: 'y' } },
      },
    ]);
    await post(lab, newsletterForm(membersOf(4)));
    await until(() => lab.log.some((line) => line.includes('"outcome":"ambiguous"')));
    expect(mailsByAddress(lab.resend)).toEqual(ONCE_EACH(membersOf(4)));
    expect(lab.resend.requests.list(BATCH)).toHaveLength(2);
  });

  test('is not begun by a worker that slept while another did the work', async () => {
    await using lab = await startMailLab();
    await lab.bridge.stop();
    const { store, queues } = await openMailStore({ dataDir: `${lab.dir}/mail` });
    const message = parseMessage(
      new Map([...newsletterForm(membersOf(1))].map(([name, value]) => [name, [String(value)]])),
    );
    await acceptMessage(
      { store, queues, now: Date.now },
      { site: 'ghost', domain: DOMAIN },
      message,
    );
    const [job] = await queues.chunks.claim(1, 1_000);
    if (job === undefined) throw new Error('nothing to send');
    const resend = createResendClient({ apiKey: lab.resend.apiKey, baseUrl: lab.resend.url });
    const pace = createSharedPace(store, systemClock);
    const awake = { store, queues, resend, clock: systemClock, pace };
    const send = (turns: SharedPace) =>
      sendChunk({ ...awake, pace: turns }, job, new AbortController().signal);
    // The sleeper has read the chunk when the other begins, and wakes when it is done.
    const slept = Promise.withResolvers<void>();
    const sleeper = send({
      ...pace,
      take: async (...turn) => {
        await slept.promise;
        return pace.take(...turn);
      },
    });
    const result = await send(pace);
    await store.transaction(async (tx) => result.also?.(tx));
    slept.resolve();
    expect(await sleeper).toMatchObject({ kind: 'retry' });
    expect(lab.resend.requests.list(BATCH)).toHaveLength(1);
    await store.close();
  });

  test('goes out as it was after an update that renders otherwise, since its bytes are kept', async () => {
    await using lab = await startMailLab();
    lab.resend.faults.set([{ match: { path: BATCH }, fault: { dropAfterAccept: true } }]);
    await post(lab, newsletterForm(membersOf(2)));
    await arrived(lab, 2);
    await lab.bridge.stop();
    lab.resend.faults.clear();
    const { store } = await openMailStore({ dataDir: `${lab.dir}/mail` });
    await store.transaction(async (tx) => {
      // What another version would make of these rows is not what was sent.
      await tx
        .updateTable('chunk')
        .set({ renderer: RENDERER - 1 })
        .execute();
      await tx.updateTable('recipient').set({ variables: '{"name":"changed"}' }).execute();
    });
    await store.close();
    await lab.restart();
    await until(() => lab.log.some((line) => line.includes('"outcome":"done"')));
    expect(mailsByAddress(lab.resend)).toEqual(ONCE_EACH(membersOf(2)));
    const { store: after } = await lab.look();
    expect(await after.db.selectFrom('chunk_body').selectAll().execute()).toEqual([]);
  });

  test('is answered by Resend with the first answer after a restart', async () => {
    await using lab = await startMailLab();
    await stopInDoubt(lab, { size: 2 });
    await until(() => lab.log.some((line) => line.includes('"outcome":"done"')));
    expect(mailsByAddress(lab.resend)).toEqual(ONCE_EACH(membersOf(2)));
  });
});
