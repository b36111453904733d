import type { AdminClient } from '@prosora/ghost-local';
import { lexicalDocument, paragraph } from '@prosora/ghost-local';
import { onTestFinished, vi } from 'vitest';
import { addressOf, pay, visit } from '../busy-site.ts';
import { askEdge } from '../edge.ts';
import { allHealthy, sql } from '../stack.ts';
import {
  answerMails,
  breakPages,
  changeNotes,
  changeSecret,
  changeSecretOf,
  changeWait,
  end,
  fillRedis,
  floodSignIn,
  hang,
  hideNumbers,
  leak,
  lockPosts,
  moveClock,
  sendUnreadableEvent,
  showOldCertificate,
  stop,
  type Undo,
} from './inject.ts';
import { askMetrics } from './watch.ts';

/** What goes wrong, of the table in docs/proofs.md. */
interface Fault {
  name: string;
  begin: () => Promise<Undo>;
  /** What people are told, each once: the alert, with the part where one name may be of several. */
  told: string[];
  /** It holds answers back, which by the short waits of this proof may be told besides, once they have come. */
  mayBeSlow?: true;
}

/** Faults that do not disturb each other, and are there at the same time. */
export type Wave = readonly Fault[];

/** Who reads the newsletters by which mail is tried. */
const READERS = 'faults';

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();

/** As `prosora update` notes one that it took back. */
const undoneUpdate = {
  ...{ number: 1, beganAt: daysAgo(0), endedAt: daysAgo(0), step: 'going back' },
  ...{ outcome: 'undone', reason: 'Said by a test.', changes: [], settings: {} },
};

const ANOTHER_SECRET = 'whsec_YW5vdGhlciBzZWNyZXQgdGhhbiB0aGUgc2VydmljZSBoYXM=';

/**
 * @param admin of a site that need not be up yet
 * @param fillDisk leaves no room on the disk of Docker's volumes, as far as `ops` sees it
 */
export function faultsOf(admin: () => AdminClient, fillDisk: () => Undo) {
  let number = 0;
  /** Ghost has mail to send meanwhile. */
  const newsletter = async () => {
    const [newsletter] = await admin().newsletters.browse();
    const lexical = lexicalDocument(paragraph('Sent while something is wrong.'));
    const { id } = await admin().posts.add({ title: `Fault ${Date.now()}-${++number}`, lexical });
    const to = { newsletter: newsletter?.slug ?? '', emailSegment: `label:${READERS}` };
    await admin().posts.publish(id, to);
  };
  const mailsAnswered = (fault: object) => async () => {
    const undo = await answerMails(fault);
    await newsletter();
    const waits = () => askMetrics('prosora_mail_oldest_pending_seconds > 0');
    await vi.waitUntil(async () => (await waits()).length > 0, { timeout: 60_000, interval: 500 });
    return undo;
  };
  const refusal = (statusCode: number, name: string) => ({
    status: statusCode,
    body: { statusCode, name, message: 'Said by a test.' },
    headers: { 'retry-after': '5' },
  });

  const together: Wave = [
    {
      name: 'a certificate near its end',
      begin: showOldCertificate,
      told: ['CertificateEnds'],
    },
    { name: 'a disk filled', begin: async () => fillDisk(), told: ['DiskFull'] },
    { name: 'a service hangs', begin: () => hang('webhooks'), told: ['PartDown webhooks'] },
    { name: 'a leak', begin: () => leak('mail'), told: ['MemoryKill mail'] },
    {
      name: 'a service ends again and again',
      begin: () => end('analytics', 3),
      told: ['RestartLoop analytics'],
    },
    { name: 'the clock jumps by an hour', begin: moveClock, told: ['ClockOff'] },
    {
      name: 'Resend answers 401',
      begin: mailsAnswered(refusal(401, 'missing_api_key')),
      told: ['MailRefused'],
    },
    { name: 'Redis full', begin: fillRedis, told: [] },
    { name: 'a flood of sign-ins', begin: floodSignIn, told: [] },
    { name: 'a service killed', begin: () => end('redis'), told: [] },
    {
      name: 'MySQL read-only',
      async begin() {
        await sql('SET GLOBAL super_read_only = ON');
        return () => sql('SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF');
      },
      told: ['DatabaseDown'],
    },
    { name: 'page memory stopped', begin: () => stop('pages'), told: ['PartDown pages'] },
  ];
  const others: Wave[] = [
    [{ name: 'Ghost slow', begin: () => lockPosts(12, 30), told: ['Slow', 'Slow'] }],
    [
      {
        name: 'the secret of Resend’s webhook is wrong',
        begin: () => changeSecret('mail', 'resend_webhook_secret', ANOTHER_SECRET),
        told: ['WebhookSilence'],
      },
      {
        name: 'MySQL stopped',
        async begin() {
          // So that the front page is in memory, whatever was published.
          await askEdge('/');
          return await stop('db');
        },
        told: ['DatabaseDown'],
      },
    ],
    [
      {
        name: 'Ghost hangs',
        begin: () => hang('ghost'),
        told: ['PartDown ghost'],
        mayBeSlow: true,
      },
    ],
    [
      {
        name: 'the edge stopped',
        begin: () => stop('caddy'),
        told: ['SiteDown', 'PartDown caddy'],
        mayBeSlow: true,
      },
    ],
    [
      {
        name: 'Resend answers 500',
        begin: mailsAnswered(refusal(500, 'internal_server_error')),
        told: ['MailWaits'],
      },
    ],
    [
      {
        name: 'Resend has no quota left',
        begin: mailsAnswered(refusal(429, 'daily_quota_exceeded')),
        told: ['MailRefused'],
      },
    ],
    [
      {
        name: 'Resend does not know the domain',
        begin: mailsAnswered(refusal(403, 'validation_error')),
        told: ['MailRefused'],
      },
    ],
    [{ name: 'Resend is slow', begin: mailsAnswered({ latencyMs: 60_000 }), told: ['MailWaits'] }],
    [
      {
        name: 'Stripe’s webhook secret is wrong',
        begin: () => changeSecret('webhooks', 'stripe_webhook_secret', ANOTHER_SECRET),
        told: ['WebhookSilence'],
      },
    ],
    [{ name: 'Ghost answers 500', begin: () => breakPages(40), told: ['ErrorRate', 'ErrorRate'] }],
    [{ name: 'no numbers', begin: hideNumbers, told: ['ServiceDown engine'] }],
    [
      {
        name: 'Ghost takes no payment event',
        async begin() {
          const undo = await changeSecretOf('webhooks', 'ghost_webhook_secret', ANOTHER_SECRET, {
            isReread: false,
          });
          await vi.waitFor(allHealthy, { timeout: 60_000, interval: 500 });
          await pay(admin(), addressOf(`${READERS}-payer-${Date.now()}`));
          return undo;
        },
        told: ['PaymentsWait'],
      },
    ],
    [
      {
        name: 'the engine takes no page views',
        async begin() {
          const undo = await changeSecretOf('engine', 'analytics_tracker_token', 'f'.repeat(64), {
            isReread: true,
          });
          await visit(`${READERS}-${Date.now()}`);
          return undo;
        },
        told: ['HitsWait'],
      },
    ],
    [{ name: 'the engine stopped', begin: () => stop('engine'), told: ['PartDown engine'] }],
    [{ name: 'Redis stopped', begin: () => stop('redis'), told: ['PartDown redis'] }],
    [
      {
        name: 'no backup for three days',
        async begin() {
          const noted = (days: number) =>
            changeNotes('backups.json', { newest: { run: 'noted', at: daysAgo(days) } });
          const undo = await noted(3);
          onTestFinished(async () => void (await undo()));
          // What was late is well once there is another, not once nothing is known.
          return () => noted(0);
        },
        // The second is what `ops` has known for two days.
        told: ['BackupTooOld', 'backups'],
      },
      {
        name: 'an update was undone',
        begin: () => changeNotes('updates.json', [undoneUpdate]),
        told: ['UpdateFailed'],
      },
      {
        name: 'an event that Ghost cannot read',
        begin: sendUnreadableEvent,
        told: ['DeadLetters webhooks'],
      },
    ],
    [
      {
        name: 'nearly all mails of the plan are sent',
        begin: () => changeWait('WATCH_MAILS_A_DAY', '1'),
        told: ['QuotaNearEnd'],
      },
    ],
  ];
  return { together, others };
}

/** Whoever gets the newsletters. */
export async function addReaders(admin: AdminClient): Promise<void> {
  for (const reader of ['one', 'two']) {
    const email = addressOf(`${READERS}-${reader}-${Date.now()}`);
    await admin.members.add({ email, labels: [{ name: READERS }] });
  }
}
