import type { Resend } from 'resend';
import { ownWebhooks } from './own-webhooks.ts';
import { isMapped, resendEventSchema } from './resend-events.ts';
import { recordWebhook, type WebhookContext } from './webhook.ts';
import {
  type CatchUp,
  lastHeardAt,
  readCatchUp,
  webhookSilenceMs,
  writeCatchUp,
} from './webhook-silence.ts';

/** What catching up needs. */
export interface CatchUpContext extends WebhookContext {
  resend: Resend;
  /** Where Resend reaches the bridge; without it every webhook to a bridge counts. */
  publicUrl: string | undefined;
  /** Waits for a turn of the team's rate. */
  turn: () => Promise<void>;
}

/** What came of it. */
export interface CaughtUp {
  /** Events that no webhook had brought. */
  missed: number;
  /** Why Resend could not be asked. */
  problem?: string;
}

type Pass = NonNullable<CatchUp['pass']>;
type Failure = { statusCode: number | null; name: string; message: string };

/** Bounds one round, so that newsletters hardly notice; the rest follows with the next. */
const CALLS_A_ROUND = 200;
const MAX_PAGE = 100;
/** Before a webhook came there may be others that Resend tries again, and clocks differ. */
const BEFORE_MS = 60 * 60 * 1000;
/** An event may be listed a little later than one that was made after it. */
const MARGIN_MS = 60 * 1000;

/** Our key may not, or this Resend has no such list: mails are asked after one by one, as without it. */
const CANNOT = [401, 403, 404, 405];

/**
 * Catches up after a silence of webhooks through Resend's list of what it made for them, from the newest
 * back to the last that came, and again until a webhook is heard
 * (https://resend.com/docs/api-reference/webhooks/list-events). A page names a hundred events by the ids
 * that webhooks carry, so one call passes over a hundred that are known.
 *
 * Those that are missing are read and not replayed: a replay is a call for each as well, and fails while the
 * webhook is switched off or nobody reaches the bridge, which is what the silence comes from.
 */
export async function catchUp(context: CatchUpContext): Promise<CaughtUp> {
  const { store, clock, resend, publicUrl, turn } = context;
  const now = clock.now();
  const heardAt = await lastHeardAt(store);
  const known = await readCatchUp(store);
  const silentMs = await webhookSilenceMs(store, now);
  if (known === undefined && silentMs === 0) return { missed: 0 };
  const silentSince = now - silentMs;
  const state: CatchUp = known ?? {
    since: (heardAt === 0 ? silentSince : heardAt) - BEFORE_MS,
    silentSince,
    missed: 0,
  };
  const before = state.missed;
  const end = async (problem?: Failure): Promise<CaughtUp> => {
    await writeCatchUp(store, state);
    const missed = state.missed - before;
    return { missed, ...(problem && { problem: `${problem.name}: ${problem.message}` }) };
  };

  let calls = 0;
  const call = async <T>(
    ask: () => Promise<{ data: T; error: null } | { data: null; error: Failure }>,
  ) => {
    calls += 1;
    await turn();
    return await ask();
  };

  if (state.pass === undefined) {
    // Another silence than the one that it began with.
    if (silentMs > 0 && heardAt > state.silentSince) state.silentSince = silentSince;
    const { data, error } = await call(() => resend.webhooks.list());
    if (error !== null) {
      if (!CANNOT.includes(error.statusCode ?? 0)) return await end(error);
      if (silentMs === 0) await writeCatchUp(store, undefined);
      return { missed: 0 };
    }
    const left = ownWebhooks(data.data, publicUrl).map(({ id }) => id);
    state.pass = { newest: state.since, left, isLast: silentMs === 0, isHeldUp: false };
  }
  const { pass } = state;
  for (let [webhookId] = pass.left; webhookId !== undefined; [webhookId] = pass.left) {
    if (calls >= CALLS_A_ROUND) return await end();
    const { after } = pass;
    const place = { webhookId, limit: MAX_PAGE, ...(after !== undefined && { after }) };
    const { data: page, error } = await call(() => resend.webhooks.events.list(place));
    if (error !== null) {
      if (CANNOT.includes(error.statusCode ?? 0)) {
        nextWebhook(pass);
        continue;
      }
      // The event that the next page begins after is gone.
      if (error.statusCode === 422) delete pass.after;
      return await end(error);
    }
    const unknown = await unseen(context, page.data, state.since);
    for (const { id: eventId, created_at } of page.data) {
      // By Resend's clock, since ours may be the reason for the silence.
      pass.newest = Math.max(pass.newest, Date.parse(created_at) || 0);
      if (unknown.has(eventId)) {
        if (calls >= CALLS_A_ROUND) return await end();
        const event = await call(() => resend.webhooks.events.get({ webhookId, eventId }));
        if (event.error !== null && event.error.statusCode !== 404) return await end(event.error);
        if (event.data !== null) await take(eventId, event.data.payload);
      }
      pass.after = eventId;
    }
    const last = page.data.at(-1);
    if (!page.has_more || last === undefined || Date.parse(last.created_at) < state.since) {
      nextWebhook(pass);
    }
  }
  if (!pass.isHeldUp) state.since = Math.max(state.since, pass.newest - MARGIN_MS);
  delete state.pass;
  if (!pass.isLast || pass.isHeldUp) return await end();
  await writeCatchUp(store, undefined);
  return { missed: state.missed - before };

  async function take(id: string, payload: unknown): Promise<void> {
    const parsed = resendEventSchema.safeParse(payload);
    if (!parsed.success) return;
    try {
      const outcome = await recordWebhook(context, id, parsed.data);
      if (outcome === 'recorded' || outcome === 'requeued') state.missed += 1;
    } catch (error) {
      // A refusal: it can only be told of when the call that it is about has ended.
      if ((error as { status?: unknown }).status !== 503) throw error;
      pass.isHeldUp = true;
    }
  }
}

function nextWebhook(pass: Pass): void {
  pass.left.shift();
  delete pass.after;
}

/** Those that were made since, mean something to Ghost and came by no webhook. */
async function unseen(
  { store }: CatchUpContext,
  events: readonly { id: string; type: string; created_at: string }[],
  since: number,
): Promise<ReadonlySet<string>> {
  const ids = events
    .filter(({ type, created_at }) => isMapped(type) && !(Date.parse(created_at) < since))
    .map(({ id }) => id);
  if (ids.length === 0) return new Set();
  const seen = await store.db
    .selectFrom('webhook_seen')
    .select('svix_id')
    .where('svix_id', 'in', ids)
    .execute();
  const known = new Set(seen.map(({ svix_id }) => svix_id));
  return new Set(ids.filter((id) => !known.has(id)));
}
