// Tells the memory of pages that all it has may be old: at each start of Ghost, in whose process this is loaded first
// and which may have changed anything while it was down, and by hand:
// docker compose exec ghost node /opt/prosora/flush-pages.mjs
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';

const PAGES = 'http://pages:6081/';
const GHOST = 'http://127.0.0.1:2368/members/api/site/';
const EVERY_MS = 250;
const TRIES = 2_400;

async function isUp() {
  const headers = { 'x-forwarded-proto': 'https' };
  const { ok } = await fetch(GHOST, { headers, signal: AbortSignal.timeout(5_000) });
  return ok;
}

async function flush() {
  const token = readFileSync('/run/secrets/pages_token', 'utf8');
  const headers = { authorization: `Bearer ${token}` };
  const request = { method: 'PURGE', headers, signal: AbortSignal.timeout(5_000) };
  const { ok, status } = await fetch(PAGES, request);
  if (!ok) throw new Error(`it answered ${status}`);
}

/** Once Ghost answers, since what is asked for before is the old Ghost's. */
async function flushOnceGhostIsUp() {
  let reason;
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      if (await isUp()) return await flush();
    } catch (error) {
      reason = error.cause ?? error;
    }
    await wait(EVERY_MS);
  }
  console.error(`The memory of pages could not be flushed: ${reason?.message}`);
}

if (process.env.PAGES !== 'off' && isMainThread) {
  const done = flushOnceGhostIsUp();
  // By hand, this is all there is to do.
  if (process.argv[1] === import.meta.filename) await done;
}
