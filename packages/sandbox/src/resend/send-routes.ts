import type { Request, RequestHandler, Response } from 'express';
import type { createIdempotency } from './idempotency.ts';
import type { Inbox } from './inbox.ts';
import { type MailContent, parseMail } from './mail.ts';
import type { MailStore, StoredMail } from './mail-store.ts';
import { ResendRefusal } from './refusal.ts';
import { checkQuota, checkSender, type Team } from './team.ts';
import { uuid } from './uuid.ts';

/** What the two routes that send need. */
export interface SendRoutesContext {
  team: Team;
  mails: MailStore;
  inbox: Inbox;
  idempotency: ReturnType<typeof createIdempotency>;
}

const MAX_BATCH = 100;

/** What a request to send comes to, before anything is kept. */
interface Reading {
  contents: readonly MailContent[];
  answer(ids: readonly string[]): object;
}

/** `POST /emails`: https://resend.com/docs/api-reference/emails/send-email */
export function sendOne(context: SendRoutesContext): RequestHandler {
  return (request, response) =>
    send(context, request, response, (body) => ({
      contents: [readMail(context.team, body)],
      answer: ([id]) => ({ id }),
    }));
}

/** `POST /emails/batch`: https://resend.com/docs/api-reference/emails/send-batch-emails */
export function sendBatch(context: SendRoutesContext): RequestHandler {
  return (request, response) =>
    send(context, request, response, (body) => {
      if (!Array.isArray(body)) throw invalid('The body must be an array of emails.');
      if (body.length === 0 || body.length > MAX_BATCH) {
        throw invalid('The batch must contain between 1 and 100 emails.');
      }
      const isPermissive = request.get('x-batch-validation') === 'permissive';
      return readBatch(context.team, body, isPermissive);
    });
}

function readBatch(team: Team, body: readonly unknown[], isPermissive: boolean): Reading {
  const contents: MailContent[] = [];
  const errors: { index: number; message: string }[] = [];
  for (const [index, mail] of body.entries()) {
    try {
      const content = readMail(team, mail);
      if (content.attachments !== null) throw invalid('Attachments are not supported in a batch.');
      contents.push(content);
    } catch (error) {
      // A sender's domain is the batch's affair, not one mail's.
      const isMail = error instanceof ResendRefusal && error.status === 422;
      if (!isPermissive || !isMail) throw error;
      errors.push({ index, message: error.message });
    }
  }
  return {
    contents,
    answer: (ids) => ({ data: ids.map((id) => ({ id })), ...(isPermissive && { errors }) }),
  };
}

function readMail(team: Team, body: unknown): MailContent {
  const content = parseMail(body);
  checkSender(team, content.from);
  return content;
}

/** Mails and the answer that is kept under the key are on disk together before the answer leaves. */
function send(
  { team, mails, inbox, idempotency }: SendRoutesContext,
  request: Request,
  response: Response,
  read: (body: unknown) => Reading,
): void {
  const claim = idempotency.claim(request.get('idempotency-key'), request.path, request.body);
  response.once('close', claim.release);
  if (claim.earlier !== undefined) return void response.type('json').send(claim.earlier);
  const { contents, answer } = read(parseJson(request.body));
  checkQuota(
    team,
    mails,
    contents.reduce((sum, { to }) => sum + to.length, 0),
  );
  const taken = contents.map((content): StoredMail => {
    const lastEvent = content.scheduled_at === null ? 'sent' : 'scheduled';
    return { ...content, id: uuid(team.random), createdAt: team.now(), lastEvent };
  });
  const body = JSON.stringify(answer(taken.map(({ id }) => id)));
  mails.take(taken, claim.keep(body));
  for (const mail of taken) inbox.arrive(mail);
  response.locals['subject'] = taken.flatMap(({ to }) => to).join(' ');
  response.type('json').send(body);
}

function parseJson(body: unknown): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString() : '');
  } catch {
    throw invalid('The body is not JSON.');
  }
}

function invalid(message: string): ResendRefusal {
  return new ResendRefusal(422, 'validation_error', message);
}
