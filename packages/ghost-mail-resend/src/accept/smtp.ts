import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@prosora/durable';
import { type Counter, type Logger, ProsoraError } from '@prosora/service';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { Refusal } from '../errors.ts';
import { withoutAddresses } from '../send/without-addresses.ts';
import type { MailStore } from '../store/schema.ts';
import type { MailQueues } from '../store/store.ts';
import { acceptMessage } from './accept.ts';
import { type Site, siteOfKey } from './authenticate.ts';
import { AT_ONCE_MS, OUTCOME_SENTENCES, type Outcome, waitForOutcome } from './outcome.ts';
import { assertSender } from './senders.ts';
import { createMailBytes, createRoom, type Room } from './smtp-bytes.ts';
import { parseSmtpMessage } from './smtp-message.ts';

/** What the SMTP listener needs. */
export interface SmtpContext {
  host: string;
  /** 0 picks a free one. */
  port: number;
  sites: readonly Site[];
  store: MailStore;
  queues: MailQueues;
  clock: Clock;
  /** Recipients in messages from Ghost. */
  recipients: Counter<'outcome'>;
  logger: Logger;
}

interface TakeContext extends SmtpContext {
  room: Room;
}

/** A running listener. */
export interface SmtpListener {
  readonly port: number;
  close(): Promise<void>;
}

/** Resend takes 40 MB a mail, files in base64 included. */
const MAX_BYTES = 28 * 1024 * 1024;
const IDLE_MS = 60_000;
/** Sign-in mails are far below; a mail with files is above. */
const LARGE_BYTES = 256 * 1024;
const LARGE_AT_A_TIME = 2;
/** Connections at a time; Ghost opens one for each mail. */
const MAX_CLIENTS = 200;
/** Ghost names one; RFC 5321 (4.5.3.1.8) asks for a hundred. */
const MAX_RECIPIENTS = 100;

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
  const taking = { ...context, room: createRoom(LARGE_AT_A_TIME) };
  const server = new SMTPServer({
    size: MAX_BYTES,
    maxClients: MAX_CLIENTS,
    maxRecipients: MAX_RECIPIENTS,
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
      take(taking, stream, session).then(
        (text) => done(null, text),
        (error: unknown) => done(explain(error, logger)),
      );
    },
  });
  server.on('error', (error) =>
    logger.warn(
      { event: 'smtp.connection-failed', reason: error.message },
      'an SMTP connection failed',
    ),
  );
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

/**
 * Reads a mail and does with it what needs it whole. Of those that are large few are in memory at a time, and the
 * senders of the others wait; what a mail has above the limit is read and dropped.
 */
async function whileLarge<T>(
  { room }: TakeContext,
  stream: SMTPServerDataStream,
  work: (bytes: Buffer) => Promise<T>,
): Promise<T> {
  using places = new DisposableStack();
  const bytes = createMailBytes(MAX_BYTES);
  let isInRoom = false;
  for await (const piece of stream) {
    bytes.append(piece as Buffer);
    if (isInRoom || bytes.held < LARGE_BYTES) continue;
    places.use(await room.enter());
    isInRoom = true;
  }
  return await work(bytes.whole());
}

async function take(
  context: TakeContext,
  stream: SMTPServerDataStream,
  { user, envelope }: SMTPServerSession,
): Promise<string> {
  const { sites, store, queues, clock, logger } = context;
  const site = sites.find(({ name }) => name === user);
  if (site === undefined) throw new Refusal(530, 'Log in first.');
  const recipients = [...new Set(envelope.rcptTo.map(({ address }) => address))];
  const origin = { site: site.name, domain: site.domains[0] ?? site.name };
  const accepting = { store, queues, now: clock.now };
  const { messageId, publicId } = await whileLarge(context, stream, async (bytes) => {
    const message = await parseSmtpMessage(bytes, recipients);
    assertSender(sites, site, message.template);
    return await acceptMessage(accepting, origin, message);
  });
  context.recipients.inc({ outcome: 'accepted' }, recipients.length);
  const outcome = await waitForOutcome(context, messageId, AT_ONCE_MS);
  logger[outcome.kind === 'sent' ? 'info' : 'warn'](
    {
      event: `smtp.${outcome.kind}`,
      id: publicId,
      kind: outcome.kind,
      ...(outcome.kind === 'refused' && { reason: withoutAddresses(outcome.reason) }),
    },
    OUTCOME_SENTENCES[outcome.kind],
  );
  return answer(outcome, publicId);
}

function answer(outcome: Outcome, id: string): string {
  if (outcome.kind === 'refused') throw new Refusal(554, `Resend: ${outcome.reason}`);
  return outcome.kind === 'sent' ? `Sent as ${id}` : `Queued as ${id}`;
}

function explain(error: unknown, logger: Logger): Error {
  // What HTTP calls forbidden has a number of its own here (RFC 5321, 4.2.3).
  if (error instanceof Refusal)
    return withCode(error.status === 403 ? 550 : error.status, error.message);
  logger.error({ event: 'smtp.failed', err: error }, 'a mail by SMTP could not be stored');
  return withCode(451, 'The mail bridge cannot store mail now; its log says why.');
}

function withCode(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
