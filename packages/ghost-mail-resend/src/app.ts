import { isStoreUnavailable } from '@prosora/durable';
import { type Logger, ProsoraError, RawBodyError, readRawBody } from '@prosora/service';
import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import { acceptMessage } from './accept/accept.ts';
import { authenticate, basicPassword, type Site, siteOfKey } from './accept/authenticate.ts';
import { readForm } from './accept/multipart.ts';
import { AT_ONCE_MS, OUTCOME_SENTENCES, waitForOutcome } from './accept/outcome.ts';
import { parseMessage } from './accept/parse-message.ts';
import { assertSender } from './accept/senders.ts';
import { createUnknownRoutes, routeOf } from './accept/unknown-routes.ts';
import { Refusal } from './errors.ts';
import type { MailMetrics } from './operate/metrics.ts';
import { eventsPage } from './report/events-page.ts';
import { detectOpenBot } from './report/open-bot.ts';
import { PIXEL, readPixelName, recordOpen } from './report/pixel.ts';
import { noteDeletion, SUPPRESSION_LISTS, type SuppressionContext } from './report/suppression.ts';
import { receiveWebhook, verifyWebhook, type WebhookContext } from './report/webhook.ts';
import { webhookHeaders } from './report/webhook-signature.ts';
import { withoutAddresses } from './send/without-addresses.ts';
import type { SteadyClock } from './store/steady-clock.ts';

/** What the routes need. */
export interface AppContext extends WebhookContext {
  sites: readonly Site[];
  /** Signing secrets of webhooks, `whsec_…`; any of them may have signed. */
  secrets: () => Promise<readonly string[]>;
  /** Signs the names of our own pixels. */
  pixelSecret: string;
  /** What becomes of opens by programs. */
  botOpens: 'mark' | 'drop';
  suppression: SuppressionContext;
  fromWall: SteadyClock['fromWall'];
  maxMessageBytes: number;
  metrics: MailMetrics;
  logger: Logger;
}

/** A webhook is a few kB; Resend waits 15 s for its answer. */
const WEBHOOK_BODY = { maxBodyBytes: 1024 * 1024, timeoutMs: 10_000 };

/**
 * The public routes: the five of Mailgun's API that Ghost calls, and Resend's webhook.
 *
 * Mailgun: https://documentation.mailgun.com/docs/mailgun/api-reference/
 */
export function createApp(context: AppContext): Express {
  const { sites, store, queues, clock, metrics, logger } = context;
  const app = express();
  app.disable('x-powered-by').disable('etag');
  const siteOf = ({ headers }: Request, domain: string) =>
    authenticate(sites, headers.authorization, domain);

  app.post('/v3/:domain/messages', async (request, response) => {
    const { domain } = request.params;
    const site = siteOf(request, domain);
    const message = parseMessage(await readForm(request, context.maxMessageBytes));
    assertSender(sites, site, message.template);
    const origin = { site: site.name, domain };
    const accepting = { store, queues, now: clock.now, fromWall: context.fromWall };
    const taken = await acceptMessage(accepting, origin, message);
    const { messageId, publicId, accepted, duplicates } = taken;
    metrics.recipients.inc({ outcome: 'accepted' }, accepted);
    metrics.recipients.inc({ outcome: 'duplicate' }, duplicates);
    logger.info(
      { event: 'mail.accepted', id: publicId, emailId: message.emailId, accepted, duplicates },
      'a mail was accepted',
    );
    if (message.lane === 'transactional') await takeAtOnce(context, messageId, publicId);
    response.json({ id: `<${publicId}>`, message: 'Queued. Thank you.' });
  });

  app.get('/v3/:domain/events{/:token}', async (request, response) => {
    const { domain, token } = request.params;
    const site = siteOf(request, domain).name;
    const url = eventsUrl(request, domain);
    const onMalformed = (events: number) => {
      metrics.malformedEvents.inc(events);
      logger.error(
        { event: 'events.malformed', events },
        'stored events that cannot be read were left out',
      );
    };
    const { query } = request;
    response.json(await eventsPage(store, { site, domain, query, token, url, onMalformed }));
  });

  for (const list of SUPPRESSION_LISTS) {
    app.delete(`/v3/:domain/${list}/:address`, async (request, response) => {
      const { domain, address } = request.params;
      const site = siteOf(request, domain);
      const outcome = await noteDeletion(context.suppression, site.name, list, address);
      metrics.suppressionDeletions.inc({ outcome });
      logger.info(
        { event: 'suppression.deleted', site: site.name, list, outcome },
        'a suppression was deleted',
      );
      response.json({ message: 'Suppression has been removed', value: '', address });
    });
  }

  app.post('/webhooks/resend', async (request, response) => {
    const headers = webhookHeaders(request.headers);
    const body = await readRawBody(request, WEBHOOK_BODY);
    const event = await verifyWebhook(context, body, headers, await context.secrets());
    const outcome = await receiveWebhook(context, headers.id, event);
    metrics.webhooks.inc({ type: event.type, outcome });
    logger.debug(
      { event: 'webhook.received', type: event.type, outcome, svixId: headers.id },
      'a webhook came in',
    );
    response.json({ outcome });
  });

  app.get('/o/:name', async (request, response) => {
    const key = readPixelName(request.params.name, context.pixelSecret);
    // A reader's picture does not fail because a disk is full.
    const bot = detectOpenBot(request);
    const isWanted = bot === undefined || context.botOpens === 'mark';
    const isNew =
      key !== undefined &&
      isWanted &&
      (await recordOpen(context, key, bot).catch((error: unknown) => {
        logger.error({ event: 'open.not-recorded', err: error }, 'an open could not be recorded');
        return false;
      }));
    if (isNew) metrics.pixelOpens.inc({ bot: bot ?? 'none' });
    response.set({ 'content-type': 'image/gif', 'cache-control': 'no-store, private' }).send(PIXEL);
  });

  const noteUnknown = createUnknownRoutes(store, clock.now);
  app.use(async (request) => {
    const { method, path, headers } = request;
    // Of a site, it says what a newer Ghost wants; of anybody else it says nothing.
    if (siteOfKey(sites, basicPassword(headers.authorization)) !== undefined) {
      await noteUnknown(method, path).catch((error: unknown) => {
        logger.error(
          { event: 'route.not-noted', err: error },
          'a route that is not known could not be noted',
        );
      });
    }
    throw new Refusal(404, `The mail bridge has no ${routeOf(method, path)}.`);
  });
  app.use(answerProblem(context));
  return app;
}

/**
 * Whoever waits for a sign-in mail is told why Resend does not take it.
 *
 * @throws Refusal 400
 */
async function takeAtOnce(context: AppContext, messageId: string, id: string): Promise<void> {
  const outcome = await waitForOutcome(context, messageId, AT_ONCE_MS);
  const level = outcome.kind === 'sent' ? 'info' : 'warn';
  const reason = outcome.kind === 'refused' ? { reason: withoutAddresses(outcome.reason) } : {};
  context.logger[level](
    { event: `mail.${outcome.kind}`, id, kind: outcome.kind, ...reason },
    OUTCOME_SENTENCES[outcome.kind],
  );
  if (outcome.kind === 'refused') throw new Refusal(400, `Resend: ${outcome.reason}`);
}

/** Ghost uses only the last segment of a page's URL, but throws unless the whole is one. */
function eventsUrl(request: Request, domain: string): string {
  const url = `${request.protocol}://${request.get('host')}/v3/${domain}/events`;
  return URL.canParse(url) ? url : `http://localhost/v3/${encodeURIComponent(domain)}/events`;
}

function answerProblem({ logger, metrics }: AppContext): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const { status, sentence } = describeProblem(error);
    const route = request.route?.path ?? 'none';
    metrics.refusals.inc({ route, status });
    if (status >= 500)
      logger.error({ event: 'request.failed', err: error, route }, 'a request failed');
    else
      logger.warn(
        { event: 'request.refused', route, status, reason: withoutAddresses(sentence) },
        'a request was refused',
      );
    response.status(status).json({ error: sentence });
  };
}

function describeProblem(error: unknown): { status: number; sentence: string } {
  if (error instanceof Refusal || error instanceof RawBodyError) {
    return { status: error.status, sentence: error.message };
  }
  if (isStoreUnavailable(error) && error instanceof ProsoraError) {
    return { status: 503, sentence: `The mail bridge cannot store mail now. ${error.help ?? ''}` };
  }
  // Express says so of a path whose percent signs cannot be decoded.
  const { status } = error as { status?: unknown };
  if (status === 400) return { status, sentence: 'The path of this request is not understood.' };
  return { status: 500, sentence: 'The mail bridge failed; its log says why.' };
}
