import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '@prosora/sandbox';
import { expect, test } from 'vitest';
import { bridgeEnv, serveBridge } from '../fixtures/bridge-process.ts';
import {
  AUTHORIZATION,
  DOMAIN,
  membersOf,
  newsletterForm,
  post,
  until,
} from '../fixtures/bridge-with-resend.ts';

const IDLE = 10_000;
const LORIS = 200;

/** Opens sockets some at a time, since a listener's backlog is short. */
async function openMany(count: number, port: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(250, count - sockets.length) }, () =>
      connect(port, '127.0.0.1').on('error', () => undefined),
    );
    await Promise.all(some.map((socket) => once(socket, 'connect')));
    sockets.push(...some);
  }
  return sockets;
}

test(`${IDLE} idle connections and ${LORIS} that trickle do not stop mail`, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'mail-idle-'));
  const settings = { requestsPerSecond: 500 };
  await using sandbox = await startSandbox({
    port: 0,
    dataDir: join(dir, 'sandbox'),
    vendors: { resend: { settings } },
  });
  // Two processes: each end of a connection takes a descriptor.
  using bridge = await serveBridge({ env: bridgeEnv(sandbox.resend, join(dir, 'mail')) });
  const port = Number(new URL(bridge.url).port);
  const idle = await openMany(IDLE, port);
  // One that says nothing is closed after a while: those that were first are opened anew.
  const openOf = () => idle.filter((socket) => socket.readyState === 'open');
  while (openOf().length < IDLE) {
    const open = openOf();
    idle.splice(0, IDLE, ...open, ...(await openMany(IDLE - open.length, port)));
  }
  const loris = await openMany(LORIS, port);
  const head = `POST /v3/${DOMAIN}/messages HTTP/1.1\r\nHost: x\r\nAuthorization: ${AUTHORIZATION}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\n\r\n--x\r\n`;
  for (const [index, socket] of loris.entries()) {
    // Half trickle their headers, half their body.
    socket.write(index % 2 === 0 ? 'POST / HTTP/1.1\r\nX-A: ' : head);
  }
  const trickle = setInterval(() => loris.forEach((socket) => void socket.write('a')), 200);
  try {
    const lab = { bridge: { url: bridge.url } as never };
    const members = membersOf(300);
    expect(openOf()).toHaveLength(IDLE);
    expect((await post(lab, newsletterForm(members))).status).toBe(200);
    await until(() => sandbox.resend.inbox.list().length === members.length);
  } finally {
    clearInterval(trickle);
    for (const socket of [...idle, ...loris]) socket.destroy();
  }
  bridge.child.kill('SIGTERM');
  await once(bridge.child, 'exit');
  await rm(dir, { recursive: true, force: true });
});
