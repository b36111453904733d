import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** `"203.0.113.7"`, `203.0.113.7:51234`, `[2001:db8::7]` and `[2001:db8::7]:51234`, as some proxies write them. */
const WRAPPED = /^"?(?:\[([^\]"]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+)(?::\d+)?)"?$/;
/** An address that stands in the wrong quotes alone. */
const QUOTED = /^"([^"]+)"$/;

/**
 * The reader's address: the nearest one that is no trusted proxy, of `X-Forwarded-For` as far as trusted proxies
 * wrote it. An entry without an address in it (`unknown`) ends the search at the proxy that wrote it.
 */
export function clientAddress(
  { socket, headers }: Pick<IncomingMessage, 'headers' | 'socket'>,
  isTrustedProxy: (address: string) => boolean,
): string {
  let nearest = socket.remoteAddress ?? '';
  const forwarded = headers['x-forwarded-for']?.toString();
  if (forwarded === undefined) return nearest;
  for (const entry of forwarded.split(',').reverse()) {
    if (!isTrustedProxy(nearest)) return nearest;
    const before = addressIn(entry.trim());
    if (before === undefined) return nearest;
    nearest = before;
  }
  return nearest;
}

function addressIn(entry: string): string | undefined {
  if (isIP(entry)) return entry;
  const [, bracketed, v4] = WRAPPED.exec(entry) ?? [];
  const address = bracketed ?? v4 ?? QUOTED.exec(entry)?.[1] ?? '';
  return isIP(address) ? address : undefined;
}
