import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { type Finding, fail, judge, ok, warn } from '@prosora/service';
import { counted } from '../services/telling.ts';

/** Where readers reach the site, and whose certificates are believed. */
export interface Edge {
  domain: string;
  port: number;
  /** The edge's own authority, where it is not a public one. */
  ca?: string | undefined;
}

const TIMEOUT_MS = 10_000;
const SILENT = 'It takes connections and does not answer.';
const DAY_MS = 86_400_000;
/** Caddy renews when a third of the time is left: https://caddyserver.com/docs/automatic-https#overview */
const LATE_DAYS = 20;
const LATEST_DAYS = 10;

/** What a reader's browser sees of the site: its certificate, its oldest protocol, HTTP/3 and its headers. */
export async function* examineEdge(edge: Edge): AsyncGenerator<Finding> {
  const socket = await dial(edge).catch((error: NodeJS.ErrnoException) => error);
  if (socket instanceof Error) {
    yield unreachable(edge, socket);
    return;
  }
  yield certificateFinding(socket);
  socket.destroy();
  yield await examineWeak(edge, 'tls');
  yield await examineWeak(edge, 'ciphers');
  yield* examineHeaders(edge);
}

/** Where to connect, by which name, and whom to believe. */
const wayTo = ({ domain, port, ca }: Edge) => ({
  host: hostOf(domain),
  servername: domain,
  port,
  ...(ca && { ca }),
});

/** @throws Error of the system's or of TLS */
async function dial(edge: Edge, more: object = {}): Promise<TLSSocket> {
  const socket = connect({ ...wayTo(edge), ...more });
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(SILENT)));
  await once(socket, 'secureConnect');
  return socket;
}

/** Names below `localhost` lead to this machine whatever its resolver says: https://www.rfc-editor.org/rfc/rfc6761#section-6.3 */
const hostOf = (domain: string): string => (/(^|\.)localhost$/.test(domain) ? '127.0.0.1' : domain);

const REMEDIES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'Let the DNS of the domain lead to this machine.',
  ECONNREFUSED: '`prosora up` starts the stack; a firewall may be closed, too.',
  CERT_HAS_EXPIRED: '`prosora logs caddy` says why it was not renewed.',
  DEPTH_ZERO_SELF_SIGNED_CERT: '`prosora logs caddy` says why no public certificate was had.',
};

function unreachable({ domain, port }: Edge, error: NodeJS.ErrnoException): Finding {
  const { code = error.message } = error;
  const where = port === 443 ? domain : `${domain}:${port}`;
  return fail('edge', `https://${where} cannot be reached (${code}).`, REMEDIES[code]);
}

function certificateFinding(socket: TLSSocket): Finding {
  const { valid_to: end, issuer } = socket.getPeerCertificate();
  // One of the edge's own authority lives for twelve hours and is renewed long before.
  if (issuer.O === undefined) return ok('certificate', 'It is of the edge’s own authority.');
  const days = Math.floor((Date.parse(end) - Date.now()) / DAY_MS);
  const sentence = `That of ${issuer.O} ends in ${counted(days, 'day')}.`;
  const remedy = '`prosora logs caddy` says why it was not renewed.';
  if (days < LATEST_DAYS) return fail('certificate', sentence, remedy);
  return judge('certificate', days >= LATE_DAYS, { ok: sentence, warn: sentence, remedy });
}

/** What nobody should speak any more. OpenSSL offers neither by itself. */
const WEAK = {
  tls: {
    offer: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    refused: 'TLS 1.2 is the oldest that is spoken.',
    remedy: 'Set `protocols tls1.2 tls1.3` in the Caddyfile.',
  },
  ciphers: {
    offer: { maxVersion: 'TLSv1.2', ciphers: 'kRSA:3DES:AES128-SHA:AES256-SHA@SECLEVEL=0' },
    refused: 'Whoever gets the key some day can read nothing of today.',
    remedy: 'Remove `ciphers` from the Caddyfile, whose own choice is better.',
  },
} as const;

async function examineWeak(edge: Edge, name: keyof typeof WEAK): Promise<Finding> {
  const { offer, refused, remedy } = WEAK[name];
  const socket = await dial(edge, offer).catch((error: Error) => error);
  // Who is silent has refused nothing.
  if (socket instanceof Error)
    return socket.message === SILENT ? warn(name, SILENT) : ok(name, refused);
  socket.destroy();
  return fail(
    name,
    `${socket.getProtocol()} with ${socket.getCipher().name} is still spoken.`,
    remedy,
  );
}

async function* examineHeaders(edge: Edge): AsyncGenerator<Finding> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const asked = request({ ...wayTo(edge), path: '/', headers: { host: edge.domain }, signal });
  asked.on('error', () => {}).end();
  const [response]: IncomingMessage[] = await once(asked, 'response').catch((error) => {
    throw error.name === 'AbortError' ? new Error(SILENT) : error;
  });
  const { statusCode, headers = {} } = response ?? {};
  response?.destroy();
  yield judge('front page', statusCode === 200, {
    ok: 'It is there.',
    fail: `It answers ${statusCode}.`,
    remedy: '`prosora logs ghost` says why.',
  });
  yield judge('http/3', /h3=/.test(String(headers['alt-svc'])), {
    ok: 'It is offered.',
    warn: 'It is not offered.',
    remedy: 'Publish the port for UDP too, and open it.',
  });
  yield judge('hsts', headers['strict-transport-security'] !== undefined, {
    ok: 'Browsers are told to use https alone.',
    warn: 'Browsers are not told to use https alone.',
    remedy: 'Keep the header of the Caddyfile.',
  });
  const isKept = headers['x-content-type-options'] === 'nosniff' && !headers['x-powered-by'];
  yield judge('headers', isKept, {
    ok: 'Those of the Caddyfile arrive, and none that tells what runs here.',
    warn: 'Something in front changes them.',
    remedy: 'Let it hand on what the Caddyfile sets.',
  });
}
