import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from './newer-ghosts.ts';

/** What stands before a registry, and does something amid each large part of an image. */
export interface UnsteadyRegistry extends AsyncDisposable {
  /** `localhost:PORT`, with what the registry behind it has. */
  address: string;
  /** How often it has done so. */
  readonly times: number;
}

const LARGE = 2 ** 20;

/**
 * @param amid is waited for once the first of a large part are sent; with `gone` the connection is cut, and none is taken
 * any more
 */
export async function startUnsteadyRegistry(
  { address }: Registry,
  amid: () => Promise<'gone' | 'goes on'>,
): Promise<UnsteadyRegistry> {
  const [host, port] = address.split(':');
  const state = { times: 0, isGone: false };
  const server = createServer((from, to) => {
    if (state.isGone) return void from.socket.destroy();
    const { method, url: path, headers } = from;
    const asked = httpRequest({ host, port, method, path, headers }).end();
    asked.on('error', () => to.destroy());
    asked.on('response', async (answer: IncomingMessage) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      const isLarge = Number(answer.headers['content-length']) > LARGE;
      if (!isLarge || method !== 'GET') return void answer.pipe(to);
      const [first] = await once(answer, 'data');
      answer.pause();
      to.write(first);
      state.times += 1;
      state.isGone ||= (await amid()) === 'gone';
      if (state.isGone) to.destroy();
      else answer.pipe(to);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `localhost:${(server.address() as AddressInfo).port}`,
    get times() {
      return state.times;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
