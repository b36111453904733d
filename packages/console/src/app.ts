import type { Logger } from '@prosora/service';
import { STYLE } from '@prosora/service/look';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { careSection } from './care/section.ts';
import { createAct } from './guard/act.ts';
import type { Ghost } from './guard/ghost.ts';
import {
  createFlashes,
  createFormGuard,
  createGuard,
  createPageGuard,
  nothingHere,
} from './guard/guard.ts';
import { secureHeaders } from './guard/headers.ts';
import { createLive } from './guard/live.ts';
import type { ConsoleEnv } from './guard/room.ts';
import { createSessions } from './guard/sessions.ts';
import { BASE } from './look/address.ts';
import { LIVE } from './look/live.ts';
import { pathOf } from './look/page.ts';
import { mailSection } from './mail/section.ts';
import { mediaSection } from './media/section.ts';
import { overviewSection } from './overview/section.ts';
import { paymentsSection } from './payments/section.ts';
import type { Services } from './services/services.ts';
import { visitsSection } from './visits/section.ts';

/** What the console is made of. */
export interface AppOptions {
  services: Services;
  ghost: Ghost;
  /** Of Ghost Admin. */
  adminUrl: string;
  zone: string;
  logger: Logger;
  /** How often a page that is open is looked at again. (Default: 2 s) */
  liveEveryMs?: number;
  /** Milliseconds since any moment. (Default: the process's) */
  now?: () => number;
}

/** A form has a few fields; what is larger is none. */
const MOST_BYTES = 64 * 1_024;

/** In the order in which they are shown. */
const SECTIONS = [
  overviewSection,
  mailSection,
  paymentsSection,
  visitsSection,
  mediaSection,
  careSection,
];

/** The console: everything stands behind the guard, the files of its look too. */
export function createApp(options: AppOptions): Hono<ConsoleEnv> {
  const { services, ghost, logger, adminUrl, zone, liveEveryMs: everyMs } = options;
  const { now = () => performance.now() } = options;
  const sessions = createSessions(ghost, logger, now);
  const flashes = createFlashes();
  const act = createAct({ ghost, sessions, flashes, logger, now });
  const there = SECTIONS.map((section) => section({ services, act })).filter(
    (section) => section !== undefined,
  );
  const sections = there.map(({ name }) => name);

  const app = new Hono<ConsoleEnv>({ strict: false });
  app.use(secureHeaders());
  app.use(createGuard({ sessions, zone, sections, flashes }));
  // Behind it, so that strangers see nothing of how much is read.
  app.use(bodyLimit({ maxSize: MOST_BYTES, onError: (c) => c.text('Too large.\n', 413) }));
  app.use(createFormGuard({ sessions, adminUrl }));

  const inside = app.basePath(BASE);
  inside.get('/look.css', (c) => c.body(STYLE, 200, kept('text/css')));
  inside.get('/live.js', (c) => c.body(LIVE, 200, kept('text/javascript')));
  inside.get('/live', createLive({ render: app.fetch, ...(everyMs && { everyMs }) }));
  inside.use(createPageGuard({ sessions, flashes }));
  for (const { name, routes } of there) inside.route(pathOf(name), routes);

  app.notFound(nothingHere);
  app.onError((error, c) => {
    logger.error(
      { event: 'page.failed', err: error, path: c.req.path },
      'a page could not be made',
    );
    return c.text('This page could not be made. `./prosora logs console` says why.\n', 500);
  });
  return app;
}

/** A file that is named by what is in it. */
function kept(type: string): Record<string, string> {
  return {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'private, max-age=31536000, immutable',
  };
}
