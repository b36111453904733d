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
  /** A browser asks again after this, so that no stream outlives what it is to show. (Default: ten minutes) */
  longestMs?: number;
}

const MOST_STREAMS = 50;
/** A page that takes long to make is made less often: it may take a tenth of one processor, but not be old. */
const SHARE = 10;
const OLDEST_MS = 30_000;

/**
 * Tells a page that is open what its `<main>` looks like whenever that changed. Each look goes through the guard, so that
 * it ends with the session.
 */
export function createLive(options: LiveOptions): Handler<ConsoleEnv> {
  const { render, everyMs = 2_000, longestMs = 10 * 60_000 } = options;
  let streams = 0;
  return (c) => {
    const path = c.req.query('page') ?? '/';
    // After two slashes `new URL` reads a host.
    if (!/^\/(?![/\\])/.test(path) || c.env.isLive) return c.text('No page.\n', 400);
    // It is answered as a GET is, and nobody would read the stream.
    if (c.req.method === 'HEAD') return c.body(null);
    if (streams >= MOST_STREAMS) return c.text('Too many pages are open.\n', 503);
    streams += 1;
    return streamSSE(c, async (stream) => {
      const ended = new AbortController();
      stream.onAbort(() => ended.abort());
      // Also of one whom nobody reads, since what is written then waits.
      const longest = setTimeout(() => stream.abort(), longestMs);
      let shown: string | undefined;
      try {
        while (!ended.signal.aborted) {
          const begunAt = performance.now();
          const main = await mainOf(c, path, render);
          if (main === undefined) break;
          const event =
            main === shown ? { event: 'same', data: '' } : { event: 'main', data: main };
          await stream.writeSSE(event);
          shown = main;
          const restMs = Math.min(OLDEST_MS, SHARE * (performance.now() - begunAt));
          await wait(Math.max(everyMs, restMs), undefined, ended).catch(() => undefined);
        }
      } finally {
        clearTimeout(longest);
        streams -= 1;
      }
    });
  };
}

/** Undefined when the page is no longer for its reader, or none that changes by itself. */
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
  return / data-live="[\s\S]*<main id="main">([\s\S]*)<\/main>/.exec(await response.text())?.[1];
}
