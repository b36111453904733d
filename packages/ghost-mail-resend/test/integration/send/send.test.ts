import { describe, expect, test } from 'vitest';
import { describePace } from '../../../src/send/shared-pace.ts';
import {
  arrived,
  BATCH,
  getEvents,
  mailsByAddress,
  membersOf,
  movableClock,
  newsletterForm,
  onceEach,
  post,
  startMailLab,
  until,
} from '../../fixtures/bridge-with-resend.ts';

describe('whatever Resend does', () => {
  test('an answer that is lost after the mails were taken doubles none', async () => {
    await using lab = await startMailLab();
    lab.resend.faults.set([{ match: { path: BATCH, times: 2 }, fault: { dropAfterAccept: true } }]);
    const to = membersOf(150);
    await post(lab, newsletterForm(to));
    await until(() => lab.log.filter((line) => line.includes('"outcome":"done"')).length === 2);
    expect(mailsByAddress(lab.resend)).toEqual(onceEach(to));
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
    expect(mailsByAddress(lab.resend)).toEqual(onceEach(to));
  });

  test.each(['fixed-window', 'sliding-log', 'token-bucket'] as const)(
    'a limit of five calls a second by %s is kept well enough that all is sent',
    async (limiter) => {
      await using lab = await startMailLab({ settings: { limiter, requestsPerSecond: 5 } });
      const to = membersOf(1_000);
      await post(lab, newsletterForm(to));
      await arrived(lab, 1_000);
      expect(mailsByAddress(lab.resend)).toEqual(onceEach(to));
    },
  );

  test('a quota that is used up parks mail without a call a second, until it is there again', async () => {
    const clock = movableClock();
    await using lab = await startMailLab({ clock, settings: { dailyQuota: 0 } });
    await post(lab, newsletterForm(membersOf(1)));
    await until(() => lab.log.some((line) => line.includes('daily_quota_exceeded')));
    const { store, queues } = await lab.look();
    const inAnHour = clock.now() + 60 * 60 * 1000;
    const soon = inAnHour - 60 * 1000;
    await until(async () => (await queues.chunks.list())[0]?.state === 'delayed');
    const [job] = await queues.chunks.list();
    expect(job?.dueAt?.getTime()).toBeGreaterThan(soon);
    expect(job?.dueAt?.getTime()).toBeLessThanOrEqual(inAnHour);
    // Nor does any other mail leave before.
    expect((await describePace(store)).heldUntil.getTime()).toBeGreaterThan(soon);
    lab.resend.settings.set({ dailyQuota: null });
    clock.forward(61 * 60 * 1000);
    await arrived(lab, 1);
    expect(lab.resend.requests.list(BATCH)).toHaveLength(2);
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

test('a sender that is not verified holds up its own newsletter alone', async () => {
  await using lab = await startMailLab({ settings: { anyDomain: false } });
  const unverified = '"Other" <news@other.example.com>';
  // More calls than failures after which the worker would take Resend for dead.
  const members = membersOf(1_500);
  await post(lab, newsletterForm(members, { from: unverified, 'v:email-id': 'unverified' }));
  const blocked = () => lab.log.filter((line) => line.includes('"outcome":"retry"')).length;
  await until(() => blocked() >= 15);
  await post(lab, newsletterForm(membersOf(500), { 'v:email-id': 'good' }));
  // A Resend taken for dead would be asked once in a while, and by the older newsletter first.
  await arrived(lab, 500);
});

describe('a bad recipient', () => {
  test('becomes a failure in Ghost, and the other 99 go out', async () => {
    await using lab = await startMailLab();
    const good = membersOf(99);
    const bad = 'no-dot@localhost';
    await post(lab, newsletterForm([...good.slice(0, 50), bad, ...good.slice(50)]));
    await arrived(lab, 99);
    expect(mailsByAddress(lab.resend)).toEqual(onceEach(good));
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
    expect(mailsByAddress(lab.resend)).toEqual(onceEach(good));
    expect(lab.resend.requests.list(BATCH)).toHaveLength(3);
  });
});
