import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import {
  createMetrics,
  type Logger,
  listen,
  type OptionValues,
  startPrivateListener,
} from '@prosora/service';
import { createApp } from './app.ts';
import { createGhost } from './guard/ghost.ts';
import type { consoleOptions } from './options.ts';
import { createServices } from './services/services.ts';

/** The console as it runs. */
export interface Console extends AsyncDisposable {
  /** Where the edge comes to, as an origin. */
  url: string;
  /** Where health and metrics are. */
  privateUrl: string;
  stop(): Promise<void>;
}

/** What a page that is under way gets to be sent; a page that is told of changes is asked for again elsewhere. */
const STOP_MS = 2_000;

/**
 * Runs the console. It keeps nothing on disk, and needs none of the parts to be there.
 *
 * @throws ProsoraError `LISTEN_FAILED`
 */
export async function startConsole(
  values: OptionValues<typeof consoleOptions>,
  logger: Logger,
): Promise<Console> {
  await using started = new AsyncDisposableStack();
  const app = createApp({
    services: createServices(values),
    ghost: createGhost(values),
    adminUrl: values.adminUrl,
    zone: values.zone,
    logger,
  });
  const health = await startPrivateListener({
    host: values.privateHost,
    port: values.privatePort,
    metrics: createMetrics('console'),
    onError: (error) =>
      logger.error(
        { event: 'private.failed', err: error },
        'a request to the private address failed',
      ),
  });
  started.use(health);
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.requestTimeout = 30_000;
  const listener = started.use(await listen(server, values));

  const running = started.move();
  const stop = async (): Promise<void> => {
    await listener.close(STOP_MS);
    await running.disposeAsync();
  };
  return { url: listener.url, privateUrl: health.url, stop, [Symbol.asyncDispose]: stop };
}
