import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { isStoreUnavailable } from '@prosora/durable';
import { type Logger, RawBodyError, readRawBody } from '@prosora/service';
import type { Changes } from './changes/changes.ts';
import { changedBy } from './hear/ghost-event.ts';
import { verifyGhostSignature } from './hear/ghost-signature.ts';
import type { CdnMetrics } from './metrics.ts';

/** What the public side needs. */
export interface AppOptions {
  /** Where webhooks are taken, with or without a slash at its end. */
  path: string;
  webhookSecrets: readonly string[];
  changes: Changes;
  metrics: CdnMetrics;
  logger: Logger;
}

/** A post with all its forms is in the webhook of one; Ghost waits 2 s for the answer. */
const BODY = { maxBodyBytes: 4 * 1024 ** 2, timeoutMs: 10_000 };

/**
 * Creates the public side: one route that writes down what Ghost signed, and 404 for all else. No answer is 410, for
 * which Ghost deletes the webhook.
 */
export function createApp(options: AppOptions): RequestListener {
  const { path, changes, metrics, logger, webhookSecrets: secrets } = options;

  function refuse(response: ServerResponse, status: number, reason: string): void {
    metrics.refused(reason);
    logger.warn({ event: 'webhook.refused', reason, status }, 'a webhook was refused');
    // The rest of a body that was not read would be taken for the next request.
    if (status === 413 || status === 408) response.setHeader('connection', 'close');
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: reason }));
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readRawBody(request, BODY);
    const header = request.headers['x-ghost-signature'];
    const signature = verifyGhostSignature(body, header?.toString(), { secrets });
    if (!signature.ok) return refuse(response, 401, signature.refusal);
    const changed = changedBy(body);
    if (changed === undefined) return refuse(response, 400, 'no_event');
    const { event, paths } = changed;
    // Nobody signs two things alike, so the digest names what was signed.
    const outcome =
      paths === null
        ? ('invisible' as const)
        : await changes.record({ id: `ghost:${signature.digest}`, source: 'webhook', paths });
    if (outcome !== 'invisible') metrics.recorded('webhook', outcome);
    logger.info({ event: 'webhook.taken', ghost: event, outcome }, 'a webhook was taken');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ outcome }));
  }

  const wanted = withoutSlash(path);
  return async (request, response) => {
    const [asked = ''] = (request.url ?? '').split('?');
    if (withoutSlash(asked) !== wanted) return void response.writeHead(404).end();
    if (request.method !== 'POST') return void response.writeHead(405, { allow: 'POST' }).end();
    await take(request, response).catch((error: unknown) => {
      if (error instanceof RawBodyError) return refuse(response, error.status, error.code);
      logger.error({ event: 'webhook.failed', err: error }, 'a webhook could not be written down');
      if (response.headersSent) return void response.destroy();
      response.writeHead(isStoreUnavailable(error) ? 503 : 500).end();
    });
  };
}

function withoutSlash(path: string): string {
  return path.replace(/\/$/, '');
}
