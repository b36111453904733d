import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Logger, type Operator, type ProsoraError, readRawBody } from '@prosora/service';
import type { operations } from '../operate/operations.ts';
import { confirmPage, eventPage, overviewPage, type PageAction } from './inbox-page.ts';
import type { PageGuard } from './page-guard.ts';

/** What the page of the inbox needs. */
export interface PageOptions {
  operator: Operator<typeof operations>;
  guard: PageGuard;
  isBreakerOpen: () => boolean;
  /** Whether what is in events may be shown. */
  showPayloads: boolean;
  /** Hears of each change. */
  logger: Logger;
}

const TROUBLED = 'dead,ambiguous,held,delayed,aside';
const STATUS_OF_CODE: Record<string, number> = { USAGE: 400, NOT_FOUND: 404 };
const SHOWN = 50;
const FORM_LIMITS = { maxBodyBytes: 4_096, timeoutMs: 5_000 };

/** Answers below `/inbox` on the private listener; resolves to false for all else. */
export function createPageRoutes(
  options: PageOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://inbox');
    if (url.pathname !== '/inbox' && !url.pathname.startsWith('/inbox/')) return false;
    response.setHeader('cache-control', 'no-store');
    // With none at all a browser would not say either where a form stands.
    response.setHeader('referrer-policy', 'same-origin');
    response.setHeader(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    );
    const refusal = options.guard.refusalOf(request);
    if (refusal !== undefined) {
      for (const [name, value] of Object.entries(refusal.headers ?? {})) {
        response.setHeader(name, value);
      }
      if (!request.complete) response.setHeader('connection', 'close');
      send(response, refusal.status, `${refusal.text}\n`);
    } else {
      await answer(options, url, request, response).catch((error: ProsoraError) => {
        const status = STATUS_OF_CODE[error.code];
        if (status === undefined) throw error;
        send(response, status, `${error.message}\n`);
      });
    }
    return true;
  };
}

async function answer(
  options: PageOptions,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === 'GET') await show(options, url, response);
  else if (request.method === 'POST') await act(options, url, request, response);
  else send(response.setHeader('allow', 'GET, POST'), 405, 'Only GET and POST here.\n');
}

async function show(
  { operator: { ask }, guard, isBreakerOpen, showPayloads }: PageOptions,
  { pathname, searchParams }: URL,
  response: ServerResponse,
): Promise<void> {
  const id = searchParams.get('id') ?? '';
  if (pathname === '/inbox') {
    const state = searchParams.get('state') ?? 'all';
    const shown = { ...(state !== 'all' && { state }), limit: SHOWN };
    const overview = {
      status: await ask('status', {}),
      isBreakerOpen: isBreakerOpen(),
      events: (await ask('events', shown)).items,
      troubled: (await ask('events', { state: TROUBLED, limit: 10 })).items,
      state,
    };
    return sendPage(response, overviewPage(overview));
  }
  const { payload, ...event } = await ask('event', { id, payload: String(showPayloads) });
  const action = actionIn(pathname);
  if (action !== undefined) {
    return sendPage(response, confirmPage(id, action, guard.tokenFor(action, id)));
  }
  if (pathname !== '/inbox/event') return send(response, 404, 'Nothing is here.\n');
  sendPage(response, eventPage(event, payload));
}

async function act(
  { operator, guard, logger }: PageOptions,
  { pathname }: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readRawBody(request, FORM_LIMITS).catch(() => undefined);
  if (body === undefined) {
    return send(response.setHeader('connection', 'close'), 413, 'This is not the form.\n');
  }
  const form = new URLSearchParams(Buffer.from(body).toString());
  const id = form.get('id') ?? '';
  const action = actionIn(pathname);
  if (action === undefined) return send(response, 404, 'Nothing is here.\n');
  if (!guard.isToken(form.get('token') ?? '', action, id)) {
    return send(response, 403, 'This form is not of this page, or of before a restart.\n');
  }
  if (form.get('confirm') !== 'yes') return send(response, 400, 'Confirm it on the page.\n');
  const { changed } = await operator.ask(action, { ids: [id] });
  if (changed === 0) return send(response, 409, 'Not now: it is on its way, or unknown.\n');
  const caller = 'the page of the inbox';
  logger.info(
    { event: 'operator.done', operation: action, caller },
    'an operator changed something',
  );
  response.setHeader('location', `/inbox/event?id=${encodeURIComponent(id)}`);
  send(response, 303, '');
}

function actionIn(pathname: string): PageAction | undefined {
  if (pathname === '/inbox/replay') return 'replay';
  return pathname === '/inbox/skip' ? 'skip' : undefined;
}

function sendPage(response: ServerResponse, page: string): void {
  response.setHeader('content-type', 'text/html; charset=utf-8');
  send(response, 200, page);
}

function send(response: ServerResponse, status: number, body: string): void {
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'text/plain');
  response.writeHead(status).end(body);
}
