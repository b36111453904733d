import { Hono } from 'hono';
import type { ConsoleEnv, Room } from '../guard/room.ts';
import { show } from '../guard/show.ts';
import { mediaPage } from './media-page.ts';

/** Media and Ghost's jobs; nothing where nobody asks inside of Ghost. */
export function mediaRoutes({ services: { ops } }: Room): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  if (ops === undefined) return routes;
  routes.get('/', (c) => {
    const asked = { query: c.req.query(), isExamined: false };
    return show(c, mediaPage(ops, asked, c.get('frame')));
  });
  // It uploads files, which no address may have it do.
  routes.post('/examine', (c) =>
    show(c, mediaPage(ops, { query: {}, isExamined: true }, c.get('frame'))),
  );
  return routes;
}
