import { describe, expect, test } from 'vitest';
import type { ResendAnswer } from '../../src/send/resend.ts';
import { judge } from '../../src/send/verdict.ts';

const answerOf = (answer: Partial<ResendAnswer>): ResendAnswer => ({
  status: 200,
  connected: true,
  name: null,
  message: 'Said so.',
  body: undefined,
  rate: { limit: null, remaining: null, resetMs: null, windowMs: null },
  retryAfterMs: null,
  ...answer,
});

describe('an answer to a batch', () => {
  test.each([
    [429, 'rate_limit_exceeded', 'paced'],
    [429, 'daily_quota_exceeded', 'quota'],
    [429, 'monthly_quota_exceeded', 'quota'],
    [429, 'something_new', 'paced'],
    [409, 'concurrent_idempotent_requests', 'busy'],
    [409, 'invalid_idempotent_request', 'mismatch'],
    [409, 'something_new', 'unsure'],
    [401, 'missing_api_key', 'locked'],
    [403, 'invalid_api_key', 'locked'],
    [403, 'validation_error', 'blocked'],
    [400, 'validation_error', 'refused'],
    [422, 'missing_required_field', 'refused'],
    [500, 'internal_server_error', 'unsure'],
    [503, null, 'unsure'],
    [302, null, 'unsure'],
    [null, 'ECONNRESET', 'unsure'],
    [null, null, 'unsure'],
  ] as const)('%s %s is %s', (status, name, kind) => {
    expect(judge(answerOf({ status, name }), 2)).toMatchObject({ kind });
  });

  test.each(['ECONNREFUSED', 'EHOSTUNREACH', 'CERT_HAS_EXPIRED', null])(
    'without a connection (%s) is none, and nothing is in doubt',
    (name) => {
      const answer = answerOf({ status: null, connected: false, name });
      expect(judge(answer, 2)).toMatchObject({ kind: 'unreachable' });
    },
  );

  test('names the mails that were refused and gives the ids to the others', () => {
    const body = { data: [{ id: 'x' }, { id: 'y' }], errors: [{ index: 1, message: 'Invalid.' }] };
    expect(judge(answerOf({ body }), 3)).toEqual({
      kind: 'accepted',
      ids: ['x', null, 'y'],
      refused: [{ index: 1, message: 'Invalid.' }],
    });
  });

  test('ids that do not fit are left out, the mails are out all the same', () => {
    const body = { data: [{ id: 'x' }] };
    expect(judge(answerOf({ body }), 3)).toEqual({
      kind: 'accepted',
      ids: [null, null, null],
      refused: [],
    });
  });

  test("a refusal of a mail that was not in the batch is nobody's", () => {
    const body = { data: [{ id: 'x' }], errors: [{ index: 7, message: 'Invalid.' }] };
    expect(judge(answerOf({ body }), 1)).toEqual({ kind: 'accepted', ids: ['x'], refused: [] });
  });

  test('a 200 whose body is broken leaves everything open', () => {
    expect(judge(answerOf({ body: undefined }), 1)).toMatchObject({ kind: 'unsure' });
  });
});
