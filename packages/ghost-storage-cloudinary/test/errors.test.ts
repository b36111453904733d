import { expect, test } from 'vitest';
import { CloudinaryError, StorageError } from '../src/errors.ts';

/** Ghost's own test (@tryghost/errors, utils `isGhostError`). */
function isGhostError(error: Error): boolean {
  for (let type = error.constructor; type?.name; type = Object.getPrototypeOf(type)) {
    if (type.name === 'GhostError') return true;
  }
  return false;
}

test('Ghost takes our errors for its own and finds its sentence by their name', () => {
  const cause = new Error('before');
  const error = new StorageError('NotFoundError', 'FILE_NOT_FOUND', 'File not found', { cause });
  expect(isGhostError(error)).toBe(true);
  expect(error).toMatchObject({
    name: 'NotFoundError',
    errorType: 'NotFoundError',
    statusCode: 404,
  });
  expect(error.id).toMatch(/^[0-9a-f-]{36}$/);
  // Ghost would show a context in place of the message.
  expect(error.context).toBeUndefined();
  expect(error.cause).toBe(cause);
});

test('what Cloudinary answers is not retryable unless it says so', () => {
  const error = new CloudinaryError('InternalServerError', 'X', 'x', { statusCode: 503 });
  expect(isGhostError(error)).toBe(true);
  expect(error).toMatchObject({ statusCode: 503, retryable: false, retryAfterMs: undefined });
});
