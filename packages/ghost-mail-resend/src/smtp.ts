import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@prosora/durable';
import { type Logger, ProsoraError } from '@prosora/service';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { acceptMessage } from './accept.ts';
import { type Site, siteOfKey } from './authenticate.ts';
import { Refusal } from './errors.ts';
import type { MailMetrics } from './metrics.ts';
import { AT_ONCE_MS, type Outcome, waitForOutcome } from './outcome.ts';
import type { MailStore } from './schema.ts';
import { parseSmtpMessage } from './smtp-message.ts';
import type { MailQueues } from './store.ts';

/** What the SMTP listener needs. */
export interface SmtpContext {
  host: string;
  /** 0 picks a free one. */
  port: number;
  sites: readonly Site[];
  store: MailStore;
  queues: MailQueues;
  clock: Clock;
  metrics: MailMetrics;
  logger: Logger;
}

/** A running listener. */
export interface SmtpListener {
  readonly port: number;
  close(): Promise<void>;
}

/** Resend takes 40 MB a mail, files in base64 included. */
const MAX_BYTES = 28 * 1024 * 1024;
const IDLE_MS = 60_000;

/**
 * Starts the listener for what Ghost sends as single mails: sign-in links, invitations, notices.
 *
 * Ghost tries none of them again, so a mail is on disk before it is tried: for five seconds at once, later
 * by the queue. A mail that Resend refuses in that time is refused here, and Ghost shows why.
 *
 * @throws ProsoraError `LISTEN_FAILED`
 */
export async function startSmtp(context: SmtpContext): Promise<SmtpListener> {
  const { sites, logger } = context;
  const server = new SMTPServer({
    size: MAX_BYTES,
    // nodemailer would take STARTTLS where it is offered, and then refuse our certificate.
    disabledCommands: ['STARTTLS'],
    authMethods: ['PLAIN', 'LOGIN'],
    allowInsecureAuth: true,
    hidePIPELINING: true,
    banner: 'Prosora mail bridge',
    socketTimeout: IDLE_MS,
    closeTimeout: 2_000,
    logger: false,
    onAuth({ password }, _session, done) {
      const site = siteOfKey(sites, password ?? '');
      if (site !== undefined) return done(null, { user: site.name });
      done(withCode(535, 'The mail bridge does not know this password: use PROSORA_MAIL_API_KEY.'));
    },
    onData(stream, session, done) {
      take(context, stream, session).then(
        (text) => done(null, text),
        (error: unknown) => done(explain(error, logger)),
      );
    },
  });
  server.on('error', (error) => logger.warn({ reason: error.message }, 'smtp.connection-failed'));
  const { host, port } = context;
  const inner = server.listen(port, host);
  try {
    await once(inner, 'listening');
  } catch (cause) {
    throw new ProsoraError('LISTEN_FAILED', `Cannot listen for SMTP on ${host}:${port}.`, {
      help: 'Set PROSORA_MAIL_SMTP_PORT to a port that is free.',
      cause,
    });
  }
  return {
    port: (inner.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function take(
  context: SmtpContext,
  stream: SMTPServerDataStream,
  { user, envelope }: SMTPServerSession,
): Promise<string> {
  const { sites, store, queues, clock, metrics, logger } = context;
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  if (stream.sizeExceeded) throw new Refusal(552, `The mail is larger than ${MAX_BYTES} bytes.`);
  const site = sites.find(({ name }) => name === user);
  if (site === undefined) throw new Refusal(530, 'Log in first.');
  const recipients = [...new Set(envelope.rcptTo.map(({ address }) => address))];
  const message = await parseSmtpMessage(Buffer.concat(pieces), recipients);
  const origin = { site: site.name, domain: site.domains[0] ?? site.name };
  const accepting = { store, queues, now: clock.now };
  const { messageId, publicId } = await acceptMessage(accepting, origin, message);
  metrics.recipients.inc({ outcome: 'accepted' }, recipients.length);
  const outcome = await waitForOutcome(context, messageId, AT_ONCE_MS);
  logger[outcome.kind === 'sent' ? 'info' : 'warn'](
    { id: publicId, ...outcome },
    `smtp.${outcome.kind}`,
  );
  return answer(outcome, publicId);
}

function answer(outcome: Outcome, id: string): string {
  if (outcome.kind === 'refused') throw new Refusal(554, `Resend: ${outcome.reason}`);
  return outcome.kind === 'sent' ? `Sent as ${id}` : `Queued as ${id}`;
}

function explain(error: unknown, logger: Logger): Error {
  if (error instanceof Refusal) return withCode(error.status, error.message);
  logger.error({ err: error }, 'smtp.failed');
  return withCode(451, 'The mail bridge cannot store mail now; its log says why.');
}

function withCode(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
