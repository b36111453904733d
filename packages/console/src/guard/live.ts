import { setTimeout as wait } from 'node:timers/promises';
import type { Context, Handler } from 'hono';
import { streamSSE } from 'hono/streaming';
import { BASE } from '../look/address.ts';
import type { ConsoleEnv } from './room.ts';

/** How the pages are looked at again. */
export interface LiveOptions {
  /** Makes a page as if its reader had asked for it. */
  render: (request: Request, env: ConsoleEnv['Bindings']) => Response | Promise<Response>;
  /** How often. (Default: 2 s) */
  everyMs?: number;
}

const MOST_STREAMS = 50;
/** A browser asks again after this, so that no stream outlives what it is to show. */
const LONGEST_MS = 10 * 60_000;
/** A page that takes long to make is made less often: it may take a tenth of one processor at most. */
const SHARE = 10;

/**
 * Tells a page that is open what its `<main>` looks like whenever that changed. Each look goes through the guard, so that
 * it ends with the session.
 */
export function createLive({ render, everyMs = 2_000 }: LiveOptions): Handler<ConsoleEnv> {
  let streams = 0;
  return (c) => {
    const path = c.req.query('page') ?? '/';
    // After two slashes `new URL` reads a host.
    if (!/^\/(?![/\\])/.test(path) || path.startsWith('/live')) return c.text('No page.\n', 400);
    if (streams >= MOST_STREAMS) return c.text('Too many pages are open.\n', 503);
    streams += 1;
    return streamSSE(c, async (stream) => {
      const ended = new AbortController();
      stream.onAbort(() => ended.abort());
      let shown: string | undefined;
      const until = performance.now() + LONGEST_MS;
      try {
        while (!ended.signal.aborted && performance.now() < until) {
          const begunAt = performance.now();
          const main = await mainOf(c, path, render);
          if (main === undefined) break;
          const event =
            main === shown ? { event: 'same', data: '' } : { event: 'main', data: main };
          await stream.writeSSE(event);
          shown = main;
          const tookMs = performance.now() - begunAt;
          await wait(Math.max(everyMs, SHARE * tookMs), undefined, ended).catch(() => undefined);
        }
      } finally {
        streams -= 1;
      }
    });
  };
}

/** Undefined when the page is no longer for its reader. */
async function mainOf(
  c: Context<ConsoleEnv>,
  path: string,
  render: LiveOptions['render'],
): Promise<string | undefined> {
  const headers = new Headers();
  for (const name of ['cookie', 'user-agent', 'x-forwarded-for', 'origin']) {
    const value = c.req.header(name);
    if (value !== undefined) headers.set(name, value);
  }
  const request = new Request(new URL(BASE + path, c.req.url), { headers });
  const response = await render(request, { ...c.env, isLive: true });
  if (response.status === 404) return undefined;
  const [, main] = /<main id="main">([\s\S]*)<\/main>/.exec(await response.text()) ?? [];
  return main;
}
