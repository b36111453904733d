import { ProsoraError } from '@prosora/service';
import { expect, test } from 'vitest';
import { answerOf, statusOf } from '../../src/services/answer.ts';

const failing = (error: Error) => answerOf('mail', Promise.reject(error));

test('what a part says is its value', async () => {
  expect(await answerOf('mail', Promise.resolve(1))).toEqual({ value: 1 });
});

test.each([
  ['NOT_RUNNING', 'The mail service does not run.', '`./prosora logs mail` says why.'],
  ['UNANSWERED', 'The mail service does not answer.', '`./prosora logs mail` says why.'],
  ['ERR_SQLITE_ERROR', 'The mail service could not do that.', '`./prosora logs mail` says why.'],
  ['ENOSPC', 'The mail service could not do that.', '`./prosora logs mail` says why.'],
  ['UNEXPECTED', 'The mail service could not do that.', '`./prosora logs mail` says why.'],
])('%s is a sentence with a remedy', async (code, message, help) => {
  const { problem } = await failing(new ProsoraError(code, 'http://mail:4201 said no.'));
  expect(problem).toMatchObject({ message, help });
});

test('a token that is not taken is said without it', async () => {
  const { problem } = await failing(new ProsoraError('UNAUTHORIZED', 'Bearer TOKEN'));
  expect(problem?.message).toBe("The mail service does not take the console's token.");
});

test('what a service refuses is said in its words', async () => {
  const { problem } = await failing(new ProsoraError('USAGE', 'since: Invalid ISO datetime'));
  expect(problem?.message).toBe('since: Invalid ISO datetime');
  expect([statusOf(problem), statusOf(undefined)]).toEqual([400, 200]);
  expect(statusOf({ code: 'NOT_FOUND', message: '' })).toBe(404);
});

test('a fault of the console is none of a part', async () => {
  await expect(failing(new TypeError('x is not a function'))).rejects.toThrow('x is not');
  const fault = Object.assign(new Error('Invalid URL'), { code: 'ERR_INVALID_URL' });
  await expect(failing(fault)).rejects.toThrow('Invalid URL');
});
