import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ProsoraError } from '../errors.ts';

/** A server that listens. */
export interface Listener extends AsyncDisposable {
  /** `http://host:port`, with the port it really has. */
  url: string;
  port: number;
  /** Stops accepting, lets requests in flight finish for up to `graceMs`, then cuts what is left. */
  close(graceMs?: number): Promise<void>;
}

const SWEEP_MS = 50;
/**
 * Longer than whoever calls keeps a connection that idles, which Caddy does for two minutes
 * (https://caddyserver.com/docs/caddyfile/directives/reverse_proxy#the-http-transport). One that is closed as a request comes
 * leaves that request without an answer.
 */
const KEEP_ALIVE_MS = 125_000;
const REMEDIES: Record<string, string> = {
  EADDRINUSE: 'Another program has it: stop that one or choose another port.',
  EACCES: 'This user may not use that port: choose one above 1023.',
  EADDRNOTAVAIL: 'This machine has no such address: check the host option.',
};

/**
 * Starts a server on a host and port (0 picks a free one).
 *
 * @throws ProsoraError `LISTEN_FAILED` with one sentence for a busy, forbidden or unknown address.
 */
export async function listen(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<Listener> {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const remedy = REMEDIES[cause.code ?? ''] ?? cause.message;
      reject(
        new ProsoraError('LISTEN_FAILED', `Cannot listen on ${host}:${port}. ${remedy}`, { cause }),
      );
    });
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const close = async (graceMs = 5_000): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // A connection whose answer was under way becomes idle later, and would be kept for seconds.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(cut);
  };
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shownHost}:${address.port}`,
    port: address.port,
    close,
    [Symbol.asyncDispose]: close,
  };
}
