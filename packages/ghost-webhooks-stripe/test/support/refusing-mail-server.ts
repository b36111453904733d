import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** An SMTP server that refuses every mail, as a vendor does whose domain is not verified. */
export interface RefusingMailServer extends AsyncDisposable {
  port: number;
  /** How many mails it has refused. */
  readonly refusals: number;
}

const REFUSAL = '550 The example.com domain is not verified';

/** Starts one on a free port. */
export async function startRefusingMailServer(): Promise<RefusingMailServer> {
  let refusals = 0;
  const sockets = new Set<Socket>();
  const answer = (command: string): string => {
    if (/^EHLO|^HELO/i.test(command)) return '250 stand-in';
    if (/^QUIT/i.test(command)) return '221 bye';
    if (!/^MAIL/i.test(command)) return '250 ok';
    refusals += 1;
    return REFUSAL;
  };
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined).once('close', () => sockets.delete(socket)));
    socket.write('220 stand-in\r\n');
    createInterface({ input: socket }).on('line', (line) => socket.write(`${answer(line)}\r\n`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    get refusals() {
      return refusals;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
