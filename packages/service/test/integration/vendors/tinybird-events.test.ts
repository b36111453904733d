import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createTinybirdEvents, listen } from '../../../src/index.ts';

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** An upstream that answers so, and what it was asked. */
async function upstream({ status, headers = {}, body = 'words' }: Answer) {
  const asked: (Pick<IncomingMessage, 'url' | 'headers'> & { body: string })[] = [];
  const server = createServer(async (request, response) => {
    asked.push({ url: request.url, headers: request.headers, body: await text(request) });
    response.writeHead(status, headers).end(body);
  });
  const listener = await listen(server, { host: '127.0.0.1', port: 0 });
  return { url: listener.url, asked, [Symbol.asyncDispose]: () => listener.close() };
}

const clientOf = (url: string) => createTinybirdEvents({ url, token: 't', datasource: 'd' });

test('rows are sent as they are, and the answer waits until they are written', async () => {
  const body = '{"successful_rows":1,"quarantined_rows":1}';
  await using there = await upstream({ status: 202, body });
  const { send } = clientOf(`${there.url}/`);
  expect(await send('{}\n{}', 'a batch')).toEqual({ kind: 'accepted', rows: 1, quarantined: 1 });
  await send(Buffer.from('{}'));
  const about = { 'content-type': 'application/x-ndjson', authorization: 'Bearer t' };
  const url = '/v0/events?name=d&wait=true';
  expect(there.asked).toMatchObject([
    { url, body: '{}\n{}', headers: { ...about, 'prosora-batch': 'a batch' } },
    { url, body: '{}', headers: about },
  ]);
  expect(there.asked[1]?.headers).not.toHaveProperty('prosora-batch');
});

test.each([
  [400, { kind: 'refused' }],
  [413, { kind: 'refused' }],
  [422, { kind: 'halfway', isOfRow: true }],
  [409, { kind: 'halfway', isOfRow: false }],
  [408, { kind: 'unavailable', mayBeWritten: false }],
  [429, { kind: 'unavailable', mayBeWritten: false }],
  [500, { kind: 'unavailable', mayBeWritten: true }],
  [503, { kind: 'unavailable', mayBeWritten: true }],
  [301, { kind: 'misconfigured' }],
  [401, { kind: 'misconfigured' }],
  [402, { kind: 'misconfigured' }],
  [403, { kind: 'misconfigured' }],
  [404, { kind: 'misconfigured' }],
  [418, { kind: 'misconfigured' }],
])('%i is %o', async (status, outcome) => {
  await using there = await upstream({ status });
  expect(await clientOf(there.url).send('{}')).toEqual({ ...outcome, reason: `${status}: words` });
});

test('a wait that is asked for is told', async () => {
  await using there = await upstream({ status: 429, headers: { 'retry-after': '7' } });
  expect(await clientOf(there.url).send('{}')).toMatchObject({ afterMs: 7_000 });
});

test('a 2xx that counts no rows comes from something else', async () => {
  await using there = await upstream({ status: 200, body: '<html>"quarantined_rows":0' });
  expect(await clientOf(there.url).send('{}')).toMatchObject({ kind: 'misconfigured' });
});

test('where nobody listens nothing was written; where an answer is late it may be', async () => {
  const there = await upstream({ status: 200 });
  await there[Symbol.asyncDispose]();
  const outcome = await clientOf(there.url).send('{}');
  expect(outcome).toMatchObject({ kind: 'unavailable', mayBeWritten: false });
  await using silent = await listen(createServer(), { host: '127.0.0.1', port: 0 });
  const late = { url: silent.url, token: 't', datasource: 'd', timeoutMs: 20 };
  expect(await createTinybirdEvents(late).send('{}')).toMatchObject({
    kind: 'unavailable',
    mayBeWritten: true,
  });
});
