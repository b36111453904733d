import { expect, test } from 'vitest';
import { checkJump } from '../../src/doctor/clock.ts';
import { createResendClient } from '../../src/send/resend.ts';
import { sendChunk } from '../../src/send/send.ts';
import { createSharedPace } from '../../src/send/shared-pace.ts';
import { trustClocks } from '../../src/store/steady-clock.ts';
import { type OpenedMailStore, openMailStore } from '../../src/store/store.ts';
import {
  acceptForm,
  delivered,
  eachPlace,
  type MailLab,
  machineClock,
  membersOf,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../fixtures/bridge-with-resend.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

eachPlace((nextPlace) => {
  const start = async (clocks: ReturnType<typeof machineClock>): Promise<MailLab> =>
    startMailLab({ place: await nextPlace(), bridge: { clocks, choresEveryMs: 20 } });

  async function metric(lab: MailLab, name: string): Promise<number> {
    const text = await (await fetch(`${lab.bridge.privateUrl}/metrics`)).text();
    return Number(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(text)?.[1]);
  }

  /** Waits until chores were done by this time on the bridge's clock. */
  async function choresAt(lab: MailLab, time: number): Promise<void> {
    const { store } = await lab.look();
    const note = () =>
      store.db.selectFrom('note').select('value').where('name', '=', 'chores-at').execute();
    await until(async () => Number((await note())[0]?.value) > time);
  }

  /** Sends a newsletter to three, whose answer is lost; what it resolves to tries again. */
  async function sendInDoubt(lab: MailLab, opened: OpenedMailStore) {
    const { store, queues, clock, guard } = opened;
    await acceptForm(opened, newsletterForm(membersOf(3)), clock.now);
    const resend = createResendClient({ apiKey: lab.resend.apiKey, baseUrl: lab.resend.url });
    const pace = createSharedPace(store, clock);
    const context = { store, queues, resend, clock, pace, latest: guard.latest };
    const [job] = await queues.chunks.claim(1, 60_000);
    if (job === undefined) throw new Error('nothing to send');
    const send = () => sendChunk(context, job, new AbortController().signal);
    lab.resend.faults.set([{ match: { times: 1 }, fault: { dropAfterAccept: true } }]);
    await send();
    expect(lab.resend.inbox.list()).toHaveLength(3);
    return send;
  }

  test.each([
    ['ahead', 100 * DAY_MS],
    ['back', -100 * DAY_MS],
  ])(
    'a clock that is set %s by 100 days forgets nothing, and time that truly passes does',
    async (_way, stepMs) => {
      const clocks = machineClock();
      await using lab = await start(clocks);
      await post(lab, newsletterForm(membersOf(2)));
      await delivered(lab.resend, 2);
      const { store } = await lab.look();
      const messages = () => store.db.selectFrom('message').select('id').execute();
      clocks.step(stepMs);
      clocks.pass(2 * HOUR_MS);
      const begun = clocks.truth();
      await choresAt(lab, begun);
      await choresAt(lab, begun + 30);
      expect(await messages()).toHaveLength(1);
      expect(await metric(lab, 'prosora_clock_step_seconds')).toBeCloseTo(stepMs / 1_000, -2);
      // Set back, nobody knows that it is late enough: a person has to say so.
      clocks.pass(101 * DAY_MS + (stepMs < 0 ? 100 * DAY_MS : 0));
      await until(async () => (await messages()).length === 0);
    },
  );

  test('a call in doubt whose key ran out is not repeated after the clock was set back', async () => {
    const clocks = machineClock();
    await using lab = await start(clocks);
    await lab.bridge.stop();
    const opened = await openMailStore(lab.place, undefined, clocks);
    await using _closing = opened.store;
    const send = await sendInDoubt(lab, opened);
    clocks.pass(24.2 * HOUR_MS);
    clocks.step(-DAY_MS);
    expect(await send()).toMatchObject({ kind: 'ambiguous' });
    expect(lab.resend.requests.list(/batch/)).toHaveLength(1);
  });

  test.each([
    ['in the future', 24.2 * HOUR_MS, -40 * DAY_MS],
    ['an hour ago', 50 * HOUR_MS, -49 * HOUR_MS],
  ])(
    'a call in doubt is not repeated when its key seems made %s since a person set time back',
    async (_when, passedMs, stepMs) => {
      const clocks = machineClock();
      await using lab = await start(clocks);
      await lab.bridge.stop();
      clocks.step(-stepMs);
      const opened = await openMailStore(lab.place, undefined, clocks);
      const { store, guard, keepIn } = opened;
      await using _closing = store;
      keepIn(store);
      guard.trust();
      await guard.look();
      const send = await sendInDoubt(lab, opened);
      clocks.pass(passedMs);
      clocks.step(stepMs);
      await trustClocks(store);
      await guard.look();
      expect(guard.doubt()).toBeUndefined();
      expect(await send()).toMatchObject({ kind: 'ambiguous' });
      expect(lab.resend.requests.list(/batch/)).toHaveLength(1);
    },
  );

  test('mail that cannot be sent is not given up because the clock jumped by its seven days', async () => {
    const clocks = machineClock();
    await using lab = await start(clocks);
    lab.resend.settings.set({ anyDomain: false });
    await post(lab, newsletterForm(membersOf(1), { from: 'news@other.example.com' }));
    const tries = () => lab.log.filter((line) => line.includes('"outcome":"retry"')).length;
    await until(() => tries() > 0);
    clocks.step(30 * DAY_MS);
    const before = tries();
    clocks.pass(HOUR_MS);
    await until(() => tries() > before + 1);
    lab.resend.settings.set({ anyDomain: true });
    clocks.pass(HOUR_MS);
    await until(() => lab.resend.inbox.list().length === 1);
    expect(lab.log.join('')).not.toContain('chunk.dead');
  });

  test('a delivery time by the clock of Ghost, which jumped as well, is kept', async () => {
    const clocks = machineClock();
    await using lab = await start(clocks);
    clocks.step(30 * DAY_MS);
    const at = new Date(clocks.now() + 2_000).toUTCString();
    await post(lab, newsletterForm(membersOf(1), { 'o:deliverytime': at }));
    await until(() => lab.resend.inbox.list().length === 1);
  });

  test('a jump is told in the log, by doctor and status, until a person trusts the clock', async () => {
    const clocks = machineClock();
    await using lab = await start(clocks);
    clocks.step(-3 * DAY_MS);
    await until(() => lab.log.some((line) => line.includes('clock.jumped')));
    const other = await openMailStore(lab.place, undefined, clocks);
    await using _closing = other.store;
    expect(checkJump(other)).toMatchObject({
      status: 'fail',
      sentence: expect.stringContaining('3 days behind'),
      remedy: expect.stringContaining('prosora-mail trust-clock'),
    });
    expect(await trustClocks(other.store)).toBe(1);
    await until(() => lab.log.some((line) => line.includes('clock.believed')));
    expect(await metric(lab, 'prosora_clock_step_seconds')).toBe(0);
  });

  test('what the guard saw outlives the bridge', async () => {
    const clocks = machineClock();
    await using lab = await start(clocks);
    clocks.step(50 * DAY_MS);
    await until(() => lab.log.some((line) => line.includes('clock.jumped')));
    await lab.restart();
    expect(await metric(lab, 'prosora_clock_step_seconds')).toBeCloseTo((50 * DAY_MS) / 1_000, -2);
  });
});
