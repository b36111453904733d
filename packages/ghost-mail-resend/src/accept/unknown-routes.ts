import * as z from 'zod';
import { peekNote, readNote, writeNote } from '../store/notes.ts';
import type { MailStore } from '../store/schema.ts';

const routesSchema = z.record(z.string(), z.object({ at: z.number(), times: z.number() }));

/** What a site asked for that the bridge does not know, by method and path: when last, and how often. */
export type UnknownRoutes = z.output<typeof routesSchema>;

/** A Ghost asks for one or two; a client that tries many must not fill the store. */
const MAX_ROUTES = 10;
/** An unknown route that is asked for often is not written down each time. */
const NOTE_EVERY_MS = 60_000;
const MAX_SEGMENTS = 6;
/** Words of a route; what else a segment may be, such as an address or an id, is of no concern here. */
const WORD = /^(?:v\d|[a-z][a-z_-]{0,31})$/;

/** The route of a path without what a reader or a site could be known by: `GET /v3/:/lists`. */
export function routeOf(method: string, path: string): string {
  const segments = path.split('/').slice(1, MAX_SEGMENTS + 1);
  return `${method} /${segments.map((each) => (WORD.test(each) ? each : ':')).join('/')}`;
}

/** Remembers which unknown routes sites ask for, at most once a minute each. */
export function createUnknownRoutes(
  store: MailStore,
  now: () => number,
): (method: string, path: string) => Promise<void> {
  const noted = new Map<string, number>();
  const pending = new Map<string, number>();
  return async (method, path) => {
    const route = routeOf(method, path);
    if (!pending.has(route) && pending.size >= MAX_ROUTES) return;
    pending.set(route, (pending.get(route) ?? 0) + 1);
    const at = now();
    const last = noted.get(route) ?? Number.NEGATIVE_INFINITY;
    if (at - last < NOTE_EVERY_MS && at >= last) return;
    noted.set(route, at);
    const asked = pending.get(route) ?? 0;
    pending.set(route, 0);
    await store.transaction(async (tx) => {
      const routes = parse(await readNote(tx, 'unknown-routes'));
      if (routes[route] === undefined && Object.keys(routes).length >= MAX_ROUTES) return;
      const times = (routes[route]?.times ?? 0) + asked;
      await writeNote(tx, 'unknown-routes', JSON.stringify({ ...routes, [route]: { at, times } }));
    });
  };
}

/** What was asked for so far. */
export async function readUnknownRoutes(store: MailStore): Promise<UnknownRoutes> {
  return parse(await peekNote(store, 'unknown-routes'));
}

const parse = (note: string | undefined): UnknownRoutes =>
  routesSchema.safeParse(JSON.parse(note ?? '{}')).data ?? {};
