import { expect, test } from 'vitest';
import {
  type MailStatus,
  type Progress,
  standingOf,
  whyWaiting,
} from '../../src/mail/why-waiting.ts';

const NOW = Date.parse('2026-12-01T12:00:00Z');
const SOON = '2026-12-01T12:00:01.000Z';
const LATER = '2026-12-01T13:00:00.000Z';

const well = { isReady: true, failures: [], heldUntil: null } as unknown as MailStatus;
const sending = { decision: null, queued: 40, waits: null } as unknown as Progress;
const why = (progress: Partial<Progress>, status: Partial<MailStatus> = {}) =>
  whyWaiting(
    { ...sending, ...progress },
    { ...well, ...status },
    { now: NOW, moment: (iso) => iso },
  );

const call = (reason: string | null, dueAt = SOON): Progress['waits'] => ({
  state: 'delayed',
  attempts: 1,
  dueAt,
  reason,
});

test('a newsletter that is sent, canceled, or waits for its turn alone has nothing to be told of', () => {
  expect(why({ queued: 0 })).toBeUndefined();
  expect(why({ decision: 'canceled' })).toBeUndefined();
  expect(why({ waits: call(null) })).toBeUndefined();
});

test('what a person decided weighs more than what Resend says', () => {
  const paused = why({ decision: 'paused', waits: call('rate_limit') }, { heldUntil: LATER });
  expect(paused).toMatchObject({ code: 'PAUSED', message: expect.stringContaining('40 mails') });
});

test('a word says where a newsletter stands', () => {
  const word = (progress: Partial<Progress>, status: Partial<MailStatus> = {}) =>
    standingOf({ ...sending, ...progress }, { ...well, ...status });
  expect(word({})).toBe('sending');
  expect(word({ queued: 0 })).toBe('done');
  expect(word({ decision: 'canceled' })).toBe('canceled');
  expect(word({}, { heldUntil: LATER })).toBe('waiting');
  expect(word({ waits: call(null, '2999-01-01T00:00:00.000Z') })).toBe('scheduled');
});

test('a quota that is used up is told with the end of the wait and what ends it earlier', () => {
  const reason = 'daily_quota_exceeded: You have reached your daily email sending quota';
  const held = why({ waits: call(reason) }, { heldUntil: LATER });
  expect(held?.message).toBe(
    `Resend takes no mail before ${LATER}. The last try ended so: ${reason}.`,
  );
  expect(held?.help).toContain('plan at Resend');
  expect(why({}, { heldUntil: LATER })?.help).toBeUndefined();
});

test('a failed try is told with its words and when the next is, a later delivery with its time', () => {
  const failed = why({ waits: call('The domain is not verified.', LATER) });
  expect(failed).toMatchObject({ code: 'FAILED', help: expect.stringContaining('doctor') });
  expect(failed?.message).toContain('The domain is not verified. The next try is at');
  expect(why({ waits: call(null, LATER) })?.message).toBe(`It is to be sent at ${LATER}.`);
  expect(why({}, { isReady: false, failures: ['The store is full.'] })?.message).toBe(
    'The store is full.',
  );
});
