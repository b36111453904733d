import { connect, constants } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { DOMAIN, exec } from './stack.ts';

const RELOADS = 5;

/** Opens a connection as a browser does. */
function open() {
  const session = connect(`https://${DOMAIN}`, {
    ca: inject('stack').ca,
    lookup: (_host, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]),
  });
  session.on('error', () => {});
  let leaving = false;
  session.once('goaway', () => {
    leaving = true;
  });
  const ask = () =>
    new Promise<number | 'refused'>((resolve, reject) => {
      const stream = session.request({ ':path': '/' });
      stream.on('response', (headers) => resolve(headers[':status'] ?? 0));
      stream.on('error', (error) => {
        // Not begun, so that a browser asks again: https://www.rfc-editor.org/rfc/rfc9113#section-8.7
        if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) resolve('refused');
        else reject(error);
      });
      stream.resume();
    });
  return { ask, isOver: () => leaving || session.closed, close: () => session.close() };
}

test('a reload of the edge loses no request of a browser', async () => {
  let done = false;
  let answered = 0;
  const browser = async () => {
    let connection = open();
    while (!done) {
      if (connection.isOver()) {
        connection.close();
        connection = open();
      }
      const status = await connection.ask();
      if (status === 'refused') continue;
      expect(status).toBe(200);
      answered++;
    }
    connection.close();
  };
  const browsers = Promise.all(Array.from({ length: 8 }, browser));
  for (let n = 0; n < RELOADS; n++) {
    await exec('caddy', 'caddy', 'reload', '--force', '--config', '/etc/caddy/Caddyfile');
    await delay(500);
  }
  done = true;
  await browsers;
  console.log(`${answered} requests were answered during ${RELOADS} reloads`);
});
