import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import { LRUCache } from 'lru-cache';
import type { Flash, Frame, SectionName } from '../look/page.ts';
import { type Sender, sessionIn } from './ghost.ts';
import { type ConsoleEnv, formOf } from './room.ts';
import type { Sessions } from './sessions.ts';

/** What the guard needs. */
export interface GuardOptions {
  sessions: Sessions;
  zone: string;
  sections: readonly SectionName[];
  flashes: Flashes;
}

/** Where browsers say that a request comes from, when it comes from here or from the person. */
const OWN_SITES = ['same-origin', 'none'];

/** What is said once to a session, on the next page that it opens. */
export type Flashes = LRUCache<string, Flash>;

/** It is shown at once or not at all. */
export function createFlashes(): Flashes {
  return new LRUCache({ max: 1_000, ttl: 60_000 });
}

/** The answer for everybody whom the console is no business of: the same as if it was not there. */
export const nothingHere = (c: Context): Response => c.text('Not Found', 404);

/** Stands before every route, and lets in whom Ghost knows as its owner or an administrator. */
export function createGuard(options: GuardOptions): MiddlewareHandler<ConsoleEnv> {
  const { sessions, zone, sections, flashes } = options;
  return async (c, next) => {
    const sender = isForeign(c) ? undefined : senderOf(c);
    const user = sender && (await sessions.userOf(sender));
    if (sender === undefined || user === undefined) return nothingHere(c);
    const frame: Frame = {
      user,
      zone,
      sections,
      // A script in a post may read what a page that is open is told.
      token: c.env.isLive ? '' : sessions.tokenFor(sender.cookie),
      path: pathOf(c),
      flash: flashes.get(sessions.keyOf(sender.cookie)),
    };
    c.set('user', user);
    c.set('sender', sender);
    c.set('frame', frame);
    await next();
  };
}

/** Stands behind the files: a page has a token, so it is for who opens it, and not for a script that fetches it. */
export function createPageGuard({
  sessions,
  flashes,
}: Pick<GuardOptions, 'sessions' | 'flashes'>): MiddlewareHandler<ConsoleEnv> {
  return async (c, next) => {
    if (isRead(c) && !isPage(c)) return nothingHere(c);
    // What a page looks at again by itself is no page that somebody opened.
    if (isRead(c) && !c.env.isLive) flashes.delete(sessions.keyOf(c.get('sender').cookie));
    await next();
  };
}

/** Stands behind the guard: of what is posted it lets in what was sent from a form of that very session. */
export function createFormGuard({
  sessions,
  adminUrl,
}: {
  sessions: Sessions;
  /** Of Ghost Admin: where forms may come from. */
  adminUrl: string;
}): MiddlewareHandler<ConsoleEnv> {
  const { origin: ownOrigin } = new URL(adminUrl);
  return async (c, next) => {
    if (isRead(c)) return await next();
    const { origin, cookie } = c.get('sender');
    // A script in a post has the origin too, but what it calls, or sends from a frame that nobody sees, is no page.
    if (origin !== ownOrigin || !isPage(c)) {
      return c.text('Only from a page of the console.\n', 403);
    }
    const form = await formOf(c);
    if (!sessions.isToken(form.get('token') ?? '', cookie)) {
      const sentence = 'This form is from an earlier session: go back, load the page again.\n';
      return c.text(sentence, 403);
    }
    await next();
  };
}

const isRead = (c: Context): boolean => c.req.method === 'GET' || c.req.method === 'HEAD';

/** Another site may lead somebody here, and fetch nothing. */
function isForeign(c: Context): boolean {
  const isOwn = OWN_SITES.includes(c.req.header('sec-fetch-site') ?? 'none');
  return isRead(c) && !isOwn && c.req.header('sec-fetch-mode') !== 'navigate';
}

/** Undefined without Ghost's cookie. */
function senderOf(c: Context<ConsoleEnv>): Sender | undefined {
  const cookie = sessionIn(c.req.header('cookie'));
  if (cookie === undefined) return undefined;
  // The edge, which alone reaches this service, writes the header anew: its last entry is whom the edge spoke with.
  const forwarded = c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim();
  const env = c.env as Partial<HttpBindings>;
  return {
    cookie,
    origin: c.req.header('origin'),
    userAgent: c.req.header('user-agent'),
    address: forwarded || (env.incoming?.socket.remoteAddress ?? ''),
  };
}

/** Beneath the console, with the query. */
function pathOf(c: Context): string {
  const { pathname, search } = new URL(c.req.url);
  return (pathname.replace(/^\/ghost\/prosora/, '') || '/') + search;
}

/** Browsers say of what they fetch for a page that it is none; who says nothing opens one. */
function isPage(c: Context): boolean {
  return (c.req.header('sec-fetch-dest') ?? 'document') === 'document';
}
