import { createTokenBucket, type Logger, type TokenBucket } from '@prosora/service';
import type { Context, Handler } from 'hono';
import { LRUCache } from 'lru-cache';
import { at } from '../look/address.ts';
import { page } from '../look/page.ts';
import { problemOf } from '../services/answer.ts';
import type { Confirmation, Ghost, User } from './ghost.ts';
import type { Flashes } from './guard.ts';
import { passwordPage } from './password-page.ts';
import { type Action, type ConsoleEnv, type Form, formOf } from './room.ts';
import type { Sessions } from './sessions.ts';

/** What acting needs. */
export interface ActOptions {
  ghost: Ghost;
  sessions: Sessions;
  flashes: Flashes;
  logger: Logger;
  /** Milliseconds since any moment. */
  now: () => number;
}

/** So long nobody is asked for the password again. */
const CONFIRMED_MS = 10 * 60_000;
/** Of one person: so many at once, then one in three seconds. */
const ACTIONS = { capacity: 20, perMs: 1 / 3_000 };

/** What of an action's form is no word of the action. */
const OWN_FIELDS = ['token', 'password'];

/**
 * Makes handlers of what changes something. An HTML card of a post's runs on the site's origin, so that where Ghost Admin
 * has no domain of its own a script in it could send forms in the name of the administrator who reads it. A password is
 * what it does not know.
 */
export function createAct(options: ActOptions): (action: Action) => Handler<ConsoleEnv> {
  const { ghost, sessions, flashes, logger, now } = options;
  const confirmed = new LRUCache<string, true>({
    max: 1_000,
    ttl: CONFIRMED_MS,
    ttlResolution: 0,
    perf: { now },
  });
  const buckets = new LRUCache<string, TokenBucket>({ max: 1_000 });

  function msToWait(userId: string): number {
    const bucket = buckets.get(userId) ?? createTokenBucket({ ...ACTIONS, now });
    buckets.set(userId, bucket);
    const waitMs = bucket.msUntil(1);
    if (waitMs === 0) bucket.add(-1);
    return waitMs;
  }

  /** Undefined once the password is known to be right; else the page that asks for it. */
  async function ask(
    c: Context<ConsoleEnv>,
    form: Form,
    action: Action,
  ): Promise<Response | undefined> {
    const { cookie } = c.get('sender');
    const password = form.get('password');
    if (confirmed.has(sessions.keyOf(cookie))) return undefined;
    if (password === null) return showQuestion(c, form, { action });
    const answer = await ghost.confirm(c.get('sender'), c.get('user'), password).catch((error) => {
      logger.error({ event: 'ghost.unanswered', err: error }, 'Ghost does not say who somebody is');
      return undefined;
    });
    const outcome = answer?.kind ?? 'unanswered';
    logger.info(
      { event: 'console.confirmed', user: c.get('user').id, outcome },
      'a password was given',
    );
    const { setCookies = [] } = answer && 'setCookies' in answer ? answer : {};
    for (const header of setCookies) c.header('set-cookie', header, { append: true });
    if (answer?.kind !== 'right') {
      return showQuestion(c, form, { action, refused: refusalOf(answer) });
    }
    c.set('sender', { ...c.get('sender'), cookie: answer.cookie });
    sessions.meet(answer.cookie);
    confirmed.set(sessions.keyOf(answer.cookie), true);
    return undefined;
  }

  return (action) => async (c) => {
    const form = await formOf(c);
    const user = c.get('user');
    const waitMs = msToWait(user.id);
    if (waitMs > 0) {
      c.header('retry-after', String(Math.ceil(waitMs / 1_000)));
      return c.text('That is more than anybody does by hand: wait a few seconds.\n', 429);
    }
    const question = await ask(c, form, action);
    if (question) return question;
    for (const name of OWN_FIELDS) form.delete(name);
    const flash = await run(action, form, callerOf(user));
    const about = Object.fromEntries(aboutOf(action, form));
    const line = { user: user.id, who: user.name, action: action.name, about };
    if (flash.error === undefined) {
      logger.info({ event: 'console.acted', ...line }, 'somebody changed something');
    } else {
      logger.warn(
        { event: 'console.not-acted', ...line, err: flash.error },
        'somebody could not change something',
      );
    }
    flashes.set(sessions.keyOf(c.get('sender').cookie), flash.said);
    return c.redirect(at(action.back(form)), 303);
  };
}

/** Who acts, for the log of a service. */
const callerOf = ({ name, email }: User): string => `${name} <${email}> in the console`;

async function run(action: Action, form: Form, caller: string) {
  try {
    return { said: { tone: 'good' as const, text: await action.run(form, caller) } };
  } catch (error) {
    return { said: { tone: 'bad' as const, text: failureOf(action, error) }, error };
  }
}

function failureOf({ part }: Action, error: unknown): string {
  try {
    const { code, message, help } = problemOf(part, error);
    const doubt = code === 'UNANSWERED' && 'Nobody knows what was done: look before you try again.';
    return [message, doubt, help].filter(Boolean).join(' ');
  } catch {
    // Of a fault of the console the words are for the log.
    return 'That failed; `./prosora logs console` says why.';
  }
}

/** What of a form says to what something is done. */
function aboutOf({ logged = [] }: Action, form: Form): [name: string, value: string][] {
  return logged.map((name) => [name, form.getAll(name).join(' ').slice(0, 500)]);
}

function refusalOf(answer: Exclude<Confirmation, { kind: 'right' }> | undefined): string {
  switch (answer?.kind) {
    case undefined:
      return 'Ghost does not answer: try again in a moment.';
    case 'wrong':
      return 'That is not your password.';
    case 'code':
      return 'The password is right, but Ghost wants to be sure of this browser: it sent you a code. Sign out of Ghost Admin and in again with that code, then come back.';
    case 'limited':
      return answer.sentence;
  }
}

function showQuestion(
  c: Context<ConsoleEnv>,
  form: Form,
  { action, refused }: { action: Action; refused?: string },
): Response {
  const frame = c.get('frame');
  const [, section] = frame.path.split(/[/?]/);
  const shown = frame.sections.find((name) => name === section) ?? 'overview';
  const kept = new URLSearchParams([...form].filter(([name]) => !OWN_FIELDS.includes(name)));
  const about = aboutOf(action, form).filter(([, value]) => value !== '');
  const asked = { what: action.label, about, path: frame.path, form: kept };
  const view = passwordPage({ ...asked, user: c.get('user'), refused }, frame);
  return c.html(
    page({ ...view, section: shown }, frame),
    refused === undefined ? 200 : 403,
  ) as Response;
}
