import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { withRetries } from '../../src/cloudinary/retry.ts';
import { CloudinaryError } from '../../src/errors.ts';

const policy = { retries: 4, timeoutMs: 1000, deadlineMs: 60_000 };

function fakeClock(random = 1) {
  const waits: number[] = [];
  const clock = {
    at: 0,
    now: () => clock.at,
    random: () => random,
    sleep: async (waitMs: number) => {
      waits.push(waitMs);
      clock.at += waitMs;
    },
  };
  return { clock, waits };
}

const busy = (retryAfterMs?: number) =>
  new CloudinaryError('InternalServerError', 'BUSY', 'busy', { retryable: true, retryAfterMs });

test('a call that may succeed later is repeated with doubling waits', async () => {
  const { clock, waits } = fakeClock();
  const call = vi.fn().mockRejectedValueOnce(busy()).mockRejectedValueOnce(busy());
  await expect(withRetries(call.mockResolvedValue('done'), policy, clock)).resolves.toBe('done');
  expect(waits).toEqual([500, 1000]);
});

test('an error of another copy of the class is as good', async () => {
  const { clock, waits } = fakeClock();
  const call = vi
    .fn()
    .mockRejectedValueOnce({ ...busy(2000) })
    .mockResolvedValue('done');
  await expect(withRetries(call, policy, clock)).resolves.toBe('done');
  expect(waits).toEqual([2500]);
});

test('a call that cannot succeed is made once', async () => {
  const { clock } = fakeClock();
  const refused = new CloudinaryError('BadRequestError', 'NO', 'no');
  const call = vi.fn().mockRejectedValue(refused);
  await expect(withRetries(call, policy, clock)).rejects.toBe(refused);
  expect(call).toHaveBeenCalledOnce();
});

test('an error that is not of Cloudinary is not repeated', async () => {
  const { clock } = fakeClock();
  const call = vi.fn().mockRejectedValue(new Error('a defect'));
  await expect(withRetries(call, policy, clock)).rejects.toThrow('a defect');
  expect(call).toHaveBeenCalledOnce();
});

test('the last error is thrown when the retries are used up', async () => {
  const { clock } = fakeClock();
  const call = vi.fn().mockRejectedValue(busy());
  await expect(withRetries(call, policy, clock)).rejects.toMatchObject({ code: 'BUSY' });
  expect(call).toHaveBeenCalledTimes(5);
});

test('what Cloudinary asks for is waited, with some jitter on top', async () => {
  const { clock, waits } = fakeClock(0.5);
  const call = vi.fn().mockRejectedValueOnce(busy(7000)).mockResolvedValue('done');
  await withRetries(call, policy, clock);
  expect(waits).toEqual([7250]);
});

test('a wait past the deadline is not begun', async () => {
  const { clock, waits } = fakeClock();
  const call = vi.fn().mockRejectedValue(busy(61_000));
  await expect(withRetries(call, policy, clock)).rejects.toMatchObject({ code: 'BUSY' });
  expect(waits).toEqual([]);
});

test('no sequence of failures and delays lasts longer than the deadline', async () => {
  const failure = fc.record({
    tookMs: fc.nat({ max: 1000 }),
    retryAfterMs: fc.option(fc.nat({ max: 100_000 }), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.infiniteStream(failure),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (failures, random) => {
        const { clock } = fakeClock(random);
        const call = async () => {
          const { tookMs, retryAfterMs } = failures.next().value;
          clock.at += tookMs;
          throw busy(retryAfterMs);
        };
        await expect(withRetries(call, { ...policy, retries: 50 }, clock)).rejects.toThrow('busy');
        expect(clock.at).toBeLessThanOrEqual(policy.deadlineMs + 1000);
      },
    ),
  );
});
