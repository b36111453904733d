import { ProsoraError } from '@prosora/service';
import { compose } from '../stack/compose.ts';

/** Who owns the site. */
export interface Owner {
  title: string;
  name: string;
  email: string;
  password: string;
}

/** What Ghost's Admin API answered. */
interface GhostAnswer {
  status: number;
  cookie?: string;
  body?: {
    errors?: { message: string; context?: string; type?: string }[];
    setup?: { status: boolean }[];
    integrations?: Integration[];
  };
}

interface Integration {
  id: string;
  name: string;
  webhooks?: { id: string; event: string; target_url: string }[];
}

/** A webhook in Ghost's own words. */
export interface Webhook {
  name: string;
  event: string;
  target_url: string;
  secret: string;
}

/** What came of a sign-in: in, a code by mail is wanted, that mail cannot go out, or Ghost's reason against it. */
export type SignIn =
  | { is: 'in' | 'code wanted'; cookie: string }
  | { is: 'no mail'; why: string }
  | { is: 'refused'; why: string };

/** Ghost's Admin API, asked from inside Ghost's container: secrets go in by the standard input alone. */
export function openAdmin(dir: string) {
  const ask = async (method: string, path: string, body?: object, cookie?: string) => {
    const input = JSON.stringify({ method, path, body, cookie });
    const words = ['exec', '-T', 'ghost', 'node', '/opt/prosora/ask-admin.mjs'];
    return JSON.parse(await compose(dir, words, { input })) as GhostAnswer;
  };
  return {
    /** Whether somebody owns the site. */
    async isOwned(): Promise<boolean> {
      return (await ask('GET', 'authentication/setup')).body?.setup?.[0]?.status === true;
    },
    /** Makes the owner of a site that has none. Undefined when Ghost did, else its reason. */
    async makeOwner({ title, ...owner }: Owner): Promise<string | undefined> {
      const setup = [{ ...owner, blogTitle: title }];
      const answer = await ask('POST', 'authentication/setup', { setup });
      return answer.status === 201 ? undefined : whyOf(answer);
    },
    /** Signs in as from a device that Ghost has never seen. */
    async signIn({ email, password }: Pick<Owner, 'email' | 'password'>): Promise<SignIn> {
      const answer = await ask('POST', 'session', { username: email, password });
      const { status, cookie = '' } = answer;
      if (status === 201) return { is: 'in', cookie };
      // Of what Ghost refuses, this alone comes with a session.
      if (status === 403) return { is: 'code wanted', cookie };
      // core/server/services/auth/session/session-service.js: the password was right by then.
      const isMail = answer.body?.errors?.[0]?.type === 'EmailError';
      return { is: isMail ? 'no mail' : 'refused', why: whyOf(answer) };
    },
    /** Has Ghost mail a code to whoever signed in. */
    async mailCode(cookie: string): Promise<void> {
      await ask('POST', 'session/verify', {}, cookie);
    },
    /** Whether a code from a mail is the right one for a sign-in. */
    async verify(cookie: string, code: string): Promise<boolean> {
      return (await ask('PUT', 'session/verify', { token: code }, cookie)).status === 200;
    },
    /** Lets Ghost ask every member of the staff for a code by mail at every sign-in. */
    async requireMailCode(cookie: string): Promise<boolean> {
      const settings = [{ key: 'require_email_mfa', value: true }];
      return (await ask('PUT', 'settings', { settings }, cookie)).status === 200;
    },
    /**
     * Makes a webhook for an event, of an integration that is made where none has its name. One that leads to the same
     * path is changed; any other is somebody else's.
     *
     * @throws ProsoraError `GHOST_REFUSED`
     */
    async keepWebhook(cookie: string, name: string, webhook: Webhook): Promise<void> {
      const call = async (method: string, path: string, body?: object) => {
        const answer = await ask(method, path, body, cookie);
        if (answer.status < 400) return answer.body?.integrations ?? [];
        throw new ProsoraError('GHOST_REFUSED', `Ghost takes no webhook: ${whyOf(answer)}`);
      };
      const there = await call('GET', 'integrations?include=webhooks&limit=all');
      const named = there.find((each) => each.name === name);
      const [integration = named] = named
        ? []
        : await call('POST', 'integrations', { integrations: [{ name }] });
      const { pathname } = new URL(webhook.target_url);
      const old = integration?.webhooks?.find(
        ({ event, target_url: url }) => event === webhook.event && url.endsWith(pathname),
      );
      if (old) await call('PUT', `webhooks/${old.id}`, { webhooks: [webhook] });
      else {
        const webhooks = [{ ...webhook, integration_id: integration?.id }];
        await call('POST', 'webhooks', { webhooks });
      }
    },
  };
}

function whyOf({ status, body }: GhostAnswer): string {
  const [error] = body?.errors ?? [];
  return error ? [error.message, error.context].filter(Boolean).join(' ') : `it answers ${status}`;
}
