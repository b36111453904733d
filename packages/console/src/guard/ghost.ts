import { exchangeJson } from '@prosora/service';
import * as z from 'zod';

/** The cookie of Ghost Admin's session; its path is `/ghost`. */
const COOKIE = 'ghost-admin-api-session';

/** Who reads the console: an active user of Ghost's with one of the two roles that see everything. */
export interface User {
  /** Ghost's. */
  id: string;
  name: string;
  email: string;
  role: 'Owner' | 'Administrator';
}

/** What of a request Ghost has to know to answer for its sender. */
export interface Sender {
  /** The value of the cookie, as it came. */
  cookie: string;
  origin: string | undefined;
  userAgent: string | undefined;
  /** Where the request came from, by which Ghost counts wrong passwords. */
  address: string;
}

/** What became of a password that was given again. */
export type Confirmation =
  /** It is right; the session goes on under another cookie, which the browser has to be given. */
  | { kind: 'right'; setCookies: string[]; cookie: string }
  | { kind: 'wrong' }
  /**
   * It is right, and Ghost wants the code that it sent by mail before it believes that browser, as it does of one that
   * was signed out meanwhile. Under the cookies it goes on in Ghost Admin.
   */
  | { kind: 'code'; setCookies: string[] }
  /** There were too many wrong ones; how long it takes is not always known. */
  | { kind: 'limited'; sentence: string };

/** Ghost, as far as it says who somebody is. */
export interface Ghost {
  /**
   * Whose a session is; undefined for everybody who may not see the console.
   *
   * @throws Error when Ghost gives no answer that can be read
   */
  userOf(sender: Sender): Promise<User | undefined>;
  /**
   * Checks a password by signing in with the cookie of the session that is there. Ghost makes that very session anew and
   * lets it stay verified, so that no code is sent and no second session is left
   * (ghost/core/core/server/services/auth/session/session-service.js).
   *
   * @throws Error when Ghost gives no answer that can be read
   */
  confirm(sender: Sender, user: User, password: string): Promise<Confirmation>;
}

/** Where Ghost is. */
export interface GhostPlace {
  /** Where its process listens, as an origin. */
  ghostUrl: string;
  /** The public address of Ghost Admin, by which Ghost knows itself. */
  adminUrl: string;
}

const TIMEOUT_MS = 10_000;
/** A user with all its settings has a few kB. */
const MOST_CHARS = 256 * 1_024;

const people = z.object({
  users: z
    .array(
      z.object({
        id: z.string(),
        name: z.string().nullable(),
        email: z.string(),
        status: z.string(),
        roles: z.array(z.object({ name: z.string() })),
      }),
    )
    .min(1),
});
const refusal = z.object({
  errors: z
    .array(
      z.object({ message: z.string(), code: z.string().nullish(), context: z.string().nullish() }),
    )
    .min(1),
});
const ROLES = ['Owner', 'Administrator'] as const;

/** A client of Ghost's Admin API that speaks for whoever sent a request. */
export function createGhost({ ghostUrl, adminUrl }: GhostPlace): Ghost {
  const admin = new URL(adminUrl);
  const api = new URL('/ghost/api/admin/', ghostUrl);

  // Who asks stands in the headers: Ghost is to see the browser's.
  function ask(path: string, { cookie, origin, userAgent, address }: Sender, json?: object) {
    return exchangeJson(new URL(path, api), {
      headers: {
        host: admin.host,
        'x-forwarded-proto': admin.protocol.slice(0, -1),
        'x-forwarded-for': address,
        cookie: `${COOKIE}=${cookie}`,
        ...(origin !== undefined && { origin }),
        ...(userAgent !== undefined && { 'user-agent': userAgent }),
      },
      json,
      timeoutMs: TIMEOUT_MS,
      maxChars: MOST_CHARS,
    });
  }

  return {
    async userOf(sender) {
      const { status, body } = await ask('users/me/?include=roles', sender);
      if (status >= 500) throw new Error(`Ghost answers ${status}.`);
      if (status !== 200) return undefined;
      const [user] = people.parse(body).users;
      const role = ROLES.find((name) => user?.roles.some((given) => given.name === name));
      if (user?.status !== 'active' || role === undefined) return undefined;
      const { id, name, email } = user;
      return { id, email, role, name: name ?? email };
    },

    async confirm(sender, { email }, password) {
      // Without an Origin, Ghost would have nothing to hold against its own.
      const own = { ...sender, origin: admin.origin };
      const credentials = { username: email, password };
      const { status, headers, body } = await ask('session/', own, credentials);
      const setCookies = headers['set-cookie'] ?? [];
      if (status === 201) {
        const fresh = setCookies.map(sessionIn).find((value) => value !== undefined);
        return { kind: 'right', setCookies, cookie: fresh ?? sender.cookie };
      }
      const said = refusal.safeParse(body).data?.errors[0];
      if (said === undefined || status >= 500) throw new Error(`Ghost answers ${status}.`);
      if (status === 429) return { kind: 'limited', sentence: said.context ?? said.message };
      return said.code?.startsWith('2FA_') ? { kind: 'code', setCookies } : { kind: 'wrong' };
    },
  };
}

/** The value of Ghost's cookie in a `Cookie` or `Set-Cookie` header, not decoded; of several the first, as Ghost reads it. */
export function sessionIn(header: string | undefined): string | undefined {
  return /(?:^|;\s*)ghost-admin-api-session=([^;\s]+)/.exec(header ?? '')?.[1];
}
