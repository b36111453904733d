import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isSameSecret } from '@prosora/service';
import { StripeWebhookError } from '../errors.ts';

/** What stands before the page of the inbox. */
export interface PageGuard {
  /** Why a request is not answered; nothing when it may go on. Looked at before anything of it is read. */
  refusalOf(request: IncomingMessage): PageRefusal | undefined;
  /** Goes into the form of a question about one event, so that only who has seen the question can say yes. */
  tokenFor(action: string, id: string): string;
  isToken(given: string, action: string, id: string): boolean;
}

/** What is answered instead. */
interface PageRefusal {
  status: number;
  text: string;
  headers?: Record<string, string>;
}

/** Whether an address is reached from this machine alone. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Makes the guard. On loopback whoever can reach the page is on the machine, and only other people's pages in a
 * browser there are kept off; elsewhere a password is asked for as well.
 *
 * @throws StripeWebhookError `PAGE_PASSWORD` when the page would be open to a network
 */
export function createPageGuard({
  host,
  password,
}: {
  host: string;
  password?: string | undefined;
}): PageGuard {
  if (password === undefined && !isLoopback(host)) {
    throw new StripeWebhookError(
      'PAGE_PASSWORD',
      `The page of the inbox would be open to everybody who reaches ${host}.`,
      {
        help: 'Set PROSORA_STRIPE_PAGE_PASSWORD (16 characters or more), or PROSORA_STRIPE_PRIVATE_HOST=127.0.0.1.',
      },
    );
  }
  const key = randomBytes(32);
  const tokenFor = (action: string, id: string) =>
    createHmac('sha256', key).update(`${action} ${id}`).digest('base64url');

  return {
    refusalOf(request) {
      const { host: name = '' } = request.headers;
      if (!isLocalName(name)) return { status: 421, text: 'Call this by its address.' };
      if (password !== undefined && !isSameSecret(passwordIn(request), password)) {
        const headers = { 'www-authenticate': 'Basic realm="Stripe inbox", charset="UTF-8"' };
        return { status: 401, text: 'The password is missing or wrong.', headers };
      }
      // A page of somebody else must not be able to have a payment counted twice.
      if (request.method === 'POST' && !isFromPage(request)) {
        return { status: 403, text: 'Only from the page itself.' };
      }
      return undefined;
    },
    tokenFor,
    isToken: (given, action, id) => isSameSecret(given, tokenFor(action, id)),
  };
}

/** Browsers say with every form where it stands, in one header or the other; what is no browser has the token. */
function isFromPage({ headers }: IncomingMessage): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers;
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** Any name may stand before the colon: there is one password. */
function passwordIn({ headers }: IncomingMessage): string {
  const [, encoded = ''] = /^Basic (.+)$/i.exec(headers.authorization ?? '') ?? [];
  const [, ...rest] = Buffer.from(encoded, 'base64').toString().split(':');
  return rest.join(':');
}

/** An address, `localhost` or a name of the own network: a public name that leads here is somebody's trick. */
function isLocalName(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return isIP(name) !== 0 || !name.includes('.');
}
