import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Inbox } from './inbox.ts';
import { confirmPage, eventPage, overviewPage, type PageAction } from './inbox-page.ts';
import type { EventState } from './inbox-reader.ts';
import { readStatus } from './status.ts';

/** What the page of the inbox needs. */
export interface PageOptions {
  inbox: Inbox;
  isBreakerOpen: () => boolean;
  /** Whether what is in events may be shown. */
  showPayloads: boolean;
}

const TROUBLED: readonly EventState[] = ['dead', 'ambiguous', 'held', 'delayed', 'aside'];
const SHOWN = 50;

/** Answers below `/inbox` on the private listener; resolves to false for all else. */
export function createPageRoutes(
  options: PageOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://inbox');
    if (url.pathname !== '/inbox' && !url.pathname.startsWith('/inbox/')) return false;
    response.setHeader('cache-control', 'no-store');
    response.setHeader('referrer-policy', 'no-referrer');
    response.setHeader(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    );
    if (!isLocalName(request.headers.host)) send(response, 421, 'Call this by its address.\n');
    else if (request.method === 'GET') await show(options, url, response);
    else if (request.method === 'POST') await act(options, url, request, response);
    else send(response.setHeader('allow', 'GET, POST'), 405, 'Only GET and POST here.\n');
    return true;
  };
}

async function show(
  { inbox, isBreakerOpen, showPayloads }: PageOptions,
  { pathname, searchParams }: URL,
  response: ServerResponse,
): Promise<void> {
  const id = searchParams.get('id') ?? '';
  if (pathname === '/inbox') {
    const state = searchParams.get('state') ?? 'all';
    const states = state === 'all' ? undefined : [state as EventState];
    const overview = {
      status: await readStatus(inbox),
      isBreakerOpen: isBreakerOpen(),
      events: await inbox.list({ states, limit: SHOWN }),
      troubled: await inbox.list({ states: TROUBLED, limit: 10 }),
      state,
    };
    return sendPage(response, overviewPage(overview));
  }
  const event = await inbox.show(id);
  if (event === undefined) return send(response, 404, 'There is no such event.\n');
  const action = actionIn(pathname);
  if (action !== undefined) return sendPage(response, confirmPage(id, action));
  if (pathname !== '/inbox/event') return send(response, 404, 'Nothing is here.\n');
  const body = showPayloads ? (await inbox.find(id))?.body : undefined;
  sendPage(response, eventPage(event, body && Buffer.from(body).toString()));
}

async function act(
  { inbox }: PageOptions,
  { pathname }: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A page of somebody else must not be able to have a payment counted twice.
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') {
    return send(response, 403, 'Only from the page itself.\n');
  }
  const form = new URLSearchParams(await text(request));
  const id = form.get('id') ?? '';
  const action = actionIn(pathname);
  if (action === undefined) return send(response, 404, 'Nothing is here.\n');
  if (form.get('confirm') !== 'yes') return send(response, 400, 'Confirm it on the page.\n');
  const done = await (action === 'replay' ? inbox.replay([id]) : inbox.skip([id]));
  if (done.length === 0) return send(response, 409, 'Not now: it is on its way, or unknown.\n');
  response.setHeader('location', `/inbox/event?id=${encodeURIComponent(id)}`);
  send(response, 303, '');
}

function actionIn(pathname: string): PageAction | undefined {
  if (pathname === '/inbox/replay') return 'replay';
  return pathname === '/inbox/skip' ? 'skip' : undefined;
}

/** An address, `localhost` or a name of the own network: a public name that leads here is somebody's trick. */
function isLocalName(host = ''): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return isIP(name) !== 0 || !name.includes('.');
}

function sendPage(response: ServerResponse, page: string): void {
  response.setHeader('content-type', 'text/html; charset=utf-8');
  send(response, 200, page);
}

function send(response: ServerResponse, status: number, body: string): void {
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'text/plain');
  response.writeHead(status).end(body);
}
