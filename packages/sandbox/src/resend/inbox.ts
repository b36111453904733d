import type { Settings } from '../stand-in/settings.ts';
import { bareAddress, domainOf } from './mail.ts';
import type { LastEvent, MailStore, MailSummary, StoredMail } from './mail-store.ts';
import { notFound } from './refusal.ts';
import type { ResendSettings, ResendSettingsInput } from './settings.ts';
import type { Suppression, Suppressions } from './suppressions.ts';
import type { Webhooks } from './webhooks.ts';

/** How a bounce is reported: https://resend.com/docs/dashboard/emails/email-bounces */
export interface BounceDetails {
  /** (Default: `Permanent`) */
  type?: 'Permanent' | 'Transient' | 'Undetermined';
  /** (Default: `General`) */
  subType?: string;
  message?: string;
  /** What the receiving server said, e.g. `smtp; 550 5.1.1 user unknown`. */
  diagnosticCode?: string[];
}

/** The mailboxes of everyone: what was sent, and what becomes of it. */
export interface Inbox {
  /** Oldest first; all of them, or those to one address. */
  list(address?: string): MailSummary[];
  /** @throws ResendRefusal 404 */
  get(id: string): StoredMail;
  deliver(id: string): void;
  /** Does nothing while open tracking is off. */
  open(id: string): void;
  /** A permanent one also suppresses the address. */
  bounce(id: string, details?: BounceDetails): void;
  /** Also suppresses the address. */
  complain(id: string): void;
  delay(id: string): void;
  /** Resend itself could not send it, e.g. for `reached_daily_quota`. */
  fail(id: string, reason: string): void;
  /** Addresses that nothing is sent to any more. */
  suppressions(): Suppression[];
  /** What happens to a mail by itself after it was taken. */
  arrive(mail: StoredMail): void;
  close(): void;
}

/** What mailboxes need. */
export interface InboxContext {
  mails: MailStore;
  suppressions: Suppressions;
  webhooks: Webhooks;
  settings: Settings<ResendSettingsInput, ResendSettings>;
}

/** Resend's addresses for trying things out: https://resend.com/docs/dashboard/emails/send-test-emails */
const TEST_DOMAIN = 'resend.dev';
const TEST_MAILBOXES: Readonly<Record<string, (inbox: Inbox, id: string) => void>> = {
  bounced: (inbox, id) => inbox.bounce(id),
  complained: (inbox, id) => {
    inbox.deliver(id);
    inbox.complain(id);
  },
};

const SUPPRESSED_MESSAGE =
  'Resend has suppressed sending to this address because it is on the account-level suppression list.';

/** Creates the mailboxes over the stored mails. */
export function createInbox({ mails, suppressions, webhooks, settings }: InboxContext): Inbox {
  const timers = new Set<NodeJS.Timeout>();

  const get = (id: string): StoredMail => {
    const mail = mails.get(id);
    if (mail === undefined) throw notFound('Email');
    return mail;
  };

  /** Webhook first: a mail that shows as delivered has one on its way. */
  const happen = (id: string, event: LastEvent, details: object = {}): StoredMail => {
    const mail = get(id);
    webhooks.emit(`email.${event}`, { ...eventData(mail), ...details });
    mails.setLastEvent(id, event);
    return mail;
  };

  const settle = (mail: StoredMail): void => {
    const suppression = suppressions.find(bareAddress(mail.to[0] ?? ''));
    if (suppression !== undefined) {
      const reason = `previous_${suppression.origin}`;
      const suppressed = { message: SUPPRESSED_MESSAGE, type: 'OnAccountSuppressionList', reason };
      happen(mail.id, 'suppressed', { suppressed });
      return;
    }
    const mailbox = testMailbox(mail);
    if (mailbox !== undefined) mailbox(inbox, mail.id);
    else if (settings.current.autoDeliver) inbox.deliver(mail.id);
  };

  const inbox: Inbox = {
    list: (address) =>
      mails
        .list()
        .filter(({ to }) => address === undefined || to.map(bareAddress).includes(address)),
    get,
    suppressions: () => suppressions.list(),
    deliver: (id) => void happen(id, 'delivered'),
    open(id) {
      if (settings.current.openTracking) happen(id, 'opened');
    },
    bounce(id, { type = 'Permanent', subType = 'General', message, diagnosticCode } = {}) {
      const bounce = {
        type,
        subType,
        message: message ?? "The recipient's email server rejected the message.",
        diagnosticCode: diagnosticCode ?? ['smtp; 550 5.1.1 user unknown'],
      };
      const { to } = happen(id, 'bounced', { bounce });
      if (type === 'Permanent') suppressions.add(bareAddress(to[0] ?? ''), 'bounce', id);
    },
    complain(id) {
      const { to } = happen(id, 'complained');
      suppressions.add(bareAddress(to[0] ?? ''), 'complaint', id);
    },
    delay: (id) => void happen(id, 'delivery_delayed'),
    fail: (id, reason) => void happen(id, 'failed', { failed: { reason } }),
    arrive(mail) {
      const waitMs = settings.current.deliverAfterMs + msUntilScheduled(mail);
      const timer = setTimeout(() => {
        timers.delete(timer);
        const current = mails.get(mail.id);
        // Not if it was called off, or a command has decided its fate.
        if (current !== undefined && isOnItsWay(current)) settle(current);
      }, waitMs);
      timers.add(timer);
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
  // A sandbox that was stopped in between goes on where it was.
  for (const mail of mails.list()) if (isOnItsWay(mail)) inbox.arrive(get(mail.id));
  return inbox;
}

function isOnItsWay({ lastEvent }: Pick<StoredMail, 'lastEvent'>): boolean {
  return lastEvent === 'sent' || lastEvent === 'scheduled';
}

function testMailbox({ to: [to = ''] }: StoredMail) {
  if (domainOf(to) !== TEST_DOMAIN) return undefined;
  const name = /^[^+@]+/.exec(bareAddress(to))?.[0] ?? '';
  return Object.hasOwn(TEST_MAILBOXES, name) ? TEST_MAILBOXES[name] : undefined;
}

function msUntilScheduled({ scheduled_at }: StoredMail): number {
  return scheduled_at === null ? 0 : Math.max(0, Date.parse(scheduled_at) - Date.now());
}

/** What every e-mail webhook carries; tags come as an object, though they are sent as a list. */
function eventData({ id, createdAt, from, to, subject, tags }: StoredMail) {
  return {
    email_id: id,
    created_at: new Date(createdAt).toISOString(),
    message_id: `<${id}@eu-west-1.amazonses.com>`,
    from,
    to,
    subject,
    tags: Object.fromEntries((tags ?? []).map(({ name, value }) => [name, value])),
  };
}
