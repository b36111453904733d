import { createServer, type RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { askOperation, listen } from '../../../src/index.ts';

const call = { token: 'a token', name: 'status', isWrite: false, input: {}, timeoutMs: 5_000 };

async function ask(answer: RequestListener, caller = 'a test'): Promise<unknown> {
  const listener = await listen(createServer(answer), { host: '127.0.0.1', port: 0 });
  try {
    return await askOperation({ ...call, url: listener.url, caller });
  } finally {
    await listener.close(0);
  }
}

test('whoever asks may have any name, and is written down as the log has them', async () => {
  const heard = await ask(({ headers }, response) => {
    response.end(JSON.stringify(headers['x-prosora-caller']));
  }, 'Łukasz 李 <l@example.com>\r\nx: y');
  expect(heard).toBe('?ukasz ? <l@example.com>??x: y');
});

test.each([
  ['no JSON', '<!doctype html>'],
  ['nothing', ''],
])('%s is no answer, whatever its status', async (_, body) => {
  const asked = ask((_request, response) => void response.end(body));
  await expect(asked).rejects.toMatchObject({ code: 'UNANSWERED' });
});

test('an answer as large as no list is given up, and one that is a little smaller is read', async () => {
  const textOf = (chars: number) => JSON.stringify('x'.repeat(chars));
  const answered = (chars: number) => ask((_, response) => void response.end(textOf(chars)));
  expect(await answered(7_000_000)).toHaveLength(7_000_000);
  await expect(answered(9_000_000)).rejects.toMatchObject({ code: 'UNANSWERED' });
});
