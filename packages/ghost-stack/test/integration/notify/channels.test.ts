import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { channelsOf } from '../../../src/notify/channels.ts';
import type { Message } from '../../../src/notify/message.ts';

const MESSAGE: Message = { title: 'Böse Überraschung', text: 'The disk is full.', kind: 'problem' };

let url: string;
let status = 200;
let got: { path: string; headers: IncomingHttpHeaders; body: string }[] = [];
const server = createServer(async (request, response) => {
  got.push({ path: request.url ?? '', headers: request.headers, body: await text(request) });
  response.writeHead(status).end();
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  got = [];
  status = 200;
});
afterAll(() => server.close());

test('Slack, Discord and a webhook of any kind get what each reads', async () => {
  const channels = channelsOf({
    NOTIFY_SLACK_URL: `${url}/slack`,
    NOTIFY_DISCORD_URL: `${url}/discord`,
    NOTIFY_WEBHOOK_URL: `${url}/hook`,
  });
  for (const { send } of channels) await send(MESSAGE);
  const words = 'Böse Überraschung\nThe disk is full.';
  expect(got.map(({ path, body }) => [path, JSON.parse(body)])).toEqual([
    ['/slack', { text: words }],
    ['/discord', { content: words, allowed_mentions: { parse: [] } }],
    ['/hook', { ...MESSAGE }],
  ]);
});

test('ntfy gets a title beyond ASCII, its priority, and the token of the address in a header alone', async () => {
  const [channel] = channelsOf({ NOTIFY_NTFY_URL: `${url.replace('//', '//:tk_mine@')}/topic` });
  await channel?.send(MESSAGE);
  const [{ path, headers, body } = { path: '', headers: {} as IncomingHttpHeaders, body: '' }] =
    got;
  expect(path).toBe('/topic');
  expect(body).toBe('The disk is full.');
  expect(headers).toMatchObject({ authorization: 'Bearer tk_mine', priority: '4' });
  const [, encoded = ''] = /^=\?UTF-8\?B\?(.*)\?=$/.exec(String(headers['title'])) ?? [];
  expect(Buffer.from(encoded, 'base64').toString()).toBe(MESSAGE.title);
});

test('who does not take it is told apart from who cannot be reached, without the address', async () => {
  status = 403;
  const [refusing] = channelsOf({ NOTIFY_SLACK_URL: `${url}/services/SECRET` });
  await expect(refusing?.send(MESSAGE)).rejects.toThrow(/^It answers 403\.$/);
  const [silent] = channelsOf({ NOTIFY_SLACK_URL: 'http://127.0.0.1:9/services/SECRET' });
  await expect(silent?.send(MESSAGE)).rejects.toThrow(/^It cannot be reached \(\w+\)\.$/);
});

test('nobody is told where nothing is set', () => {
  expect(channelsOf({ NOTIFY_SLACK_URL: '' })).toEqual([]);
});
