import { describe, expect, test } from 'vitest';
import { connectionFailure, failureOf } from '../../src/cloudinary/failures.ts';
import { diskFailure } from '../../src/errors.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const answered = (status: number, message?: string, headers: Record<string, string> = {}) =>
  failureOf(
    new Response(null, { status, headers }),
    message === undefined ? '' : JSON.stringify({ error: { message } }),
    NOW,
  );

describe('what Cloudinary refuses', () => {
  test.each([
    [400, 'Missing required parameter - file', 'BadRequestError', 400, false],
    [400, 'Invalid image file', 'UnsupportedMediaTypeError', 415, false],
    [401, 'Invalid Signature', 'NoPermissionError', 403, false],
    [403, 'Not allowed', 'NoPermissionError', 403, false],
    [404, 'Resource not found', 'NotFoundError', 404, false],
    [409, 'Conflict', 'InternalServerError', 502, false],
    [413, 'Too large', 'RequestEntityTooLargeError', 413, false],
    [420, 'Rate Limit Exceeded', 'TooManyRequestsError', 429, true],
    [423, 'Processing', 'InternalServerError', 503, true],
    [429, 'Rate Limit Exceeded', 'TooManyRequestsError', 429, true],
    [500, 'General Error', 'InternalServerError', 503, true],
    [503, 'Maintenance', 'InternalServerError', 503, true],
  ])('%i "%s" becomes %s %i, retryable: %s', (status, said, errorType, statusCode, retryable) => {
    const failure = answered(status, said);
    expect(failure).toMatchObject({ name: errorType, errorType, statusCode, retryable });
    expect(failure.message).toBe(`Cloudinary refused the request: ${said} (HTTP ${status})`);
  });

  test('a file over the limit of the plan says the limit and what to do', () => {
    const failure = answered(400, 'File size too large. Got 12419652. Maximum is 10485760.');
    expect(failure).toMatchObject({ statusCode: 413, code: 'CLOUDINARY_FILE_TOO_LARGE' });
    expect(failure.message).toContain('11.8 MiB');
    expect(failure.message).toContain('10 MiB');
    expect(failure.help).toContain('Cloudinary plan');
  });

  test('the words of a proxy or of the header are kept', () => {
    const proxy = failureOf(new Response(null, { status: 502 }), '<h1>Bad\n Gateway</h1>', NOW);
    expect(proxy.message).toContain('Bad Gateway');
    expect(answered(500, undefined, { 'X-Cld-Error': 'Boom' }).message).toContain('Boom');
    expect(answered(500).message).toContain('no reason given');
  });

  test.each([
    [{ 'Retry-After': '7' }, 7000],
    [{ 'Retry-After': 'Mon, 23 Nov 2026 12:00:30 GMT' }, 30_000],
    [{ 'X-FeatureRateLimit-Reset': 'Mon, 23 Nov 2026 13:00:00 GMT' }, 3_600_000],
    [{ 'Retry-After': 'Mon, 23 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'Retry-After': 'soon' }, undefined],
    [{}, undefined],
  ])('%j means to wait %s ms', (headers, retryAfterMs) => {
    expect(answered(429, 'Slow down', headers as Record<string, string>).retryAfterMs).toBe(
      retryAfterMs,
    );
  });
});

test('the reset of a limit is no reason to wait for anything else', () => {
  const headers = { 'X-FeatureRateLimit-Reset': 'Mon, 23 Nov 2026 13:00:00 GMT' };
  expect(answered(503, 'Maintenance', headers).retryAfterMs).toBeUndefined();
  expect(answered(420, 'Rate Limit Exceeded', headers).retryAfterMs).toBe(3_600_000);
});

test('a 401 of the CDN speaks of delivery, not of keys', () => {
  const response = new Response(null, {
    status: 401,
    headers: { 'X-Cld-Error': 'deny or ACL failure' },
  });
  const failure = failureOf(response, '', NOW, 'delivery');
  expect(failure).toMatchObject({ code: 'CLOUDINARY_NOT_DELIVERED', statusCode: 403 });
  expect(failure.help).toContain('PDF and ZIP files delivery');
});

describe('what gets no answer', () => {
  test('a connection that fails is retryable and says why', () => {
    const cause = new Error('connect ECONNREFUSED 127.0.0.1:1');
    const failure = connectionFailure(new TypeError('fetch failed', { cause }), 'api.example');
    expect(failure).toMatchObject({
      code: 'CLOUDINARY_UNREACHABLE',
      statusCode: 502,
      retryable: true,
    });
    expect(failure.message).toBe('api.example cannot be reached: connect ECONNREFUSED 127.0.0.1:1');
  });

  test('what failed on this machine stays what it is, whichever bundle it comes from', () => {
    const failed = { ...diskFailure('a.png', new Error('full')) };
    expect(connectionFailure(failed, 'api.example')).toBe(failed);
  });

  test('a timeout is one of its own', () => {
    const failure = connectionFailure(new DOMException('late', 'TimeoutError'), 'api.example');
    expect(failure).toMatchObject({ code: 'CLOUDINARY_TIMEOUT', statusCode: 504, retryable: true });
  });
});
