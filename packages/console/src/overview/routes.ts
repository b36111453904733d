import { Hono } from 'hono';
import type { ConsoleEnv, Room } from '../guard/room.ts';
import { show } from '../guard/show.ts';
import { createLastKnown } from './last-known.ts';
import { askMedia, lookOver, type Media } from './look-over.ts';
import { overviewPage } from './overview-page.ts';

/** Nobody waits for Cloudinary to see that the site is well. */
const MEDIA_FRESH_MS = 10 * 60_000;

/** The first page. */
export function overviewRoutes({ services }: Room): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  const { ops } = services;
  const media = createLastKnown<Media>(
    async () => {
      if (ops === undefined) throw new Error('The site has no service `ops`.');
      return await askMedia(ops);
    },
    { freshMs: MEDIA_FRESH_MS },
  );
  routes.get('/', async (c) =>
    show(c, overviewPage(await lookOver(services, media), c.get('frame').zone)),
  );
  return routes;
}
