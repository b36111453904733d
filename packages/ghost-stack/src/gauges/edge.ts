import { lookup } from 'node:dns';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { connect, getCACertificates } from 'node:tls';

/** Where the edge is on the network `watch`. */
const EDGE = 'caddy.watch';
/** Readers give up, and so may a question that nobody answers. */
const LONGEST_MS = 10_000;
const MOST_REDIRECTS = 5;
/** More of an answer is read and not kept: a picture may be as large as a part of our memory. */
const MOST_KEPT = 1_000_000;

/** The site as readers know it. */
export interface Site {
  domain: string;
  /** That of Ghost Admin; the same where it has none of its own. */
  adminDomain: string;
  /** False where no reader trusts its certificate either, as from a test authority. */
  isTrusted: boolean;
}

/** A request, beyond its address. */
export interface Request {
  headers?: Record<string, string>;
  /** Makes it a POST. */
  body?: string;
}

/** The edge's own authority, where it has one, beside those that everybody trusts. */
async function authorities(signal: AbortSignal): Promise<string[]> {
  const answer = await fetch(`http://${EDGE}:2020/ca.pem`, { signal });
  const own = await answer.text();
  return [...getCACertificates('default'), ...(answer.ok ? [own] : [])];
}

/**
 * Asks as a reader or a vendor does: by a name of the site, over a connection of its own, with the certificate checked.
 * Only where the name leads is known beforehand, since the way out and back again is closed to many servers.
 *
 * @returns what it says in the end, where it leads elsewhere, or the beginning of that
 * @throws Error when it does not answer within ten seconds, or not with `wanted`
 */
export async function askSite(
  site: Site,
  url: URL,
  wanted: number,
  { headers = {}, body }: Request = {},
): Promise<string> {
  const signal = AbortSignal.timeout(LONGEST_MS);
  const ca = await authorities(signal);
  let at = url;
  for (let left = MOST_REDIRECTS; ; left -= 1) {
    const asked = request(at, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'user-agent': 'prosora-watch (bot)', ...headers },
      ca,
      signal,
      agent: false,
      rejectUnauthorized: site.isTrusted,
      ...(isOwn(site, at.hostname) && { lookup: toEdge }),
    }).end(body);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    asked.on('error', () => {});
    const said = await beginOf(answer);
    const { location } = answer.headers;
    if (answer.statusCode === wanted) return said;
    if (location === undefined || body !== undefined || left === 0) {
      throw new Error(`${at.origin}${at.pathname} answers ${answer.statusCode}.`);
    }
    at = new URL(location, at);
  }
}

/** Reads an answer to its end, and resolves with the first million characters, or somewhat more. */
export async function beginOf(answer: Readable): Promise<string> {
  let said = '';
  for await (const chunk of answer.setEncoding('utf8')) if (said.length < MOST_KEPT) said += chunk;
  return said;
}

const toEdge: LookupFunction = (_name, options, callback) => lookup(EDGE, options, callback);

/** The stand-ins for vendors are reached there, too. */
const isOwn = ({ domain, adminDomain }: Site, host: string): boolean =>
  host === domain || host === adminDomain || host.endsWith(`.sandbox.${domain}`);

/**
 * When the certificate begins and ends that the edge shows for a name, whoever made it; in seconds since 1970.
 *
 * @throws Error when it does not answer within ten seconds
 */
export async function certificateTimes(name: string): Promise<{ begin: number; end: number }> {
  const socket = connect({ host: EDGE, port: 443, servername: name, rejectUnauthorized: false });
  socket.setTimeout(LONGEST_MS, () => socket.destroy(new Error('The edge does not answer.')));
  try {
    await once(socket, 'secureConnect');
    const { valid_from: from, valid_to: to } = socket.getPeerCertificate();
    return { begin: Date.parse(from) / 1_000, end: Date.parse(to) / 1_000 };
  } finally {
    socket.destroy();
  }
}
